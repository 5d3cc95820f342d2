// One board's thread: carries out what supervisor_state.h decides.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/flash/erase_log.h"
#include "agent/job/blob_cache.h"
#include "agent/job/job_run.h"
#include "agent/job/job_sink.h"
#include "agent/supervisor/board_io.h"
#include "agent/supervisor/supervisor_state.h"
#include "base/clock.h"

namespace tinyrig::agent {

struct SupervisorOptions {
  std::string name;
  const boards::Board* board = nullptr;
  EndpointFinder find;
  std::filesystem::path state_folder;  ///< of this board
  int64_t connect_timeout_ms = 10'000;
};

class Supervisor {
 public:
  /// All outlive the supervisor.
  Supervisor(SupervisorOptions options, JobSink* sink, BlobCache* cache,
             const base::Clock* clock);
  ~Supervisor();

  void Start();
  /// A running job ends as retryable; returns when the thread has ended.
  void Stop();

  // Thread-safe, never waiting.

  /// False when the board has a job already that is not this one.
  bool Offer(const v1::Lease& lease);
  void Revoke(const std::string& job_id, int64_t fence);
  [[nodiscard]] v1::AgentBoard Describe() const;
  /// The lease that is being worked on, if any.
  [[nodiscard]] std::optional<v1::HeldLease> held() const;

 private:
  void Loop();
  Event Perform(Action action, const Decision& decision);
  /// What the action's outcome becomes when somebody wants us to stop.
  Event Override(Event event);
  void Enter(const Decision& decision);
  Event EventOf(const absl::Status& status);

  Event Connect();
  Event Hello();
  Event Identify();
  Event Wait();
  Event WaitFaulty();
  Event Fetch();
  Event CheckImage();
  Event Flash();
  Event RunStage();
  Event CollectFault();
  Event ReportOk();
  Event ReportFailure(const Decision& decision);
  void DropJob();
  void Publish(v1::Board::State state);

  SupervisorOptions options_;
  JobSink* sink_;
  BlobCache* cache_;
  const base::Clock* clock_;
  BoardIo io_;
  EraseLog erase_log_;

  // The thread's own.
  SupervisorState state_;
  std::unique_ptr<JobRun> job_;
  absl::Status last_error_;
  int64_t faulty_wait_ms_ = 0;
  std::string timing_model_;

  mutable std::mutex mutex_;  // all below
  std::condition_variable wake_;
  bool stop_ = false;
  bool revoked_ = false;  // the current job
  std::optional<v1::Lease> pending_;
  std::optional<v1::HeldLease> current_;
  v1::AgentBoard description_;

  std::atomic<bool> interrupt_ = false;  // stop_ or revoked_
  std::thread thread_;
};

}  // namespace tinyrig::agent
