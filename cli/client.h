// The LabService as plain calls: what the tinyrig command and any other C++
// client needs. Thread-safe. Errors carry the server's code; when it cannot be
// reached the message says how to start or name one.
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
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/lab_service.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

constexpr char kDefaultServer[] = "127.0.0.1:7077";

class LabClient {
 public:
  explicit LabClient(std::string address);
  ~LabClient();
  LabClient(const LabClient&) = delete;
  LabClient& operator=(const LabClient&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

  absl::StatusOr<v1::ServerInfo> GetServerInfo();
  absl::StatusOr<v1::ListBoardsResponse> ListBoards(
      const v1::ListBoardsRequest& request);
  absl::StatusOr<v1::Board> GetBoard(const std::string& name);

  /// Sends the bytes unless the server has them. \return their sha256.
  absl::StatusOr<std::string> UploadBlob(std::span<const uint8_t> bytes);
  absl::StatusOr<std::vector<uint8_t>> DownloadBlob(const std::string& sha256);

  absl::StatusOr<v1::Dataset> CreateDataset(const std::string& name,
                                            const std::string& sha256);
  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets(
      const v1::ListDatasetsRequest& request);

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
  absl::Status GetJobLog(const std::string& id, bool follow,
                         const std::function<void(const v1::JobLogLine&)>& see);

  absl::StatusOr<v1::Run> GetRun(const std::string& id);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request);
  /// All pages.
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
