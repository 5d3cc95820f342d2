// What `tinyrig admin` prints of the server's answers. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::cli {

/// One row: what a finished backup in `folder` holds.
Table BackupTable(const std::string& folder, const v1::BackupProgress& last);

/// What goes and what stays; "would go" of a dry run.
Table GcTable(const v1::CollectGarbageResponse& response);

Table FindingTable(const v1::CheckIntegrityResponse& response);

/// The findings, when there are any, and a line that sums up.
std::string CheckReport(const v1::CheckIntegrityResponse& response);

Table BaselineTable(const std::vector<v1::Baseline>& baselines);

}  // namespace tinyrig::cli
