#include "server/lab/compiling_jobs.h"

namespace tinyrig::server {

absl::Status LabCompilingJobs::Fail(const JobRecord& job,
                                    const v1::Failure& failure) {
  return jobs_.EndUnleased(live_, job, v1::Job::FAILED, failure);
}

void LabCompilingJobs::SetProgress(int64_t job_id,
                                   const v1::Progress& progress) {
  jobs_.SetProgress(live_, job_id, progress);
}

void LabCompilingJobs::Log(int64_t job_id, const std::string& line) {
  jobs_.Log(job_id, "compiler", {line});
}

void LabCompilingJobs::Changed(int64_t job_id) {
  lab_.changes.Notify(job_id);
}

void LabCompilingJobs::CompileEnded(int64_t job_id) {
  live_.progress.erase(job_id);
  lab_.changes.Notify(job_id);
  lab_.wake_dispatcher();
}

}  // namespace tinyrig::server
