// What the dispatcher asks of the store many times a second, answered from
// memory. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/queue/waiting.h"
#include "server/store/records.h"

namespace tinyrig::server {

struct WaitingStore {
  virtual ~WaitingStore() = default;
  /// The jobs that wait and who has boards, in step with what is stored. Owned
  /// by the store; only the store changes it.
  virtual WaitingJobs& waiting() = 0;
  /// Kind of a board by its name in the lab; empty: there is none.
  virtual std::string KindOf(const std::string& board_name) = 0;
  /// LeaseStore::AddLease for each, in order, with one wait for the disk; the
  /// fences. One that fails leaves the others as they are; all fail when the
  /// disk does.
  virtual std::vector<absl::StatusOr<int64_t>> AddLeases(
      std::span<const NewLease> leases) = 0;
};

}  // namespace tinyrig::server
