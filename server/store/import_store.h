// Results that other servers made. store.h says what holds for all parts.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "server/store/records.h"

namespace tinyrig::v1 {
class RunRecord;
}

namespace tinyrig::server {

struct ImportStore {
  virtual ~ImportStore() = default;

  /// 32 hex digits, made with the database.
  virtual absl::StatusOr<std::string> ServerId() = 0;

  struct Imported {
    int64_t run_id = 0;
    bool already_there = false;
  };
  /// A run of another server that was checked, its predictions, its log and
  /// its job (SUCCEEDED, without leases), at once, with their own times.
  /// `record.job.request_id` stands for the source: when it is there already
  /// nothing is written. INVALID_ARGUMENT: what is there is another result
  /// (model, board kind, time or cycles differ). FAILED_PRECONDITION: its model
  /// is no blob that was added.
  virtual absl::StatusOr<Imported> AddImported(const JobRecord& record,
                                               const v1::RunRecord& source) = 0;
};

}  // namespace tinyrig::server
