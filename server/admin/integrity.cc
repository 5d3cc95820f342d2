#include "server/admin/integrity.h"

#include <array>
#include <unordered_map>

#include "server/admin/collect.h"
#include "server/admin/file_copy.h"
#include "server/admin/stop_when.h"
#include "server/blob/blob_store.h"
#include "server/store/migrations.h"

namespace tinyrig::server {
namespace {

constexpr int kMaxFindings = 1000;
// Between a file and its row lies a moment of an upload.
constexpr int64_t kUploadUs = 3600LL * 1'000'000;
constexpr char kRestoreHint[] = "; restore a backup (docs/ADMIN.md)";

// A rule that rows must keep: `sql` gives an id and a text for each breach.
struct Rule {
  const char* sql;
  const char* message;  ///< "$0" the id, "$1" the text
  bool harmful;
};

constexpr std::array kRules = {
    Rule{"SELECT id, run_id FROM jobs WHERE state = 5 AND run_id <> 0 AND NOT "
         "EXISTS (SELECT 1 FROM runs WHERE runs.id = jobs.run_id AND "
         "runs.job_id = jobs.id)",
         "job j-$0 SUCCEEDED, but its run r-$1 is not there", true},
    Rule{"SELECT id, '' FROM jobs WHERE state = 5 AND run_id = 0",
         "job j-$0 lost its run to a collection that was stopped; the next gc "
         "takes the rest",
         false},
    Rule{"SELECT id, job_id FROM runs WHERE NOT EXISTS (SELECT 1 FROM "
         "run_samples WHERE run_id = runs.id)",
         "run r-$0 (of j-$1) has no latency samples", true},
    Rule{"SELECT r.id, j.id FROM runs r JOIN jobs j ON j.id = r.job_id WHERE "
         "j.state <> 5 OR j.run_id <> r.id",
         "run r-$0 is of j-$1, which knows nothing of it", true},
    Rule{"SELECT id, stored_samples || ' are counted, ' || have || ' stored' "
         "FROM (SELECT id, stored_samples, (SELECT count(*) FROM predictions "
         "WHERE job_id = jobs.id) AS have, (SELECT coalesce(max(sample_index) "
         "+ 1, 0) FROM predictions WHERE job_id = jobs.id) AS past FROM jobs "
         "WHERE stored_samples > 0) WHERE have <> stored_samples OR have <> "
         "past",
         "job j-$0: predictions are missing: $1", true},
    Rule{"SELECT j.id, j.sample_count - j.stored_samples FROM jobs j WHERE "
         "j.state = 5 AND j.run_id <> 0 AND j.stored_samples <> j.sample_count",
         "job j-$0 SUCCEEDED with $1 predictions missing", true},
    Rule{"SELECT id, state FROM jobs WHERE state IN (3, 4) AND NOT EXISTS "
         "(SELECT 1 FROM leases WHERE job_id = jobs.id AND end_us = 0)",
         "job j-$0 is on a board without a live lease", true},
    Rule{"SELECT job_id, board_name FROM leases WHERE end_us = 0 AND (SELECT "
         "state FROM jobs WHERE id = job_id) NOT IN (3, 4)",
         "job j-$0 is on no board, but its lease on $1 is live", true},
};

absl::StatusOr<int64_t> OneInt(Database& database, const char* sql) {
  ASSIGN_OR_RETURN(Query row, database.Select(sql));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0);
}

std::string Filled(std::string text, const std::string& id,
                   const std::string& what) {
  for (const auto& [mark, value] : {std::pair{"$0", id}, {"$1", what}}) {
    if (const size_t at = text.find(mark); at != std::string::npos) {
      text.replace(at, 2, value);
    }
  }
  return text;
}

bool IsDamage(const absl::Status& status) {
  return status.code() == absl::StatusCode::kDataLoss;
}

}  // namespace

absl::StatusOr<v1::CheckIntegrityResponse> IntegrityCheck::Run(bool deep) {
  absl::StatusOr<Database> reader =
      Database::Open(parts_.database, Database::Mode::kReadOnly);
  absl::Status status = reader.status();
  if (reader.ok()) {
    const StopWhen stop(*reader, parts_.gone);
    status = reader->Exec("BEGIN");  // one moment for all questions
    using Step = std::function<absl::Status()>;
    for (const Step& step : {Step([&] { return CheckDatabase(*reader); }),
                             Step([&] { return CheckRuns(*reader); }),
                             Step([&] { return CheckBlobs(*reader, deep); })}) {
      if (status.ok()) {
        status = step();
      }
    }
  }
  if (parts_.gone && parts_.gone()) {
    return absl::CancelledError("stopped: the caller has gone");
  }
  if (IsDamage(status)) {
    Find("database", true,
         absl::StrCat(std::string(status.message()), kRestoreHint));
  } else if (!status.ok()) {
    return status;
  }
  bool ok = true;
  for (const v1::CheckFinding& finding : response_.findings()) {
    ok = ok && !finding.harmful();
  }
  response_.set_ok(ok && response_.ok());
  return response_;
}

