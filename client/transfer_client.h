// TransferService and QueryService.Sql as plain calls.
//
// Errors: the server's code and words; UNAVAILABLE when nobody answers, with
//   how to start or name a server; CANCELLED after Cancel().
// Threads: one call at a time; Cancel() from any thread. `see` functions run on
//   the caller's thread, and the server waits while they do.
// Deadlines: exports none, Sql 120 s, ImportRecord 300 s, HasBlob 60 s.
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
  /// `address` is HOST:PORT; dials when the first call is made.
  explicit TransferClient(std::string address);
  ~TransferClient();
  TransferClient(const TransferClient&) = delete;
  TransferClient& operator=(const TransferClient&) = delete;

  /// One read-only SELECT. INVALID_ARGUMENT: not one, or wrong SQL.
  absl::StatusOr<v1::SqlResponse> Sql(const v1::SqlRequest& request);
  /// `see` takes whole lines; false ends the export, which is then OK.
  absl::Status ExportTable(const v1::ExportTableRequest& request,
                           const std::function<bool(const std::string&)>& see);
  /// The same, record by record: the runs that match, each with its job,
  /// layers, samples and predictions. An empty filter means all.
  absl::Status ExportRecords(
      const std::string& filter,
      const std::function<bool(const v1::RunRecord&)>& see);
  /// A record that the server has already stays as it is, so a call may be
  /// repeated. INVALID_ARGUMENT: the record contradicts itself; NOT_FOUND:
  /// upload its model first; ALREADY_EXISTS: it is this server's own.
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
