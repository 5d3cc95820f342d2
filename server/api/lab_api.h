// Every request of LabService, as a plain function over its messages, whoever
// carries it (rpc/ by gRPC, http/ by JSON). Errors are those that
// lab_service.proto lists.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "server/lab/job_lifecycle.h"
#include "server/lab/lab.h"
#include "server/request/caller.h"
#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::server {

/// Takes one message of a stream; false: the caller has gone.
template <typename Message>
using Sink = std::function<bool(const Message&)>;

/// An upload under way: of one thread. Goes without a trace unless finished.
class Upload {
 public:
  /// `writer` null: the bytes are there already.
  Upload(Lab& lab, std::string sha256, int64_t size_bytes,
         std::unique_ptr<BlobWriter> writer)
      : lab_(lab),
        sha256_(std::move(sha256)),
        size_bytes_(size_bytes),
        writer_(std::move(writer)) {}
  /// INVALID_ARGUMENT: more than 1 MiB at once; else as BlobWriter::Append.
  absl::Status Append(const std::string& chunk);
  /// DATA_LOSS: not the bytes that were announced; else as the store.
  absl::StatusOr<v1::UploadBlobResponse> Finish();
  /// The bytes are there already: the rest need not be sent.
  [[nodiscard]] bool already_there() const { return writer_ == nullptr; }

 private:
  Lab& lab_;
  std::string sha256_;
  int64_t size_bytes_;
  std::unique_ptr<BlobWriter> writer_;
};

/// Thread-safe: handlers of both skins call it from many threads at once.
/// `check` is asked before anything else; what it says is the answer. `lab`
/// must outlive it.
class LabApi {
 public:
  LabApi(Lab& lab, ScopeCheck check)
      : lab_(lab),
        jobs_(lab),
        check_(std::move(check)),
        start_us_(lab.clock.UnixMicros()) {}

  absl::Status CheckMay(const Caller& caller, Scope scope) {
    return check_(caller, scope);
  }
  /// Boards that hold a job now.
  int64_t OpenLeaseCount();

  absl::StatusOr<v1::ServerInfo> GetServerInfo(
      const Caller& caller, const v1::GetServerInfoRequest& request);
  absl::StatusOr<v1::ListBoardsResponse> ListBoards(
      const Caller& caller, const v1::ListBoardsRequest& request);
  absl::StatusOr<v1::Board> GetBoard(const Caller& caller,
                                     const v1::GetBoardRequest& request);

  /// `first` is the first message of the stream; its chunk is taken too.
  absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(
      const Caller& caller, const v1::UploadBlobRequest& first);
  /// Hands out chunks of at most 1 MiB.
  absl::Status DownloadBlob(const Caller& caller, const std::string& sha256,
                            Scope scope, const Sink<std::string>& sink);

  /// Where the bytes lie, for callers that send them in their own time.
  absl::StatusOr<std::filesystem::path> FindBlob(const Caller& caller,
                                                 const std::string& sha256);

  absl::StatusOr<v1::Dataset> CreateDataset(
      const Caller& caller, const v1::CreateDatasetRequest& request);
  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets(
      const Caller& caller, const v1::ListDatasetsRequest& request);

  /// A request_id that is there already gives its first job, whatever else the
  /// request says. RESOURCE_EXHAUSTED: the queue or the disk is full.
  absl::StatusOr<v1::Job> CreateJob(const Caller& caller,
                                    const v1::CreateJobRequest& request);
  absl::StatusOr<v1::Job> GetJob(const Caller& caller,
                                 const v1::GetJobRequest& request);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(
      const Caller& caller, const v1::ListJobsRequest& request);
  /// Gives the job now and after each change until it has ended. Blocks;
  /// `gone` is asked twice a second. CANCELLED: the caller has gone;
  /// UNAVAILABLE: the server goes away.
  absl::Status WatchJob(const Caller& caller,
                        const v1::WatchJobRequest& request,
                        const std::function<bool()>& gone,
                        const Sink<v1::Job>& sink);
  /// The job as it is then: CANCELLED, or still with a board whose agent was
  /// asked to let go. FAILED_PRECONDITION: it has ended already.
  absl::StatusOr<v1::Job> CancelJob(const Caller& caller,
                                    const v1::CancelJobRequest& request);
  /// The lines so far; with `follow` also those to come, as WatchJob.
  absl::Status GetJobLog(const Caller& caller,
                         const v1::GetJobLogRequest& request,
                         const std::function<bool()>& gone,
                         const Sink<v1::JobLogLine>& sink);

  absl::StatusOr<v1::Run> GetRun(const Caller& caller,
                                 const v1::GetRunRequest& request);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const Caller& caller, const v1::ListRunsRequest& request);
  absl::StatusOr<v1::ListPredictionsResponse> ListPredictions(
      const Caller& caller, const v1::ListPredictionsRequest& request);

 private:
  v1::Board Present(const LabState& live, v1::Board board);
  absl::StatusOr<v1::Job> Added(JobRecord record);
  absl::StatusOr<v1::Job> JobNow(int64_t id);
  absl::StatusOr<int64_t> SendLog(int64_t id, int64_t from,
                                  const Sink<v1::JobLogLine>& sink);

  Lab& lab_;
  JobLifecycle jobs_;
  ScopeCheck check_;
  int64_t start_us_;
};

}  // namespace tinyrig::server
