// The LabService as plain calls: what the tinyrig command and any other C++
// program needs. A minimal program stands in examples/client.
//
// Errors: the server's code and words (base/status.h tells what codes mean).
//   UNAVAILABLE when nobody answers at the address, with how to start or name
//   a server; CANCELLED after CancelAll(); DEADLINE_EXCEEDED after 60 s without
//   an answer. Nothing throws.
// Threads: every member may be called by any thread at the same time. Calls
//   block; `see` functions run on the caller's thread.
// Owner: the client owns its connection. Messages are given by value; spans
//   and references need to live as long as the call.
// Deadlines: 60 s a call; none for WatchJob and for a log that is followed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/lab_service.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

/// Where `tinyrig server` listens when nothing else is said.
inline constexpr char kDefaultServer[] = "127.0.0.1:7077";

class LabClient {
 public:
  /// `address` is HOST:PORT. Dials when the first call is made; comes back by
  /// itself after the server was away.
  explicit LabClient(std::string address);
  /// No call may be in progress.
  ~LabClient();
  LabClient(const LabClient&) = delete;
  LabClient& operator=(const LabClient&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

  absl::StatusOr<v1::ServerInfo> GetServerInfo();
  absl::StatusOr<v1::ListBoardsResponse> ListBoards(
      const v1::ListBoardsRequest& request);
  /// NOT_FOUND.
  absl::StatusOr<v1::Board> GetBoard(const std::string& name);

  /// Sends the bytes unless the server has them. \return their sha256, 64
  /// small hex digits. RESOURCE_EXHAUSTED: too large, or the disk is full.
  absl::StatusOr<std::string> UploadBlob(std::span<const uint8_t> bytes);
  /// UploadBlob of the dataset's file (proto/file/dataset.h).
  absl::StatusOr<std::string> UploadDataset(const v1::DatasetFile& dataset);
  /// NOT_FOUND; DATA_LOSS when what arrived has another sha256.
  absl::StatusOr<std::vector<uint8_t>> DownloadBlob(const std::string& sha256);

  /// Gives an uploaded dataset file (dataset_pack.h) a name.
  /// NOT_FOUND: not uploaded; ALREADY_EXISTS: the name stands for other bytes.
  absl::StatusOr<v1::Dataset> CreateDataset(const std::string& name,
                                            const std::string& sha256);
  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets(
      const v1::ListDatasetsRequest& request);

  /// A request id that was used before gives the first job again, so a call
  /// may be repeated.
  absl::StatusOr<v1::Job> CreateJob(const v1::CreateJobRequest& request);
  absl::StatusOr<v1::Job> GetJob(const std::string& id);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(
      const v1::ListJobsRequest& request);
  absl::StatusOr<v1::Job> CancelJob(const std::string& id);
  /// Calls `see` with each state until the job has ended; dials again for up to
  /// `patience_s` when the server goes away meanwhile. \return the job's end.
  absl::StatusOr<v1::Job> WatchJob(
      const std::string& id, const std::function<void(const v1::Job&)>& see,
      int patience_s = 60);
  /// Calls `see` with each line; with `follow` until the job has ended.
  absl::Status GetJobLog(const std::string& id, bool follow,
                         const std::function<void(const v1::JobLogLine&)>& see);

  absl::StatusOr<v1::Run> GetRun(const std::string& id);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request);
  /// Every prediction of a run in order of its sample, page by page.
  absl::Status ForEachPrediction(
      const std::string& run_id,
      const std::function<void(const v1::Prediction&)>& see);

  /// Ends every call in progress, and later ones, with CANCELLED. Any thread.
  void CancelAll();
  [[nodiscard]] bool cancelled() const;

 private:
  struct Channel;
  std::string address_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace tinyrig::client
