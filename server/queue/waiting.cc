#include "server/queue/waiting.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace tinyrig::server {
namespace {

// Free boards of one kind, by what makes one better than another.
class BoardPool {
 public:
  void Add(const FreeBoard& board) {
    by_name_.emplace(board.name, &board);
    by_artifact_[board.last_artifact].insert(board.name);
  }

  [[nodiscard]] bool Fits(const std::string& board_name) const {
    return board_name.empty() ? !by_name_.empty()
                              : by_name_.contains(board_name);
  }

  /// Not where it failed; then one that carries the image; then by name.
  const FreeBoard* Take(const QueuedJob& job) {
    std::string name = job.board_name;
    if (name.empty()) {
      name = Best(job);
    }
    const FreeBoard* board = by_name_.at(name);
    by_name_.erase(name);
    const auto same = by_artifact_.find(board->last_artifact);
    same->second.erase(name);
    if (same->second.empty()) {
      by_artifact_.erase(same);
    }
    return board;
  }

 private:
  [[nodiscard]] std::string Best(const QueuedJob& job) const {
    if (const auto same = by_artifact_.find(job.artifact_sha256);
        same != by_artifact_.end()) {
      for (const std::string& name : same->second) {
        if (name != job.avoid_board) {
          return name;
        }
      }
    }
    for (const auto& [name, board] : by_name_) {
      if (name != job.avoid_board) {
        return name;
      }
    }
    return by_name_.begin()->first;
  }

  std::map<std::string, const FreeBoard*> by_name_;
  std::map<std::string, std::set<std::string>> by_artifact_;
};

}  // namespace

WaitingJobs::LaneKey WaitingJobs::KeyOf(const QueuedJob& job) {
  return {-job.priority, job.board_id, job.board_name, job.submitter};
}

void WaitingJobs::Put(const QueuedJob& job) {
  const std::lock_guard lock(mutex_);
  Take(job.id);
  jobs_[job.id] = job;
  if (job.artifact_sha256.empty()) {
    not_compiled_.insert(job.id);
    ++not_compiled_version_;
  } else {
    lanes_[KeyOf(job)].emplace(job.create_us, job.id);
  }
}

void WaitingJobs::Remove(int64_t job_id) {
  const std::lock_guard lock(mutex_);
  Take(job_id);
}

void WaitingJobs::Take(int64_t job_id) {
  const auto it = jobs_.find(job_id);
  if (it == jobs_.end()) {
    return;
  }
  not_compiled_.erase(job_id);
  if (const auto lane = lanes_.find(KeyOf(it->second)); lane != lanes_.end()) {
    lane->second.erase({it->second.create_us, job_id});
    if (lane->second.empty()) {
      lanes_.erase(lane);
    }
  }
  jobs_.erase(it);
}

void WaitingJobs::BeginLease(int64_t job_id, int64_t start_us) {
  const std::lock_guard lock(mutex_);
  if (const auto it = jobs_.find(job_id); it != jobs_.end()) {
    Begin(job_id, it->second.submitter, start_us);
  }
}

void WaitingJobs::AddLease(int64_t job_id, const std::string& submitter,
                           int64_t start_us) {
  const std::lock_guard lock(mutex_);
  Begin(job_id, submitter, start_us);
}

void WaitingJobs::Begin(int64_t job_id, const std::string& submitter,
                        int64_t start_us) {
  leases_[job_id] = submitter;
  recent_.emplace(start_us, submitter);
  Used& used = usage_[submitter];
  ++used.running;
  ++used.recent_count;
}

void WaitingJobs::EndLease(int64_t job_id) {
  const std::lock_guard lock(mutex_);
  if (const auto it = leases_.find(job_id); it != leases_.end()) {
    const auto used = usage_.find(it->second);
    --used->second.running;
    if (used->second.recent_count == 0 && used->second.running == 0) {
      usage_.erase(used);
    }
    leases_.erase(it);
  }
}

size_t WaitingJobs::size() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::vector<QueuedJob> WaitingJobs::All() const {
  std::vector<QueuedJob> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.reserve(jobs_.size());
    for (const auto& [id, job] : jobs_) {
      jobs.push_back(job);
    }
  }
  std::sort(jobs.begin(), jobs.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return jobs;
}

// Leases that are old and live still count as running.
void WaitingJobs::Trim(int64_t since_us) {
  while (!recent_.empty() && recent_.begin()->first < since_us) {
    const auto used = usage_.find(recent_.begin()->second);
    --used->second.recent_count;
    if (used->second.recent_count == 0 && used->second.running == 0) {
      usage_.erase(used);
    }
    recent_.erase(recent_.begin());
  }
}

std::vector<SubmitterUsage> WaitingJobs::Usage(int64_t since_us) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string_view, Used> counted;
  for (const auto& [job_id, submitter] : leases_) {
    ++counted[submitter].running;
  }
  for (auto it = recent_.lower_bound(since_us); it != recent_.end(); ++it) {
    ++counted[it->second].recent_count;
  }
  std::vector<SubmitterUsage> usage;
  for (const auto& [submitter, used] : counted) {
    usage.push_back({std::string(submitter), used.running, used.recent_count});
  }
  return usage;
}

bool WaitingJobs::HasCompiled() const {
  const std::lock_guard lock(mutex_);
  return !lanes_.empty();
}

int64_t WaitingJobs::not_compiled_version() const {
  const std::lock_guard lock(mutex_);
  return not_compiled_version_;
}

std::vector<Assignment> WaitingJobs::Assign(std::vector<FreeBoard> boards,
                                            int64_t now_us) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, BoardPool> pools;
  for (const FreeBoard& board : boards) {
    pools[board.board_id].Add(board);
  }
  Trim(now_us - kUsageWindowUs);
  std::map<std::string_view, Used> used;
  for (const auto& [submitter, of_it] : usage_) {
    used[submitter] = of_it;
  }
  struct Lane {
    const LaneKey* key;
    BoardPool* pool;
    Used* used;
    std::set<AgeAndId>::const_iterator next, end;
  };
  std::vector<Lane> lanes;
  for (const auto& [key, jobs] : lanes_) {
    if (const auto pool = pools.find(key.board_id); pool != pools.end()) {
      lanes.push_back({&key, &pool->second, &used[key.submitter], jobs.begin(),
                       jobs.end()});
    }
  }
  std::vector<Assignment> assignments;
  const auto rank = [](const Lane& lane) {
    return std::tuple(lane.key->negative_priority, lane.used->running,
                      lane.used->recent_count, *lane.next);
  };
  while (true) {
    std::erase_if(lanes, [](const Lane& lane) {
      return lane.next == lane.end || !lane.pool->Fits(lane.key->board_name);
    });
    if (lanes.empty()) {
      return assignments;
    }
    Lane& best = *std::min_element(
        lanes.begin(), lanes.end(),
        [&](const Lane& a, const Lane& b) { return rank(a) < rank(b); });
    const int64_t job_id = best.next->second;
    const FreeBoard* board = best.pool->Take(jobs_.at(job_id));
    assignments.push_back({job_id, board->name, board->agent_id});
    ++best.used->running;
    ++best.used->recent_count;
    ++best.next;
  }
}

std::vector<int64_t> WaitingJobs::NotCompiled(int64_t now_us) {
  std::vector<QueuedJob> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (const int64_t id : not_compiled_) {
      jobs.push_back(jobs_.at(id));
    }
    if (jobs.empty()) {
      return {};
    }
  }
  return WaitingOrder(std::move(jobs), Usage(now_us - kUsageWindowUs));
}

}  // namespace tinyrig::server
