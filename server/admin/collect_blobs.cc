// The collector's second half: blobs that nothing names, and free pages.
#include <unordered_set>

#include "server/admin/collect.h"
#include "server/admin/file_copy.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {
namespace {

constexpr size_t kBlobsAtOnce = 32;
constexpr int64_t kPagesAtOnce = 256;

absl::StatusOr<int64_t> Pragma(Database& database, const char* sql) {
  ASSIGN_OR_RETURN(Query row, database.Select(sql));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0);
}

// Names that may be newer than the plan, found by indices alone.
absl::StatusOr<std::unordered_set<std::string>> NewNames(Database& writer,
                                                         int64_t newest_job,
                                                         int64_t since_us) {
  ASSIGN_OR_RETURN(
      Query row,
      writer.Select("SELECT artifact_sha256 FROM jobs WHERE id > ?1 UNION "
                    "SELECT artifact_sha256 FROM jobs WHERE state IN (?3, ?4, "
                    "?5, ?6) UNION SELECT artifact_sha256 FROM jobs WHERE "
                    "end_us >= ?2 UNION SELECT artifact_sha256 FROM "
                    "compile_cache UNION SELECT dataset_sha256 FROM jobs WHERE "
                    "id > ?1 UNION SELECT sha256 FROM datasets",
                    newest_job, since_us, static_cast<int>(v1::Job::QUEUED),
                    static_cast<int>(v1::Job::COMPILING),
                    static_cast<int>(v1::Job::FLASHING),
                    static_cast<int>(v1::Job::RUNNING)));
  std::unordered_set<std::string> names;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return names;
    }
    names.insert(row.Bytes(0));
  }
}

// True: the row is gone, the file may follow.
absl::StatusOr<bool> DeleteRow(Database& writer, const std::string& sha256,
                               int64_t grace_us) {
  ASSIGN_OR_RETURN(
      const int64_t gone,
      writer.Run("DELETE FROM blobs WHERE sha256 = ?1 AND create_us < ?2 AND "
                 "NOT EXISTS (SELECT 1 FROM jobs WHERE model_sha256 = ?1)",
                 sha256, grace_us));
  return gone == 1;
}

absl::StatusOr<bool> HasRow(Database& writer, const std::string& sha256) {
  ASSIGN_OR_RETURN(
      Query row, writer.Select("SELECT 1 FROM blobs WHERE sha256 = ?", sha256));
  return row.Step();
}

}  // namespace

absl::StatusOr<Collector::BlobPlan> Collector::PlanBlobs(Database& reader) {
  const int64_t grace_us = start_us_ - kBlobGraceUs;
  // Files first: one that comes later has a row or is young.
  std::unordered_map<std::string, BlobFile> files;
  RETURN_IF_ERROR(ListBlobs(parts_.blobs.folder(), [&](const BlobFile& file) {
    files[file.sha256] = file;
  }));
  BlobPlan plan;
  ASSIGN_OR_RETURN(plan.newest_job,
                   Pragma(reader, "SELECT coalesce(max(id), 0) FROM jobs"));
  ASSIGN_OR_RETURN(const BlobNames names, NamedBlobs(reader, leaving_));
  ASSIGN_OR_RETURN(const auto rows, BlobRows(reader));
  for (const auto& [sha256, row] : rows) {
    if (row.create_us < grace_us && !names.contains(sha256)) {
      plan.rows.push_back(sha256);
      const auto file = files.find(sha256);
      plan.bytes += file == files.end() ? 0 : file->second.size_bytes;
    }
  }
  for (const auto& [sha256, file] : files) {
    if (file.modify_us < grace_us && !rows.contains(sha256) &&
        !names.contains(sha256)) {
      plan.files.push_back(sha256);
      plan.bytes += file.size_bytes;
    }
  }
  return plan;
}

absl::Status Collector::DeleteBlobs(const BlobPlan& plan) {
  for (const bool have_rows : {true, false}) {
    const std::vector<std::string>& all = have_rows ? plan.rows : plan.files;
    for (size_t i = 0; i < all.size(); i += kBlobsAtOnce) {
      const std::vector<std::string> batch(
          all.begin() + static_cast<std::ptrdiff_t>(i),
          all.begin() + static_cast<std::ptrdiff_t>(
                            std::min(all.size(), i + kBlobsAtOnce)));
      const int64_t begin_us = parts_.clock.MonotonicMicros();
      RETURN_IF_ERROR(DeleteBlobBatch(batch, have_rows, plan.newest_job));
      RETURN_IF_ERROR(Pause(parts_.clock.MonotonicMicros() - begin_us));
    }
  }
  return absl::OkStatus();
}

