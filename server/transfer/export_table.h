// One table as text, row by row. Between two pieces nothing of the store is
// held, so a slow reader holds nothing up.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"
#include "server/store/export_reader.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

/// Takes whole lines, at most 256 KiB unless one is longer; false: the caller
/// has gone.
using TextSink = std::function<bool(const std::string& lines)>;

/// The columns of docs/EXPORT.md. What comes while it runs is left out, what
/// is deleted meanwhile is missing from there on. INVALID_ARGUMENT: table,
/// format, filter. CANCELLED: the caller has gone.
absl::Status ExportTable(const OpenExport& open,
                         const v1::ExportTableRequest& request, int64_t now_us,
                         const TextSink& sink);

}  // namespace tinyrig::server
