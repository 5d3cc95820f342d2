// A board's supervisor over the real tinyrig-vboard, with a server made of
// memory: blobs in a map, news in vectors.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "boost/asio/executor_work_guard.hpp"

#include "agent/supervisor/supervisor.h"
#include "agent/vboard/vboard_process.h"
#include "base/file.h"

namespace tinyrig::agent {

class MemoryServer : public JobSink, public BlobSource {
 public:
  void Update(v1::JobUpdate update) override;
  void Predictions(v1::PredictionBatch batch) override;
  void Finished(v1::JobFinished finished) override;
  void BoardChanged(const v1::AgentBoard& board) override;
  bool WaitForRoom(int64_t) override { return true; }
  absl::StatusOr<std::vector<uint8_t>> Fetch(
      const std::string& sha256, const std::function<bool()>&) override;

  std::string Put(const std::vector<uint8_t>& blob);
  /// The end of the job; nullopt after the time.
  std::optional<v1::JobFinished> AwaitEnd(int seconds);
  bool AwaitState(v1::Board::State state, int seconds);
  /// Waits until an update of this step has come.
  bool AwaitStep(const std::string& step, int64_t done, int seconds);

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::vector<uint8_t>> blobs;
  std::vector<v1::JobUpdate> updates;
  std::map<int64_t, v1::Prediction> predictions;
  int doubled = 0;
  int fetches = 0;
  v1::AgentBoard board;
  std::optional<v1::JobFinished> finished;
};

struct RigOptions {
  std::string board = "nucleo_f746zg";
  std::string faults;
};

class AgentRig {
 public:
  explicit AgentRig(RigOptions options);
  ~AgentRig();

  /// firmware_test/<board>/<image>.bin as an artifact in the server.
  std::string Artifact(const std::string& image);
  /// `count` samples of 2000 bytes; sample i begins with first[i] if given.
  std::string Dataset(int count, const std::map<int, uint8_t>& first = {});
  /// Leases a job and gives it to the board.
  void Submit(const std::string& artifact, const std::string& dataset,
              int timeout_s = 120);
  static std::string Expected(const std::string& input);
  [[nodiscard]] std::string Input(int sample) const;
  absl::StatusOr<std::string> Control(const std::string& command);

  MemoryServer server;
  std::unique_ptr<Supervisor> supervisor;
  v1::Lease lease;

 private:
  RigOptions options_;
  std::unique_ptr<base::TempDir> folder_;
  boost::asio::io_context io_;
  std::unique_ptr<BlobCache> cache_;
  std::unique_ptr<VboardProcess> vboard_;
  std::string inputs_;
  std::thread thread_;
};

}  // namespace tinyrig::agent
