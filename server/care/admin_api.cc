#include "server/care/admin_api.h"

namespace tinyrig::server {
namespace {

absl::Status NotYet() {
  return absl::UnimplementedError("not in this build yet");
}

}  // namespace

absl::Status AdminApi::Backup(
    const Caller& caller, const v1::BackupRequest& /*request*/,
    const std::function<bool(const v1::BackupProgress&)>& /*sink*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  return NotYet();
}

absl::StatusOr<v1::CollectGarbageResponse> AdminApi::CollectGarbage(
    const Caller& caller, const v1::CollectGarbageRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  return NotYet();
}

absl::StatusOr<v1::CheckIntegrityResponse> AdminApi::CheckIntegrity(
    const Caller& caller, const v1::CheckIntegrityRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  return NotYet();
}

absl::StatusOr<v1::Baseline> AdminApi::SetBaseline(
    const Caller& caller, const v1::SetBaselineRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  return NotYet();
}

absl::StatusOr<v1::Baseline> AdminApi::DeleteBaseline(
    const Caller& caller, const v1::DeleteBaselineRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  return NotYet();
}

absl::StatusOr<v1::ListBaselinesResponse> AdminApi::ListBaselines(
    const Caller& caller, const v1::ListBaselinesRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  return NotYet();
}

}  // namespace tinyrig::server
