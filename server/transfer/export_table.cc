#include "server/transfer/export_table.h"

#include <deque>

#include "server/filter/filter.h"
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
  TableReader(ExportReader& reader, const Request& request, Filter filter)
      : reader_(reader),
        table_(request.table()),
        filter_(std::move(filter)),
        writer_(request.format(), ColumnsOf(request.table())) {}

  // Rows that come later are not waited for: it must end.
  absl::Status FindEnd() {
    ASSIGN_OR_RETURN(end_, table_ == Request::JOBS ? reader_.LastJobId()
                                                   : reader_.LastRunId());
    return absl::OkStatus();
  }

  /// Reads until the buffer is full; true: that was all.
  absl::StatusOr<bool> Read() {
    return table_ == Request::RUNS || table_ == Request::JOBS ? ReadRows()
                                                              : ReadParts();
  }

  RowWriter& writer() { return writer_; }

 private:
  [[nodiscard]] ExportPiece Piece(int limit) const {
    return {.filter = filter_, .after = last_, .end = end_, .limit = limit};
  }
  [[nodiscard]] bool has_room() const {
    return writer_.buffer().size() < kFullBytes;
  }

  absl::StatusOr<bool> ReadRows() {
    int count = 0;
    const auto written = [&](int64_t id) {
      last_ = id;
      ++count;
      return has_room();
    };
    RETURN_IF_ERROR(
        table_ == Request::RUNS
            ? reader_.Runs(Piece(kRowsAtOnce),
                           [&](const ExportedRun& run) {
                             WriteRun(run, &writer_);
                             return written(run.id);
                           })
            : reader_.Jobs(Piece(kRowsAtOnce), [&](const JobRecord& job) {
                WriteJob(job, &writer_);
                return written(job.id);
              }));
    return has_room() && count < kRowsAtOnce;
  }

  absl::StatusOr<bool> ReadParts() {
    if (heads_.empty()) {
      ASSIGN_OR_RETURN(auto heads, reader_.RunHeads(Piece(kHeadsAtOnce)));
      if (heads.empty()) {
        return true;
      }
      last_ = heads.back().id;
      heads_.assign(heads.begin(), heads.end());
    }
    while (!heads_.empty() && has_room()) {
      ASSIGN_OR_RETURN(const bool run_done, ReadPartsOf(heads_.front()));
      if (run_done) {
        heads_.pop_front();
        next_index_ = 0;
      }
    }
    return false;
  }

  absl::StatusOr<bool> ReadPartsOf(const RunHead& head) {
    const auto written = [&](int64_t index) {
      next_index_ = index + 1;
      return has_room();
    };
    if (table_ == Request::LAYERS) {
      RETURN_IF_ERROR(reader_.Layers(
          head, next_index_,
          [&](int64_t index, const v1::LayerInfo& info, int64_t cycles) {
            WriteLayer(head, index, info, cycles, &writer_);
            return written(index);
          }));
    } else if (table_ == Request::SAMPLES) {
      RETURN_IF_ERROR(reader_.Samples(
          head, next_index_, [&](int64_t index, int64_t cycles) {
            WriteSample(head, index, cycles, &writer_);
            return written(index);
          }));
    } else {
      RETURN_IF_ERROR(reader_.Predictions(
          head, next_index_, [&](const v1::Prediction& row) {
            WritePrediction(head, row, &writer_);
            return written(row.sample_index());
          }));
    }
    return has_room();  // else there may be more
  }

  ExportReader& reader_;
  TableKind table_;
  Filter filter_;
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

absl::Status ExportTable(const OpenExport& open,
                         const v1::ExportTableRequest& request, int64_t now_us,
                         const TextSink& sink) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(Filter filter, BindFilter(request.filter(),
                                             request.table() == Request::JOBS
                                                 ? JobFilterFields()
                                                 : RunFilterFields(),
                                             now_us));
  ASSIGN_OR_RETURN(const auto reader, open());
  TableReader table(*reader, request, std::move(filter));
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
