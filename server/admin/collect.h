// Garbage collection: plans on a reading connection, deletes in short
// transactions on the writing one. The lab goes on meanwhile; a kill at any
// point leaves a valid database and, at worst, work for the next collection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/admin/blob_names.h"
#include "server/admin/retention.h"
#include "server/blob/blob_store.h"
#include "server/store/admin_store.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

/// An unnamed blob stays so long after it was uploaded: its job may be on the
/// way. Microseconds.
inline constexpr int64_t kBlobGraceUs = 24LL * 3600 * 1'000'000;

struct CollectorParts {
  AdminStore& store;
  BlobStore& blobs;
  const base::Clock& clock;
  std::filesystem::path database;
  /// Asked between transactions; true: stop (CANCELLED).
  std::function<bool()> gone;
};

/// One collection, by one thread; the lab's go on.
class Collector {
 public:
  explicit Collector(CollectorParts parts) : parts_(std::move(parts)) {}

  /// What admin_service.proto says of CollectGarbage, one at a time.
  absl::StatusOr<v1::CollectGarbageResponse> Collect(
      const RetentionRules& rules, bool dry_run, bool compact);

 private:
  struct BlobPlan {
    std::vector<std::string> rows;   ///< in the table blobs, perhaps as files
    std::vector<std::string> files;  ///< files without a row
    int64_t bytes = 0;
    int64_t newest_job = 0;  ///< when the names were read
  };
  struct JobCursor;

  absl::Status PlanRuns(Database& reader);
  absl::Status PlanJobs(Database& reader);
  absl::StatusOr<BlobPlan> PlanBlobs(Database& reader);
  absl::Status DeleteRuns();
  absl::Status DeleteRun(Database& writer, int64_t run_id, int64_t* deleted);
  absl::Status DeleteJobs();
  absl::StatusOr<bool> DeleteJobSlice(Database& writer, JobCursor& cursor);
  absl::Status DeleteCacheEntries(Database& reader);
  absl::Status DeleteBoardEvents();
  absl::Status DeleteBlobs(const BlobPlan& plan);
  absl::Status DeleteBlobBatch(const std::vector<std::string>& batch,
                               bool have_rows, int64_t newest_job);
  absl::Status Compact();
  absl::Status Pause(int64_t busy_us);
  absl::Status Count(Database& reader);

  CollectorParts parts_;
  RetentionRules rules_;
  int64_t start_us_ = 0;
  int64_t keep_since_us_ = 0;
  Leaving leaving_;
  std::vector<int64_t> runs_, jobs_;  ///< that are to go
  v1::CollectGarbageResponse response_;
};

}  // namespace tinyrig::server
