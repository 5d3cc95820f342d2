// GET /api/v1/export/{table}: what is asked for, and how the file is called.
// Pure.
#pragma once

#include <string>

#include "base/status.h"
#include "server/http/message.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

/// From the variable "table" and the parameters "format" (csv, which is the
/// default, or jsonl) and "filter". INVALID_ARGUMENT: anything else.
absl::StatusOr<v1::ExportTableRequest> ReadExportRequest(
    const HttpRequest& http);

/// A browser stores the answer as tinyrig-NAME.
void NameFile(const std::string& name, HttpReply& reply);

}  // namespace tinyrig::server
