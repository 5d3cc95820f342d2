#include "server/lab/compiling_jobs.h"

namespace tinyrig::server {

absl::Status LabCompilingJobs::Fail(const JobRecord& job,
                                    const v1::Failure& failure) {
  return desk_.EndUnleased(job, v1::Job::FAILED, failure);
}

void LabCompilingJobs::SetProgress(int64_t job_id,
                                   const v1::Progress& progress) {
  desk_.SetProgress(job_id, progress);
}

void LabCompilingJobs::Log(int64_t job_id, const std::string& line) {
  desk_.Log(job_id, "compiler", {line});
}

void LabCompilingJobs::Changed(int64_t job_id) {
  lab_.bell.Ring(job_id);
}

void LabCompilingJobs::CompileEnded(int64_t job_id) {
  lab_.progress.erase(job_id);
  lab_.bell.Ring(job_id);
  lab_.wake_dispatcher();
}

}  // namespace tinyrig::server
