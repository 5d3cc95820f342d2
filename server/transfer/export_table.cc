#include "server/transfer/export_table.h"

#include <deque>

#include "server/filter/filter.h"
#include "server/request/resource_ids.h"
#include "server/store/sqlite.h"
#include "server/transfer/export_rows.h"
#include "server/transfer/row_writer.h"

namespace tinyrig::server {
namespace {

using Request = v1::ExportTableRequest;

constexpr size_t kFullBytes = 128 << 10;
constexpr size_t kMaxChunkBytes = 256 << 10;
constexpr int kRowsAtOnce = 1000, kHeadsAtOnce = 256;

// Where a table is read, how far it has come.
class TableReader {
 public:
  TableReader(Database& database, const Request& request, FilterSql filter)
      : database_(database),
        table_(request.table()),
        filter_(std::move(filter)),
        writer_(request.format(), ColumnsOf(request.table())) {}

  // Rows that come later are not waited for: it must end.
  absl::Status FindEnd() {
    ASSIGN_OR_RETURN(
        Query row,
        database_.Select(
            absl::StrCat("SELECT coalesce(max(id), 0) FROM ", Source())
                .c_str()));
    RETURN_IF_ERROR(row.Step().status());
    end_ = row.Int(0);
    return absl::OkStatus();
  }

  /// Reads until the buffer is full; true: that was all.
  absl::StatusOr<bool> Read() {
    return table_ == Request::RUNS || table_ == Request::JOBS ? ReadRows()
                                                              : ReadParts();
  }

  RowWriter& writer() { return writer_; }

 private:
  [[nodiscard]] const char* Source() const {
    return table_ == Request::JOBS ? "jobs" : "runs";
  }

  absl::StatusOr<Query> SelectPage(const std::string& columns, int limit) {
    std::vector<Value> values = {last_, end_};
    values.insert(values.end(), filter_.values.begin(), filter_.values.end());
    values.emplace_back(static_cast<int64_t>(limit));
    return database_.SelectValues(
        absl::StrCat("SELECT ", columns, " FROM ", Source(),
                     " WHERE id > ? AND id <= ?", filter_.And(),
                     " ORDER BY id LIMIT ?"),
        values);
  }

  absl::StatusOr<bool> ReadRows() {
    const bool runs = table_ == Request::RUNS;
    ASSIGN_OR_RETURN(
        Query row,
        SelectPage(runs ? kRunExportColumns : kJobExportColumns, kRowsAtOnce));
    for (int count = 0; writer_.buffer().size() < kFullBytes; ++count) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        return count < kRowsAtOnce;
      }
      last_ = row.Int(0);
      runs ? WriteRun(row, &writer_) : WriteJob(row, &writer_);
    }
    return false;
  }

  absl::Status ReadHeads() {
    ASSIGN_OR_RETURN(
        Query row,
        SelectPage("id, job_id, model_name, board_id, origin, dataset_name, "
                   "dataset_sha256, clock_hz",
                   kHeadsAtOnce));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        return absl::OkStatus();
      }
      last_ = row.Int(0);
      heads_.push_back(
          {.id = row.Int(0),
           .job_id = row.Int(1),
           .run_id = RunName(row.Int(0)),
           .model_name = row.Bytes(2),
           .board_id = row.Bytes(3),
           .origin = v1::Origin_Name(static_cast<v1::Origin>(row.Int(4))),
           .dataset_name = row.Bytes(5),
           .dataset_sha256 = row.Bytes(6),
           .clock_hz = row.Int(7)});
    }
  }

  absl::StatusOr<bool> ReadParts() {
    if (heads_.empty()) {
      RETURN_IF_ERROR(ReadHeads());
      if (heads_.empty()) {
        return true;
      }
    }
    while (!heads_.empty() && writer_.buffer().size() < kFullBytes) {
      ASSIGN_OR_RETURN(const bool run_done, ReadPartsOf(heads_.front()));
      if (run_done) {
        heads_.pop_front();
        next_index_ = 0;
      }
    }
    return false;
  }

  absl::StatusOr<bool> ReadPartsOf(const RunHead& head) {
    const bool predictions = table_ == Request::PREDICTIONS;
    std::vector<Value> values = {predictions ? head.job_id : head.id,
                                 next_index_};
    if (predictions) {
      values.emplace_back(head.dataset_sha256);
    }
    ASSIGN_OR_RETURN(Query row,
                     database_.SelectValues(SelectOf(table_), values));
    while (writer_.buffer().size() < kFullBytes) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        return true;
      }
      next_index_ = row.Int(0) + 1;
      WriteRowOf(table_, head, row, &writer_);
    }
    return false;
  }

  Database& database_;
  Table table_;
  FilterSql filter_;
  RowWriter writer_;
  int64_t last_ = 0, end_ = 0;
  std::deque<RunHead> heads_;  ///< runs whose rows come next
  int64_t next_index_ = 0;     ///< of the first of them
};

// Only the last line can have gone over the limit.
bool Send(RowWriter& writer, const TextSink& sink) {
  const std::string& text = writer.buffer();
  bool taken = true;
  if (text.size() > kMaxChunkBytes && writer.last_line() > 0) {
    taken = sink(text.substr(0, writer.last_line())) &&
            sink(text.substr(writer.last_line()));
  } else if (!text.empty()) {
    taken = sink(text);
  }
  writer.Clear();
  return taken;
}

absl::Status CheckRequest(const Request& request) {
  if (ColumnsOf(request.table()).empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("table: ", static_cast<int>(request.table()),
                     ", RUNS, LAYERS, SAMPLES, PREDICTIONS or JOBS is wanted"));
  }
  if (request.format() != Request::CSV &&
      request.format() != Request::JSON_LINES) {
    return absl::InvalidArgumentError(
        absl::StrCat("format: ", static_cast<int>(request.format()),
                     ", CSV or JSON_LINES is wanted"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ExportTable(const std::filesystem::path& database,
                         const v1::ExportTableRequest& request, int64_t now_us,
                         const TextSink& sink) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(
      FilterSql filter,
      CompileFilter(request.filter(),
                    request.table() == Request::JOBS ? JobFilterFields()
                                                     : RunFilterFields(),
                    now_us));
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database, Database::Mode::kReadOnly));
  TableReader table(reader, request, std::move(filter));
  RETURN_IF_ERROR(table.FindEnd());
  bool done = false;
  while (!done) {
    ASSIGN_OR_RETURN(done, table.Read());
    if (!Send(table.writer(), sink)) {
      return absl::CancelledError("the caller has gone");
    }
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
