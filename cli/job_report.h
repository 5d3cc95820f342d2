// What `tinyrig job` prints, and how a failed job is told. Pure.
#pragma once

#include <string>

#include "cli/table.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::cli {

/// One row per job.
Table JobTable(const v1::ListJobsResponse& jobs);

/// One job, a row per field.
Table JobDetails(const v1::Job& job);

/// A job that did not succeed: class, stage, message, device fault.
std::string FailureReport(const v1::Job& job);

/// One line: time, source, text.
std::string LogText(const v1::JobLogLine& line);

}  // namespace tinyrig::cli
