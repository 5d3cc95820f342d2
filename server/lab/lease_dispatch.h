// Leases from their beginning to an end that nobody tells of: who gets the
// next job, whose time is over, who is silent. No thread and no clock of its
// own: whoever calls decides when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/lab/job_lifecycle.h"
#include "server/lab/lab.h"
#include "server/queue/expiry.h"
#include "server/store/waiting_store.h"

namespace tinyrig::server {

/// Thread-safe: holds nothing of its own, and `live` is the state of the lab,
/// so callers hold its lock. What the store refuses is logged; the next turn
/// tries again.
class LeaseDispatch {
 public:
  /// `store` is the one of `lab`.
  LeaseDispatch(Lab& lab, WaitingStore& store)
      : lab_(lab), store_(store), jobs_(lab) {}

  /// Leases that a former process gave live on: their agents have one lease
  /// timeout to come back. How many there were.
  absl::StatusOr<size_t> TakeUp(LabState& live);

  /// Ends leases whose cancel, time or agent ran out, and tells the agents.
  void Expire(LabState& live);

  /// Gives up agents that said nothing for a lease timeout.
  void CloseSilentStreams(LabState& live);

  /// Gives jobs that have their artifact to boards that are free.
  void GiveOut(LabState& live);

  /// When Expire has something to do next, monotonic; INT64_MAX without leases.
  [[nodiscard]] int64_t NextExpiryUs(const LabState& live) const;

 private:
  [[nodiscard]] int64_t LeaseTimeoutUs() const;
  [[nodiscard]] bool IsFree(const LiveBoard& board) const;
  std::vector<FreeBoard> FreeBoards(const LabState& live);
  void Send(LabState& live, const JobRecord& record, int64_t fence,
            const std::string& board_name);

  Lab& lab_;
  WaitingStore& store_;
  JobLifecycle jobs_;
};

}  // namespace tinyrig::server
