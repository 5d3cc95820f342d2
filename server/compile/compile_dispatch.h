// From a job that waits to its artifact: out of the cache, or by a compiler of
// which only so many run at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "server/blob/blob_store.h"
#include "server/compile/builder.h"
#include "server/compile/compile_pool.h"
#include "server/compile/model_cache.h"
#include "server/store/store.h"
#include "server/store/waiting_store.h"

namespace tinyrig::server {

/// The jobs as compiling changes them. Whoever is given one holds the lock of
/// the lab for as long.
class CompilingJobs {
 public:
  virtual ~CompilingJobs() = default;
  /// Ends a job that no board holds as FAILED. Errors: the store's; the job is
  /// as it was.
  virtual absl::Status Fail(const JobRecord& job,
                            const v1::Failure& failure) = 0;
  virtual void SetProgress(int64_t job_id, const v1::Progress& progress) = 0;
  /// Adds a line of the compiler to the job's log.
  virtual void Log(int64_t job_id, const std::string& line) = 0;
  /// The job's row has changed.
  virtual void Changed(int64_t job_id) = 0;
  /// No compiler works for the job any more, whatever came of it.
  virtual void CompileEnded(int64_t job_id) = 0;
};

/// Calls its argument with the lab locked; for the compilers' threads.
using LockJobs =
    std::function<void(const std::function<void(CompilingJobs&)>&)>;

/// What compiling works with; all of it must outlive the CompileDispatch.
struct CompileParts {
  Store& store;
  WaitingStore& waiting;  ///< of the same store
  BlobStore& blobs;
  ModelCache& models;  ///< of the same blobs
  Builder& builder;
  const base::Clock& clock;
  LockJobs lock_jobs;
};

struct CompileLimits {
  int compile_jobs = 2;                  ///< compilers at once, 1 or more
  int64_t compile_timeout_ms = 600'000;  ///< of one; the job's own may be less
};

/// What stands here is guarded by the lab's lock: each call but Start, Stop
/// and Cancel takes the CompilingJobs that stands for it.
class CompileDispatch {
 public:
  explicit CompileDispatch(CompileParts parts) : parts_(std::move(parts)) {}

  /// Compiles that a former process began wait again; how many there were.
  absl::StatusOr<size_t> TakeUp();

  /// Between Start and Stop, on one thread each; Stop ends the compilers.
  void Start(const CompileLimits& limits);
  void Stop() { pool_.reset(); }

  /// One look: ends what the disk refused to end before, then gives waiting
  /// jobs an artifact of the cache or a compiler.
  void Turn(CompilingJobs& jobs);

  /// Ends the job's compiler, if there is one. Thread-safe while it runs.
  void Cancel(int64_t job_id);

 private:
  void EndUnstored(CompilingJobs& jobs);
  void StartCompiles(CompilingJobs& jobs);
  bool UseCache(CompilingJobs& jobs, const JobRecord& record);
  void StartCompile(CompilingJobs& jobs, const JobRecord& record);
  absl::Status CheckFits(const JobRecord& record,
                         const v1::CompiledModel& model);
  // On the compilers' threads, without the lock.
  void OnLine(int64_t job_id, const std::string& line);
  void OnCompiled(int64_t job_id, CompileResult result);
  absl::Status AcceptArtifact(int64_t job_id, CompileResult& result);
  absl::Status StoreArtifact(const JobRecord& record,
                             const v1::CompiledModel& model,
                             const std::string& sha256, CompileResult& result);

  CompileParts parts_;
  CompileLimits limits_;
  std::unique_ptr<CompilePool> pool_;
  /// Under way: the cache's key, without the engine's version, by job.
  std::map<int64_t, std::string> compiling_;
  /// Jobs that the cache did not help since a compile ended last.
  std::set<int64_t> cache_missed_;
  // Whether anything can have changed for what is not compiled yet.
  int64_t seen_version_ = -1;
  int64_t seen_us_ = 0;                      ///< monotonic
  std::map<int64_t, v1::Failure> unstored_;  ///< ends that the disk refused
  std::string engine_version_;  ///< empty: the compiler does not say
};

}  // namespace tinyrig::server
