// The lab's jobs as compiling changes them. Callers hold Lab::mutex.
#pragma once

#include <cstdint>
#include <string>

#include "server/compile/compile_dispatch.h"
#include "server/lab/job_desk.h"
#include "server/lab/lab.h"

namespace tinyrig::server {

class LabCompilingJobs final : public CompilingJobs {
 public:
  LabCompilingJobs(Lab& lab, JobDesk& desk) : lab_(lab), desk_(desk) {}

  absl::Status Fail(const JobRecord& job, const v1::Failure& failure) override;
  void SetProgress(int64_t job_id, const v1::Progress& progress) override;
  void Log(int64_t job_id, const std::string& line) override;
  void Changed(int64_t job_id) override;
  void CompileEnded(int64_t job_id) override;

 private:
  Lab& lab_;
  JobDesk& desk_;
};

}  // namespace tinyrig::server
