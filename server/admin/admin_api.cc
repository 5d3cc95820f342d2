#include "server/admin/admin_api.h"

#include <utility>

#include "server/admin/backup.h"
#include "server/admin/baselines.h"
#include "server/admin/collect.h"
#include "server/admin/integrity.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {

class AdminApi::UnderWay {
 public:
  UnderWay(AdminApi& api, Work work) : api_(&api), work_(work) {
    ++api.under_way_[work];
  }
  UnderWay(UnderWay&& other) noexcept
      : api_(std::exchange(other.api_, nullptr)), work_(other.work_) {}
  UnderWay& operator=(UnderWay&&) = delete;
  ~UnderWay() {
    if (api_ != nullptr) {
      const std::lock_guard lock(api_->mutex_);
      --api_->under_way_[work_];
    }
  }

 private:
  AdminApi* api_;
  Work work_;
};

absl::StatusOr<AdminApi::UnderWay> AdminApi::Begin(Work work) {
  const std::lock_guard lock(mutex_);
  if (under_way_[kCollect] > 0) {
    return absl::FailedPreconditionError(
        "a garbage collection is under way; try again when it has ended");
  }
  if (work == kBackup && under_way_[kBackup] > 0) {
    return absl::AlreadyExistsError("another backup is under way");
  }
  if (work == kCollect && under_way_[kBackup] + under_way_[kCheck] > 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        under_way_[kBackup] > 0 ? "a backup" : "an integrity check",
        " is under way and needs every blob; try again when it has ended"));
  }
  return UnderWay(*this, work);
}

absl::Status AdminApi::Backup(
    const Caller& caller, const v1::BackupRequest& request,
    const std::function<bool(const v1::BackupProgress&)>& sink) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  ASSIGN_OR_RETURN(const UnderWay under_way, Begin(kBackup));
  return BackupJob({.database = database_,
                    .blobs = lab_.blobs.folder(),
                    .reserve_bytes = lab_.blobs.limits().reserve_bytes,
                    .server_version = lab_.options.server_version,
                    .clock = lab_.clock},
                   request.folder(), sink)
      .Run();
}

absl::StatusOr<v1::CollectGarbageResponse> AdminApi::CollectGarbage(
    const Caller& caller, const v1::CollectGarbageRequest& request,
    const Gone& gone) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  ASSIGN_OR_RETURN(const RetentionRules rules, RulesOf(request));
  ASSIGN_OR_RETURN(const UnderWay under_way, Begin(kCollect));
  return Collector({.store = store_,
                    .blobs = lab_.blobs,
                    .clock = lab_.clock,
                    .database = database_,
                    .gone = gone})
      .Collect(rules, request.dry_run(), request.compact());
}

absl::StatusOr<v1::CheckIntegrityResponse> AdminApi::CheckIntegrity(
    const Caller& caller, const v1::CheckIntegrityRequest& request,
    const Gone& gone) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  ASSIGN_OR_RETURN(const UnderWay under_way, Begin(kCheck));
  return IntegrityCheck({.database = database_,
                         .blobs = lab_.blobs.folder(),
                         .clock = lab_.clock,
                         .gone = gone})
      .Run(request.deep());
}

absl::StatusOr<v1::Baseline> AdminApi::SetBaseline(
    const Caller& caller, const v1::SetBaselineRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  RETURN_IF_ERROR(CheckBaselineName(request.name()));
  ASSIGN_OR_RETURN(const int64_t run_id, ParseRunId(request.run_id()));
  v1::Baseline baseline;
  RETURN_IF_ERROR(store_.Change([&](Database& writer) -> absl::Status {
    ASSIGN_OR_RETURN(baseline, PutBaseline(writer, request.name(), run_id,
                                           lab_.clock.UnixMicros()));
    return absl::OkStatus();
  }));
  return baseline;
}

absl::StatusOr<v1::Baseline> AdminApi::DeleteBaseline(
    const Caller& caller, const v1::DeleteBaselineRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kAdmin));
  v1::Baseline baseline;
  RETURN_IF_ERROR(store_.Change([&](Database& writer) -> absl::Status {
    ASSIGN_OR_RETURN(baseline, DropBaseline(writer, request.name()));
    return absl::OkStatus();
  }));
  return baseline;
}

absl::StatusOr<v1::ListBaselinesResponse> AdminApi::ListBaselines(
    const Caller& caller, const v1::ListBaselinesRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database_, Database::Mode::kReadOnly));
  ASSIGN_OR_RETURN(auto baselines, AllBaselines(reader));
  v1::ListBaselinesResponse response;
  for (v1::Baseline& baseline : baselines) {
    *response.add_baselines() = std::move(baseline);
  }
  return response;
}

}  // namespace tinyrig::server
