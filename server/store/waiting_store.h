// What the dispatcher asks of the store many times a second, answered from
// memory. Thread-safe.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "server/queue/waiting.h"
#include "server/store/store.h"

namespace tinyrig::server {

struct WaitingStore {
  virtual ~WaitingStore() = default;
  /// The jobs that wait and who has boards, in step with what is stored.
  virtual WaitingJobs& waiting() = 0;
  /// Kind of a board by its name in the lab; empty: there is none.
  virtual std::string KindOf(const std::string& board_name) = 0;
  /// JobStore::AddLease for each, with one wait for the disk.
  virtual std::vector<absl::StatusOr<int64_t>> AddLeases(
      std::span<const NewLease> leases) = 0;
};

}  // namespace tinyrig::server
