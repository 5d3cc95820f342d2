// What a line of each table holds, in the order of its columns.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/store/export_reader.h"
#include "server/transfer/row_writer.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

using TableKind = v1::ExportTableRequest::Table;

/// docs/EXPORT.md promises these.
std::span<const std::string_view> ColumnsOf(TableKind table);

void WriteRun(const ExportedRun& run, RowWriter* writer);
void WriteJob(const JobRecord& record, RowWriter* writer);
/// Rows of a run's parts; `cycles` are of one layer or sample.
void WriteLayer(const RunHead& head, int64_t index, const v1::LayerInfo& info,
                int64_t cycles, RowWriter* writer);
void WriteSample(const RunHead& head, int64_t index, int64_t cycles,
                 RowWriter* writer);
void WritePrediction(const RunHead& head, const v1::Prediction& row,
                     RowWriter* writer);

}  // namespace tinyrig::server
