// The real tinyrig-server as a process, a client of it, and the other end of
// the agent's wire: a scripted agent that says what a test tells it to. No
// gRPC type leaves server_harness.cc.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/child.h"
#include "base/file.h"
#include "base/status.h"
#include "server/testing/fabricate.h"
#include "tinyrig/v1/agent_service.pb.h"
#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::servertest {

/// A server process on a data folder of its own.
class ServerProcess {
 public:
  explicit ServerProcess(std::vector<std::string> flags = {});
  ~ServerProcess();
  /// Starts (again): same data, same port.
  void Start();
  void Kill();  ///< SIGKILL
  int Stop();   ///< SIGTERM; its exit code
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::filesystem::path data() const {
    return folder_.path() / "data";
  }
  std::vector<std::string> flags;
  /// RLIMIT_FSIZE of the next start; 0: none.
  int64_t file_limit_bytes = 0;

 private:
  base::TempDir folder_;
  std::string address_;
  base::Child child_;
};

/// LabService, blocking, with absl statuses.
class Client {
 public:
  explicit Client(const std::string& address);
  ~Client();

  absl::StatusOr<v1::ServerInfo> Info();
  absl::StatusOr<v1::ListBoardsResponse> ListBoards(
      const v1::ListBoardsRequest& request = {});
  absl::StatusOr<v1::Board> GetBoard(const std::string& name);
  /// Announces `sha256` and `size_bytes` (negative: the true one).
  absl::StatusOr<v1::UploadBlobResponse> Upload(const std::string& bytes,
                                                std::string sha256 = "",
                                                int64_t size_bytes = -1);
  absl::StatusOr<std::string> Download(const std::string& sha256);
  absl::StatusOr<v1::Dataset> CreateDataset(const std::string& name,
                                            const std::string& sha256);
  absl::StatusOr<v1::Job> CreateJob(const v1::JobSpec& spec,
                                    const std::string& request_id = "");
  absl::StatusOr<v1::Job> GetJob(const std::string& id);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(
      const v1::ListJobsRequest& request);
  absl::StatusOr<v1::Job> CancelJob(const std::string& id);
  /// Every state that a watch showed, until the job had ended.
  absl::StatusOr<std::vector<v1::Job>> Watch(const std::string& id);
  absl::StatusOr<std::vector<std::string>> Log(const std::string& id);
  absl::StatusOr<v1::Run> GetRun(const std::string& id);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request);
  absl::StatusOr<v1::ListPredictionsResponse> ListPredictions(
      const v1::ListPredictionsRequest& request);
  /// "SERVING" by the health service.
  bool Serving();

  /// Polls until the job is in this state; the job then, or as it was last.
  v1::Job WaitFor(const std::string& id, v1::Job::State state,
                  std::chrono::milliseconds limit = std::chrono::seconds(10));

 private:
  struct Stubs;
  std::unique_ptr<Stubs> stubs_;
};

/// An agent that does only what it is told.
class FakeAgent {
 public:
  FakeAgent(std::string address, std::string agent_id, std::string instance);
  ~FakeAgent();
  v1::AgentHello hello;  ///< boards and held leases, before Attach

  FakeAgent& Board(const std::string& name, const std::string& board_id,
                   const std::string& uid = kVirtualUid);
  /// Dials and says hello; OK once the Welcome is there.
  absl::Status Attach();
  /// Breaks the stream off, as a killed process would.
  void Drop();
  /// The next message that is of interest, or nothing within the limit.
  std::optional<v1::ServerMessage> Next(
      std::chrono::milliseconds limit = std::chrono::seconds(5));
  std::optional<v1::Lease> NextLease(
      std::chrono::milliseconds limit = std::chrono::seconds(5));
  std::optional<v1::Revoke> NextRevoke(
      std::chrono::milliseconds limit = std::chrono::seconds(5));
  /// Sends with the next message_id; that id.
  int64_t Send(v1::AgentMessage message);
  /// True when the Ack of this message comes.
  bool Acked(int64_t message_id,
             std::chrono::milliseconds limit = std::chrono::seconds(5));
  /// How the stream ended (waits for it).
  absl::Status StreamStatus();

  // What agents say.
  int64_t Update(const v1::Lease& lease, v1::Job::State state,
                 int64_t done = 0);
  int64_t Predict(const v1::Lease& lease, int64_t from, int64_t count,
                  size_t output_bytes = 4);
  int64_t Finish(const v1::Lease& lease, const v1::DeviceResult& result);
  int64_t Fail(const v1::Lease& lease, bool retryable,
               v1::FailureClass why = v1::BOARD);
  int64_t SetBoard(const std::string& name, v1::Board::State state);
  int64_t Beat();

 private:
  struct Stream;
  std::string address_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace tinyrig::servertest
