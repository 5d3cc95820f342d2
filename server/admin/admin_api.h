// The requests of AdminService as plain functions over their messages: backup,
// retention, integrity, baselines. Errors are those of admin_service.proto.
// Thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>

#include "base/status.h"
#include "server/lab/lab.h"
#include "server/request/caller.h"
#include "server/store/admin_store.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

class AdminApi {
 public:
  /// True: the caller has gone; long work then stops with CANCELLED.
  using Gone = std::function<bool()>;

  /// `database`: the store's file, migrated already. `lab` and `store` must
  /// outlive this.
  AdminApi(Lab& lab, AdminStore& store, std::filesystem::path database,
           ScopeCheck check)
      : lab_(lab),
        store_(store),
        database_(std::move(database)),
        check_(std::move(check)) {}

  /// `sink` returns false when the caller has gone.
  absl::Status Backup(
      const Caller& caller, const v1::BackupRequest& request,
      const std::function<bool(const v1::BackupProgress&)>& sink);
  absl::StatusOr<v1::CollectGarbageResponse> CollectGarbage(
      const Caller& caller, const v1::CollectGarbageRequest& request,
      const Gone& gone = {});
  /// FAILED_PRECONDITION: a collection is under way.
  absl::StatusOr<v1::CheckIntegrityResponse> CheckIntegrity(
      const Caller& caller, const v1::CheckIntegrityRequest& request,
      const Gone& gone = {});
  absl::StatusOr<v1::Baseline> SetBaseline(
      const Caller& caller, const v1::SetBaselineRequest& request);
  absl::StatusOr<v1::Baseline> DeleteBaseline(
      const Caller& caller, const v1::DeleteBaselineRequest& request);
  absl::StatusOr<v1::ListBaselinesResponse> ListBaselines(
      const Caller& caller, const v1::ListBaselinesRequest& request);

 private:
  enum Work { kBackup, kCollect, kCheck, kWorks };
  // Counted while it lives.
  class UnderWay;
  // Backups and checks need every blob to stay; one backup at a time.
  absl::StatusOr<UnderWay> Begin(Work work);

  Lab& lab_;
  AdminStore& store_;
  std::filesystem::path database_;
  ScopeCheck check_;
  std::mutex mutex_;
  int under_way_[kWorks] = {};
};

}  // namespace tinyrig::server