// Row first, then file: a kill in between leaves a file that nothing names.
absl::Status Collector::DeleteBlobBatch(const std::vector<std::string>& batch,
                                        bool have_rows, int64_t newest_job) {
  const auto alone = parts_.blobs.HoldAlone();
  std::vector<std::string> gone;
  const absl::Status changed =
      parts_.store.Change([&](Database& writer) -> absl::Status {
        ASSIGN_OR_RETURN(const auto names,
                         NewNames(writer, newest_job, start_us_));
        for (const std::string& sha256 : batch) {
          if (names.contains(sha256)) {
            continue;
          }
          absl::StatusOr<bool> free = true;
          if (have_rows) {
            free = DeleteRow(writer, sha256, start_us_ - kBlobGraceUs);
          } else {
            ASSIGN_OR_RETURN(const bool has_row, HasRow(writer, sha256));
            free = !has_row;
          }
          RETURN_IF_ERROR(free.status());
          if (*free) {
            gone.push_back(sha256);
          }
        }
        return absl::OkStatus();
      });
  RETURN_IF_ERROR(changed);
  for (const std::string& sha256 : gone) {
    ASSIGN_OR_RETURN(const int64_t bytes, parts_.blobs.Remove(sha256));
    response_.set_deleted_blob_count(response_.deleted_blob_count() + 1);
    response_.set_freed_blob_bytes(response_.freed_blob_bytes() + bytes);
  }
  return absl::OkStatus();
}

// In small steps where the file can (made by this version or later); else one
// VACUUM, which makes it so and keeps the lab waiting.
absl::Status Collector::Compact() {
  int64_t mode = 0, before = 0, after = 0, page_bytes = 0;
  const absl::Status measured =
      parts_.store.Maintain([&](Database& writer) -> absl::Status {
        ASSIGN_OR_RETURN(mode, Pragma(writer, "PRAGMA auto_vacuum"));
        ASSIGN_OR_RETURN(before, Pragma(writer, "PRAGMA page_count"));
        ASSIGN_OR_RETURN(page_bytes, Pragma(writer, "PRAGMA page_size"));
        return absl::OkStatus();
      });
  RETURN_IF_ERROR(measured);
  const int64_t wanted = mode == 0 ? 2 * before : 4 * kPagesAtOnce;
  RETURN_IF_ERROR(CheckDiskRoom(parts_.database.parent_path(),
                                wanted * page_bytes,
                                parts_.blobs.limits().reserve_bytes));
  bool more = true;
  while (more) {
    const int64_t begin_us = parts_.clock.MonotonicMicros();
    const absl::Status stepped =
        parts_.store.Maintain([&](Database& writer) -> absl::Status {
          if (mode == 0) {
            more = false;
            return writer.Exec("PRAGMA auto_vacuum=INCREMENTAL; VACUUM");
          }
          RETURN_IF_ERROR(writer.Exec(
              absl::StrCat("PRAGMA incremental_vacuum(", kPagesAtOnce, ")")
                  .c_str()));
          ASSIGN_OR_RETURN(const int64_t unused,
                           Pragma(writer, "PRAGMA freelist_count"));
          more = unused > 0;
          return absl::OkStatus();
        });
    RETURN_IF_ERROR(stepped);
    RETURN_IF_ERROR(Pause(parts_.clock.MonotonicMicros() - begin_us));
  }
  const absl::Status ended =
      parts_.store.Maintain([&](Database& writer) -> absl::Status {
        ASSIGN_OR_RETURN(after, Pragma(writer, "PRAGMA page_count"));
        // The file itself shrinks here, unless a reader is in the way.
        return writer.Exec("PRAGMA wal_checkpoint(PASSIVE)");
      });
  RETURN_IF_ERROR(ended);
  response_.set_freed_database_bytes((before - after) * page_bytes);
  return absl::OkStatus();
}

}  // namespace tinyrig::server
