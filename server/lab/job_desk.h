// What happens to jobs, whoever asks: the one place that ends attempts and
// jobs and that shows a job as people see it. Callers hold Lab::mutex.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/lab/lab.h"

namespace tinyrig::server {

class JobDesk {
 public:
  explicit JobDesk(Lab& lab) : lab_(lab) {}

  /// Ends the live lease of a job without a result; the job is queued again or
  /// ends, as Judge says. `revoke` tells the agent, with the reason.
  absl::Status EndLease(int64_t job_id, const AttemptEnd& end, bool revoke);

  /// Ends a job that no board holds.
  absl::Status EndUnleased(const JobRecord& record, v1::Job::State next,
                           const v1::Failure& failure);

  /// The lease is over in the store already: forget it here.
  void Forget(int64_t job_id);

  /// Limits and stores lines; a full disk loses lines, never jobs.
  void Log(int64_t job_id, std::string_view source,
           const std::vector<std::string>& lines);

  void SetProgress(int64_t job_id, const v1::Progress& progress);

  /// With progress, queue position and revision.
  v1::Job Show(const JobRecord& record);
  /// The same for many: one look at the queue for all.
  std::vector<v1::Job> ShowAll(const std::vector<JobRecord>& records);

  void Revoke(const std::string& agent_id, int64_t job_id, int64_t fence,
              const std::string& reason);

 private:
  Lab& lab_;
};

/// Names of boards that take jobs. The caller holds Lab::mutex.
std::vector<std::string> BoardsUp(const Lab& lab);

}  // namespace tinyrig::server
