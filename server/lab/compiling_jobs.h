// The lab's jobs as compiling changes them.
#pragma once

#include <cstdint>
#include <string>

#include "server/compile/compile_dispatch.h"
#include "server/lab/job_lifecycle.h"
#include "server/lab/lab.h"

namespace tinyrig::server {

/// Lives as long as the lock of the state that it is given.
class LabCompilingJobs final : public CompilingJobs {
 public:
  LabCompilingJobs(Lab& lab, LabState& live)
      : lab_(lab), live_(live), jobs_(lab) {}

  absl::Status Fail(const JobRecord& job, const v1::Failure& failure) override;
  void SetProgress(int64_t job_id, const v1::Progress& progress) override;
  void Log(int64_t job_id, const std::string& line) override;
  void Changed(int64_t job_id) override;
  void CompileEnded(int64_t job_id) override;

 private:
  Lab& lab_;
  LabState& live_;
  JobLifecycle jobs_;
};

}  // namespace tinyrig::server
