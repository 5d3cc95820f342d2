// The loop that moves jobs on: compile, schedule, lease, expire, retry. Others
// only record what happened and wake it; it acts at its own pace.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "server/compile/compile_dispatch.h"
#include "server/lab/compiling_jobs.h"
#include "server/lab/job_desk.h"
#include "server/lab/lab.h"
#include "server/queue/expiry.h"
#include "server/store/waiting_store.h"

namespace tinyrig::server {

class Dispatcher {
 public:
  /// `store` is the one of `lab`.
  Dispatcher(Lab& lab, WaitingStore& store);
  ~Dispatcher();

  /// Takes up what a former process left (compiles begin again, live leases
  /// get one lease timeout for their agents to come back), then runs.
  absl::Status Start();
  void Stop();

 private:
  void Loop();
  // Each returns nothing and logs what the store refuses: the next turn tries
  // again. All but the first hold Lab::mutex.
  int64_t Turn();
  void ExpireLeases();
  void CloseSilentStreams();
  void GiveOutLeases();
  [[nodiscard]] bool IsFree(const LiveBoard& board) const;
  std::vector<FreeBoard> FreeBoards();

  absl::Status TakeUp();
  absl::Status SendLease(const JobRecord& record, int64_t fence,
                         const std::string& board_name);
  std::vector<LeaseWatch> Watches() const;

  Lab& lab_;
  WaitingStore& store_;
  JobDesk desk_;
  LabCompilingJobs compiling_jobs_;
  CompileDispatch compiles_;

  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool woken_ = false, stopped_ = false;
  std::thread thread_;
};

}  // namespace tinyrig::server
