#include "server/queue/expiry.h"

#include <algorithm>
#include <limits>

namespace tinyrig::server {

std::vector<ExpiredLease> ExpiredLeases(const std::vector<LeaseWatch>& leases,
                                        int64_t lease_timeout_us,
                                        int64_t now_us) {
  std::vector<ExpiredLease> expired;
  for (const LeaseWatch& lease : leases) {
    if (lease.cancel_deadline_us != 0 && now_us >= lease.cancel_deadline_us) {
      expired.push_back({lease.job_id, lease.fence, Expiry::kCancelled});
    } else if (now_us >= lease.deadline_us) {
      expired.push_back({lease.job_id, lease.fence, Expiry::kTimeout});
    } else if (now_us - lease.agent_seen_us >= lease_timeout_us) {
      expired.push_back({lease.job_id, lease.fence, Expiry::kAgentLost});
    }
  }
  return expired;
}

int64_t NextExpiry(const std::vector<LeaseWatch>& leases,
                   int64_t lease_timeout_us) {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const LeaseWatch& lease : leases) {
    next = std::min(
        {next, lease.deadline_us, lease.agent_seen_us + lease_timeout_us});
    if (lease.cancel_deadline_us != 0) {
      next = std::min(next, lease.cancel_deadline_us);
    }
  }
  return next;
}

}  // namespace tinyrig::server