absl::Status IntegrityCheck::CheckDatabase(Database& reader) {
  response_.set_ok(true);
  ASSIGN_OR_RETURN(const int64_t version,
                   OneInt(reader, "PRAGMA user_version"));
  if (version != SchemaVersion()) {
    Find("database", true,
         absl::StrCat("schema ", version, ", ", SchemaVersion(),
                      " is this program's; restart the server"));
  }
  const std::string wanted =
      absl::StrCat("PRAGMA integrity_check(", kMaxFindings, ")");
  {
    ASSIGN_OR_RETURN(Query row, reader.Select(wanted.c_str()));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      if (row.Bytes(0) != "ok") {
        Find("database", true, row.Bytes(0) + kRestoreHint);
      }
    }
  }
  ASSIGN_OR_RETURN(Query row, reader.Select("PRAGMA foreign_key_check"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    Find("database", true,
         absl::StrCat("a row of ", row.Bytes(0), " (rowid ", row.Int(1),
                      ") names a row of ", row.Bytes(2), " that is not there",
                      kRestoreHint));
  }
}

absl::Status IntegrityCheck::CheckRuns(Database& reader) {
  ASSIGN_OR_RETURN(const int64_t runs,
                   OneInt(reader, "SELECT count(*) FROM runs"));
  response_.set_run_count(runs);
  for (const Rule& rule : kRules) {
    ASSIGN_OR_RETURN(Query row, reader.Select(rule.sql));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      Find("run", rule.harmful,
           Filled(rule.message, row.Bytes(0), row.Bytes(1)));
    }
  }
  return absl::OkStatus();
}

absl::Status IntegrityCheck::CheckBlobs(Database& reader, bool deep) {
  ASSIGN_OR_RETURN(const BlobNames names, NamedBlobs(reader));
  ASSIGN_OR_RETURN(const auto rows, BlobRows(reader));
  // After the names: a file that comes meanwhile is young.
  std::unordered_map<std::string, BlobFile> files;
  RETURN_IF_ERROR(ListBlobs(parts_.blobs, [&](const BlobFile& file) {
    files[file.sha256] = file;
    response_.set_blob_bytes(response_.blob_bytes() + file.size_bytes);
  }));
  response_.set_blob_count(static_cast<int64_t>(files.size()));
  const int64_t now_us = parts_.clock.UnixMicros();
  for (const auto& [sha256, name] : names) {
    const bool uploaded = rows.contains(sha256);
    if (!files.contains(sha256) && (!name.spare || uploaded)) {
      Find("missing blob", !name.spare,
           absl::StrCat(sha256, ", ", name.by,
                        name.spare ? ": its file is gone; nothing needs it"
                                   : ": its file is gone; upload it again, or "
                                     "restore a backup"));
    }
  }
  for (const auto& [sha256, row] : rows) {
    const auto file = files.find(sha256);
    const auto name = names.find(sha256);
    const bool needed = name != names.end() && !name->second.spare;
    if (file != files.end() && file->second.size_bytes != row.size_bytes) {
      Find("damaged blob", needed,
           absl::StrCat(sha256, name == names.end() ? "" : ", ",
                        name == names.end() ? "" : name->second.by, ": ",
                        file->second.size_bytes, " bytes, ", row.size_bytes,
                        " were stored; restore it from a backup"));
    } else if (name == names.end() && row.create_us < now_us - kBlobGraceUs) {
      Find("orphaned blob", false,
           absl::StrCat(sha256, ": nothing names it; the next gc takes it"));
    }
  }
  for (const auto& [sha256, file] : files) {
    const auto name = names.find(sha256);
    if (!rows.contains(sha256) && name == names.end() &&
        file.modify_us < now_us - kUploadUs) {
      Find("orphaned blob", false,
           absl::StrCat(sha256,
                        ": a file that the database does not know; a gc takes "
                        "it a day after its upload"));
    }
    if (deep) {
      RETURN_IF_ERROR(
          CheckBytes(sha256, name == names.end() ? "unnamed" : name->second.by,
                     name != names.end() && !name->second.spare));
    }
  }
  return absl::OkStatus();
}

absl::Status IntegrityCheck::CheckBytes(const std::string& sha256,
                                        const std::string& by, bool needed) {
  const absl::StatusOr<std::string> got = HashFile(
      BlobPath(parts_.blobs, sha256),
      [this](int64_t /*bytes*/) { return !parts_.gone || !parts_.gone(); });
  if (got.status().code() == absl::StatusCode::kCancelled) {
    return got.status();
  }
  if (!got.ok() || *got != sha256) {
    Find("damaged blob", needed,
         absl::StrCat(sha256, ", ", by, ": ",
                      got.ok() ? "its bytes hash to " + *got
                               : std::string(got.status().message()),
                      "; delete the file and upload it again, or restore a "
                      "backup"));
  }
  return absl::OkStatus();
}

void IntegrityCheck::Find(const char* kind, bool harmful, std::string message) {
  response_.set_finding_count(response_.finding_count() + 1);
  if (harmful) {
    response_.set_ok(false);
  }
  if (response_.findings_size() >= kMaxFindings) {
    return;
  }
  v1::CheckFinding& finding = *response_.add_findings();
  finding.set_kind(kind);
  finding.set_harmful(harmful);
  finding.set_message(std::move(message));
}

}  // namespace tinyrig::server
