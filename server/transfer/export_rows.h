// What a line of each table holds, in the order of its columns.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/store/sqlite.h"
#include "server/transfer/row_writer.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

/// What every row of LAYERS, SAMPLES and PREDICTIONS says of its run.
struct RunHead {
  int64_t id = 0, job_id = 0;
  std::string run_id, model_name, board_id, origin;
  std::string dataset_name, dataset_sha256;
  int64_t clock_hz = 0;
};

using Table = v1::ExportTableRequest::Table;

/// docs/EXPORT.md promises these.
std::span<const std::string_view> ColumnsOf(Table table);

/// RUNS of "id, detail, create_us"; JOBS of kJobExportColumns.
void WriteRun(const Query& row, RowWriter* writer);
void WriteJob(const Query& row, RowWriter* writer);
inline constexpr char kRunExportColumns[] = "id, detail, create_us";
inline constexpr char kJobExportColumns[] =
    "id, request_id, state, spec, dataset_sha256, sample_count, create_us, "
    "compile_start_us, compile_end_us, lease_us, end_us, board_name, agent_id, "
    "fence, compile_cached, run_id, artifact_sha256, failure";

/// A select of the rows of one run (of one job: PREDICTIONS) from an index on:
/// the index first, values: run or job, index, dataset_sha256 (PREDICTIONS).
const char* SelectOf(Table table);
void WriteRowOf(Table table, const RunHead& head, const Query& row,
                RowWriter* writer);

}  // namespace tinyrig::server
