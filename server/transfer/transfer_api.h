// The requests of TransferService as plain functions over their messages:
// tables as text, whole results out and in. Errors are those of
// transfer_service.proto; further parts: export_table.h, export_records.cc,
// import_record.cc. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "server/lab/lab.h"
#include "server/request/caller.h"
#include "server/store/export_reader.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

/// A larger run cannot be handed over: a message of gRPC ends there.
inline constexpr size_t kMaxRecordBytes = 60 << 20;

class TransferApi {
 public:
  /// `open_export` reads the lab's store. `lab` must outlive this.
  TransferApi(Lab& lab, OpenExport open_export, ScopeCheck check)
      : lab_(lab),
        open_export_(std::move(open_export)),
        check_(std::move(check)) {}

  /// Sinks return false when the caller has gone. Chunks are whole lines.
  absl::Status ExportTable(
      const Caller& caller, const v1::ExportTableRequest& request,
      const std::function<bool(const std::string& chunk)>& sink);
  absl::Status ExportRecords(
      const Caller& caller, const v1::ExportRecordsRequest& request,
      const std::function<bool(const v1::RunRecord&)>& sink);
  absl::StatusOr<v1::ImportRecordResponse> ImportRecord(
      const Caller& caller, const v1::RunRecord& record);

 private:
  Lab& lab_;
  OpenExport open_export_;
  ScopeCheck check_;
};

}  // namespace tinyrig::server
