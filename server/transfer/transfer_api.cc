#include "server/transfer/transfer_api.h"

#include "server/transfer/export_table.h"

namespace tinyrig::server {

absl::Status TransferApi::ExportTable(
    const Caller& caller, const v1::ExportTableRequest& request,
    const std::function<bool(const std::string& chunk)>& sink) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  return server::ExportTable(open_export_, request, lab_.clock.UnixMicros(),
                             sink);
}

}  // namespace tinyrig::server
