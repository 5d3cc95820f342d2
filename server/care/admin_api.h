// The requests of AdminService as plain functions over their messages: backup,
// retention, integrity, baselines. Errors are those of admin_service.proto.
// Thread-safe.
#pragma once

#include <filesystem>
#include <functional>

#include "base/status.h"
#include "server/api/caller.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

class AdminApi {
 public:
  /// `database`: the store's file, migrated already. `lab` must outlive this.
  AdminApi(Lab& lab, std::filesystem::path database, ScopeCheck check)
      : lab_(lab), database_(std::move(database)), check_(std::move(check)) {}

  /// `sink` returns false when the caller has gone.
  absl::Status Backup(
      const Caller& caller, const v1::BackupRequest& request,
      const std::function<bool(const v1::BackupProgress&)>& sink);
  absl::StatusOr<v1::CollectGarbageResponse> CollectGarbage(
      const Caller& caller, const v1::CollectGarbageRequest& request);
  absl::StatusOr<v1::CheckIntegrityResponse> CheckIntegrity(
      const Caller& caller, const v1::CheckIntegrityRequest& request);
  absl::StatusOr<v1::Baseline> SetBaseline(
      const Caller& caller, const v1::SetBaselineRequest& request);
  absl::StatusOr<v1::Baseline> DeleteBaseline(
      const Caller& caller, const v1::DeleteBaselineRequest& request);
  absl::StatusOr<v1::ListBaselinesResponse> ListBaselines(
      const Caller& caller, const v1::ListBaselinesRequest& request);

 private:
  Lab& lab_;
  std::filesystem::path database_;
  ScopeCheck check_;
};

}  // namespace tinyrig::server
