#include "server/transfer/transfer_api.h"

namespace tinyrig::server {
namespace {

absl::Status NotYet() {
  return absl::UnimplementedError("not in this build yet");
}

}  // namespace

absl::Status TransferApi::ExportTable(
    const Caller& caller, const v1::ExportTableRequest& /*request*/,
    const std::function<bool(const std::string& chunk)>& /*sink*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  return NotYet();
}

absl::Status TransferApi::ExportRecords(
    const Caller& caller, const v1::ExportRecordsRequest& /*request*/,
    const std::function<bool(const v1::RunRecord&)>& /*sink*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  return NotYet();
}

absl::StatusOr<v1::ImportRecordResponse> TransferApi::ImportRecord(
    const Caller& caller, const v1::RunRecord& /*record*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kSubmit));
  return NotYet();
}

}  // namespace tinyrig::server
