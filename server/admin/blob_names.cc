#include "server/admin/blob_names.h"

#include <functional>

#include "base/sha256.h"

namespace tinyrig::server {
namespace {

absl::Status ForEachRow(Database& database, const char* sql,
                        const std::function<void(const Query&)>& see) {
  ASSIGN_OR_RETURN(Query row, database.Select(sql));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    see(row);
  }
}

void Name(BlobNames& names, const std::string& sha256, const char* what,
          int64_t job_id) {
  if (!base::IsSha256Hex(sha256) || names.contains(sha256)) {
    return;  // "": it has none
  }
  names[sha256].by = absl::StrCat("the ", what, " of j-", job_id);
}

absl::Status AddJobs(Database& database, const Leaving& leaving,
                     BlobNames& names) {
  return ForEachRow(database,
                    "SELECT id, model_sha256, artifact_sha256, dataset_sha256 "
                    "FROM jobs ORDER BY id",
                    [&](const Query& row) {
                      const int64_t id = row.Int(0);
                      if (!leaving.jobs.contains(id)) {
                        Name(names, row.Bytes(1), "model", id);
                        Name(names, row.Bytes(2), "artifact", id);
                        Name(names, row.Bytes(3), "dataset", id);
                      }
                    });
}

}  // namespace

absl::StatusOr<BlobNames> NamedBlobs(Database& database,
                                     const Leaving& leaving) {
  BlobNames names;
  RETURN_IF_ERROR(AddJobs(database, leaving, names));
  RETURN_IF_ERROR(ForEachRow(
      database, "SELECT sha256, name FROM datasets", [&](const Query& row) {
        names[row.Bytes(0)] = {absl::StrCat("dataset ", row.Bytes(1)), false};
      }));
  RETURN_IF_ERROR(ForEachRow(
      database, "SELECT artifact_sha256, create_us FROM compile_cache",
      [&](const Query& row) {
        if (row.Int(1) >= leaving.cache_before_us) {
          names.try_emplace(row.Bytes(0), BlobName{"the compile cache", true});
        }
      }));
  // The model that an artifact was made of; it may never have been here.
  RETURN_IF_ERROR(ForEachRow(
      database, "SELECT model_sha256, id FROM runs", [&](const Query& row) {
        if (!leaving.runs.contains(row.Int(1)) &&
            base::IsSha256Hex(row.Bytes(0))) {
          names.try_emplace(
              row.Bytes(0),
              BlobName{absl::StrCat("the model of r-", row.Int(1)), true});
        }
      }));
  return names;
}

absl::StatusOr<std::unordered_map<std::string, BlobRow>> BlobRows(
    Database& database) {
  std::unordered_map<std::string, BlobRow> rows;
  RETURN_IF_ERROR(ForEachRow(database,
                             "SELECT sha256, size_bytes, create_us FROM blobs",
                             [&](const Query& row) {
                               rows[row.Bytes(0)] = {row.Int(1), row.Int(2)};
                             }));
  return rows;
}

}  // namespace tinyrig::server
