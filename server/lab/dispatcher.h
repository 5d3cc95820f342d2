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

#include "server/lab/compile_pool.h"
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
  void EndUnstored();
  void StartCompiles();
  void GiveOutLeases();
  [[nodiscard]] bool IsFree(const LiveBoard& board) const;
  std::vector<FreeBoard> FreeBoards();

  absl::Status TakeUp();
  bool UseCache(const JobRecord& record, const std::string& engine_version);
  void StartCompile(const JobRecord& record);
  void OnCompiled(int64_t job_id, CompileResult result);
  absl::Status AcceptArtifact(int64_t job_id, CompileResult& result);
  absl::Status CheckFits(const JobRecord& record,
                         const v1::CompiledModel& model);
  void OnLine(int64_t job_id, const std::string& line);
  absl::Status SendLease(const JobRecord& record, int64_t fence,
                         const std::string& board_name);
  std::vector<LeaseWatch> Watches() const;

  Lab& lab_;
  WaitingStore& store_;
  JobDesk desk_;
  std::unique_ptr<CompilePool> pool_;
  std::map<int64_t, std::string> compiling_;  ///< job -> cache key
  std::set<int64_t> cache_missed_;
  // Whether anything can have changed for what is not compiled yet.
  int64_t compiles_seen_version_ = -1;
  int64_t compiles_seen_us_ = 0;             ///< monotonic
  std::map<int64_t, v1::Failure> unstored_;  ///< ends that the disk refused
  std::string engine_version_;

  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool woken_ = false, stopped_ = false;
  std::thread thread_;
};

}  // namespace tinyrig::server
