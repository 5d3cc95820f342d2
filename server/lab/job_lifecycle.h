// What happens to jobs, whoever asks: the one place that ends attempts and
// jobs and that shows a job as people see it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/lab/lab.h"

namespace tinyrig::server {

/// Holds nothing of its own: any number of these may stand on one lab.
/// Thread-safe; `live` is the state of that lab, so callers hold its lock.
class JobLifecycle {
 public:
  explicit JobLifecycle(Lab& lab) : lab_(lab) {}

  /// Ends the live lease of a job without a result; the job is queued again or
  /// ends, as DecideOutcome says. `revoke` tells the agent, with the reason.
  ///
  /// Errors: FAILED_PRECONDITION no board holds the job; else the store's, and
  /// the lease lives on.
  absl::Status EndLease(LabState& live, int64_t job_id, const AttemptEnd& end,
                        bool revoke);

  /// Ends a job that no board holds; `next` is FAILED or CANCELLED. Errors: the
  /// store's, and the job is as it was.
  absl::Status EndUnleased(LabState& live, const JobRecord& record,
                           v1::Job::State next, const v1::Failure& failure);

  /// The lease is over in the store already: forget it here.
  void Forget(LabState& live, int64_t job_id);

  /// Limits and stores lines; a full disk loses lines, never jobs. `source`:
  /// "server", "agent" or "compiler".
  void Log(int64_t job_id, std::string_view source,
           const std::vector<std::string>& lines);

  void SetProgress(LabState& live, int64_t job_id,
                   const v1::Progress& progress);

  /// With progress, queue position and revision.
  v1::Job Show(const LabState& live, const JobRecord& record);
  /// The same for many: one look at the queue for all.
  std::vector<v1::Job> ShowAll(const LabState& live,
                               const std::vector<JobRecord>& records);

  /// Tells an agent to let go of a job; nothing happens when it is not there.
  static void Revoke(const LabState& live, const std::string& agent_id,
                     int64_t job_id, int64_t fence, const std::string& reason);

 private:
  Lab& lab_;
};

/// Names of boards that take jobs.
std::vector<std::string> BoardsUp(const LabState& live);

}  // namespace tinyrig::server
