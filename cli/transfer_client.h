// TransferService and QueryService.Sql as plain calls. Errors carry the
// server's code; when it cannot be reached the message says how to start or
// name one. For one thread; Cancel() for any.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "tinyrig/v1/query_service.pb.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::client {

class TransferClient {
 public:
  explicit TransferClient(std::string address);
  ~TransferClient();
  TransferClient(const TransferClient&) = delete;
  TransferClient& operator=(const TransferClient&) = delete;

  absl::StatusOr<v1::SqlResponse> Sql(const v1::SqlRequest& request);
  /// `see` takes whole lines; false ends the export, which is then OK.
  absl::Status ExportTable(const v1::ExportTableRequest& request,
                           const std::function<bool(const std::string&)>& see);
  /// The same, record by record. `see` may take its time.
  absl::Status ExportRecords(
      const std::string& filter,
      const std::function<bool(const v1::RunRecord&)>& see);
  absl::StatusOr<v1::ImportRecordResponse> ImportRecord(
      const v1::RunRecord& record);
  /// Whether the server has these bytes.
  absl::StatusOr<bool> HasBlob(const std::string& sha256);

  /// Ends the call in progress, and later ones, with CANCELLED. Any thread.
  void Cancel();

 private:
  struct Channel;
  std::string address_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace tinyrig::client
