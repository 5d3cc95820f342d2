// The loop that moves jobs on: compile, schedule, lease, expire, retry. Others
// only record what happened and wake it; it acts at its own pace.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/status.h"
#include "server/compile/compile_dispatch.h"
#include "server/lab/lab.h"
#include "server/lab/lease_dispatch.h"
#include "server/store/waiting_store.h"

namespace tinyrig::server {

/// Start and Stop on the thread that made it; the loop has a thread of its
/// own, and the compilers have theirs.
class Dispatcher {
 public:
  /// `store` is the one of `lab`. Sets wake_dispatcher and cancel_compile of
  /// the lab; must outlive all who call them.
  Dispatcher(Lab& lab, WaitingStore& store);
  ~Dispatcher();

  /// Takes up what a former process left (compiles begin again, live leases
  /// get one lease timeout for their agents to come back), then runs. Errors:
  /// the store's.
  absl::Status Start();
  /// Ends the loop and the compilers, and waits for both. Leases live on.
  void Stop();

 private:
  absl::Status TakeUp();
  void Loop();
  /// One round; when the next is due at the latest, monotonic.
  int64_t Turn();

  Lab& lab_;
  LeaseDispatch leases_;
  CompileDispatch compiles_;

  std::mutex wake_mutex_;  ///< guards the two flags
  std::condition_variable wake_;
  bool woken_ = false, stopped_ = false;
  std::thread thread_;
};

}  // namespace tinyrig::server
