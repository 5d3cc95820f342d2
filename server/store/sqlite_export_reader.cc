#include "server/store/sqlite_export_reader.h"

#include <utility>

#include "server/store/sqlite.h"
#include "server/store/sqlite_rows.h"

namespace tinyrig::server {
namespace {

using Take = std::function<bool(const Query& row)>;

class SqliteExportReader : public ExportReader {
 public:
  explicit SqliteExportReader(Database reader) : reader_(std::move(reader)) {}

  absl::StatusOr<int64_t> LastRunId() override {
    return OneInt("SELECT coalesce(max(id), 0) FROM runs");
  }
  absl::StatusOr<int64_t> LastJobId() override {
    return OneInt("SELECT coalesce(max(id), 0) FROM jobs");
  }

  absl::StatusOr<std::vector<int64_t>> RunIds(
      const ExportPiece& piece) override {
    std::vector<int64_t> ids;
    RETURN_IF_ERROR(
        ReadPiece("SELECT id FROM runs ", piece, [&](const Query& row) {
          ids.push_back(row.Int(0));
          return true;
        }));
    return ids;
  }

  absl::StatusOr<std::vector<RunHead>> RunHeads(
      const ExportPiece& piece) override {
    std::vector<RunHead> heads;
    RETURN_IF_ERROR(ReadPiece(
        "SELECT id, job_id, model_name, board_id, origin, dataset_name, "
        "dataset_sha256, clock_hz FROM runs ",
        piece, [&](const Query& row) {
          heads.push_back({.id = row.Int(0),
                           .job_id = row.Int(1),
                           .model_name = row.Bytes(2),
                           .board_id = row.Bytes(3),
                           .origin = static_cast<v1::Origin>(row.Int(4)),
                           .dataset_name = row.Bytes(5),
                           .dataset_sha256 = row.Bytes(6),
                           .clock_hz = row.Int(7)});
          return true;
        }));
    return heads;
  }

  absl::Status Runs(
      const ExportPiece& piece,
      const std::function<bool(const ExportedRun& run)>& take) override {
    return ReadPiece("SELECT id, detail, create_us FROM runs ", piece,
                     [&](const Query& row) {
                       ExportedRun run{.id = row.Int(0),
                                       .create_us = row.Int(2)};
                       run.run.ParseFromString(row.Bytes(1));
                       return take(run);
                     });
  }

  absl::Status Jobs(
      const ExportPiece& piece,
      const std::function<bool(const JobRecord& job)>& take) override {
    return ReadPiece(kSelectJobs, piece,
                     [&](const Query& row) { return take(JobOf(row)); });
  }

  absl::Status Layers(
      const RunHead& run, int64_t from,
      const std::function<bool(int64_t index, const v1::LayerInfo& info,
                               int64_t cycles)>& take) override {
    return Read(
        "SELECT layer_index, info, cycles FROM run_layers WHERE run_id "
        "= ? AND layer_index >= ? ORDER BY layer_index",
        {run.id, from}, [&](const Query& row) {
          v1::LayerInfo info;
          info.ParseFromString(row.Bytes(1));
          return take(row.Int(0), info, row.Int(2));
        });
  }

  absl::Status Samples(
      const RunHead& run, int64_t from,
      const std::function<bool(int64_t index, int64_t cycles)>& take) override {
    return Read(
        "SELECT sample_index, cycles FROM run_samples WHERE run_id = ? "
        "AND sample_index >= ? ORDER BY sample_index",
        {run.id, from},
        [&](const Query& row) { return take(row.Int(0), row.Int(1)); });
  }

  absl::Status Predictions(
      const RunHead& run, int64_t from,
      const std::function<bool(const v1::Prediction& row)>& take) override {
    return Read(
        "SELECT p.sample_index, s.name, p.label, p.predicted, p.cycles "
        "FROM predictions p LEFT JOIN dataset_samples s ON s.sha256 = ?3 "
        "AND s.sample_index = p.sample_index WHERE p.job_id = ?1 AND "
        "p.sample_index >= ?2 ORDER BY p.sample_index",
        {run.job_id, from, run.dataset_sha256}, [&](const Query& row) {
          v1::Prediction prediction;
          prediction.set_sample_index(row.Int(0));
          prediction.set_sample_name(row.Bytes(1));
          prediction.set_label(static_cast<int32_t>(row.Int(2)));
          prediction.set_predicted(static_cast<int32_t>(row.Int(3)));
          prediction.set_cycles(row.Int(4));
          return take(prediction);
        });
  }

 private:
  absl::StatusOr<int64_t> OneInt(const char* sql) {
    ASSIGN_OR_RETURN(Query row, reader_.Select(sql));
    RETURN_IF_ERROR(row.Step().status());
    return row.Int(0);
  }

  absl::Status Read(const std::string& sql, const std::vector<Value>& values,
                    const Take& take) {
    ASSIGN_OR_RETURN(Query row, reader_.SelectValues(sql, values));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more || !take(row)) {
        return absl::OkStatus();
      }
    }
  }

  absl::Status ReadPiece(const std::string& select, const ExportPiece& piece,
                         const Take& take) {
    const FilterSql filter = ToSql(piece.filter);
    std::vector<Value> values = {piece.after, piece.end};
    values.insert(values.end(), filter.values.begin(), filter.values.end());
    values.emplace_back(int64_t{piece.limit});
    return Read(absl::StrCat(select, "WHERE id > ? AND id <= ?", filter.And(),
                             " ORDER BY id LIMIT ?"),
                values, take);
  }

  Database reader_;
};

}  // namespace

OpenExport SqliteExports(const std::filesystem::path& database) {
  return [database]() -> absl::StatusOr<std::unique_ptr<ExportReader>> {
    ASSIGN_OR_RETURN(Database reader,
                     Database::Open(database, Database::Mode::kReadOnly));
    return std::make_unique<SqliteExportReader>(std::move(reader));
  };
}

}  // namespace tinyrig::server
