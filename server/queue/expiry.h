// When a lease is over although nobody said so. Pure; the job's own deadline
// and the agent's silence are two different ends.
#pragma once

#include <cstdint>
#include <vector>

namespace tinyrig::server {

struct LeaseWatch {
  int64_t job_id = 0;
  int64_t fence = 0;
  int64_t agent_seen_us = 0;       ///< when its agent last said anything
  int64_t deadline_us = 0;         ///< when the job's time is used up
  int64_t cancel_deadline_us = 0;  ///< 0: nobody asked to cancel it
};

enum class Expiry { kAgentLost, kTimeout, kCancelled };

struct ExpiredLease {
  int64_t job_id = 0;
  int64_t fence = 0;
  Expiry why = Expiry::kAgentLost;
  bool operator==(const ExpiredLease&) const = default;
};

/// The leases that are over at `now_us`, in the order given. A cancel that ran
/// out comes before a timeout, a timeout before a lost agent.
std::vector<ExpiredLease> ExpiredLeases(const std::vector<LeaseWatch>& leases,
                                        int64_t lease_timeout_us,
                                        int64_t now_us);

/// When the next one is over; INT64_MAX without leases.
int64_t NextExpiry(const std::vector<LeaseWatch>& leases,
                   int64_t lease_timeout_us);

}  // namespace tinyrig::server
