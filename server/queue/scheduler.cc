#include "server/queue/scheduler.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace tinyrig::server {
namespace {

using UsageBySubmitter = std::map<std::string, SubmitterUsage>;

UsageBySubmitter Index(const std::vector<SubmitterUsage>& usage) {
  UsageBySubmitter by_submitter;
  for (const SubmitterUsage& entry : usage) {
    by_submitter[entry.submitter] = entry;
  }
  return by_submitter;
}

// Smaller goes first. The id makes it total: no two jobs are equal.
using RankOf = std::tuple<int, int, int, int64_t, int64_t>;
RankOf Rank(const QueuedJob& job, UsageBySubmitter& usage) {
  const SubmitterUsage& used = usage[job.submitter];
  return RankOf(-job.priority, used.running, used.recent_count, job.create_us,
                job.id);
}

void CountService(const std::string& submitter, UsageBySubmitter& usage) {
  ++usage[submitter].running;
  ++usage[submitter].recent_count;
}

bool Fits(const QueuedJob& job, const FreeBoard& board) {
  return job.board_id == board.board_id &&
         (job.board_name.empty() || job.board_name == board.name);
}

// The index of the best board, or -1.
int BestBoard(const QueuedJob& job, const std::vector<FreeBoard>& boards) {
  int best = -1;
  const auto rank = [&job](const FreeBoard& board) {
    return std::tuple(board.name == job.avoid_board,
                      board.last_artifact != job.artifact_sha256,
                      std::string_view(board.name));
  };
  for (int i = 0; i < static_cast<int>(boards.size()); ++i) {
    const FreeBoard& board = boards[static_cast<size_t>(i)];
    if (Fits(job, board) &&
        (best < 0 || rank(board) < rank(boards[static_cast<size_t>(best)]))) {
      best = i;
    }
  }
  return best;
}

}  // namespace

std::vector<Assignment> Schedule(std::vector<QueuedJob> jobs,
                                 std::vector<FreeBoard> boards,
                                 const std::vector<SubmitterUsage>& usage) {
  UsageBySubmitter used = Index(usage);
  std::erase_if(
      jobs, [](const QueuedJob& job) { return job.artifact_sha256.empty(); });
  std::vector<Assignment> assignments;
  while (!boards.empty()) {
    const QueuedJob* next = nullptr;
    int board_index = -1;
    for (const QueuedJob& job : jobs) {
      if (next != nullptr && Rank(*next, used) < Rank(job, used)) {
        continue;
      }
      if (const int found = BestBoard(job, boards); found >= 0) {
        next = &job;
        board_index = found;
      }
    }
    if (next == nullptr) {
      break;
    }
    const FreeBoard board = boards[static_cast<size_t>(board_index)];
    assignments.push_back({next->id, board.name, board.agent_id});
    CountService(next->submitter, used);
    boards.erase(boards.begin() + board_index);
    jobs.erase(jobs.begin() + (next - jobs.data()));
  }
  return assignments;
}

std::vector<int64_t> WaitingOrder(std::vector<QueuedJob> jobs,
                                  const std::vector<SubmitterUsage>& usage) {
  UsageBySubmitter used = Index(usage);
  std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) {
    return std::tuple(-a.priority, a.create_us, a.id) <
           std::tuple(-b.priority, b.create_us, b.id);
  });
  std::vector<int64_t> order;
  order.reserve(jobs.size());
  for (size_t first = 0; first < jobs.size();) {
    size_t last = first;
    // Within a priority each submitter's jobs go by age, so only the heads of
    // these lanes compete: n log n, not n squared.
    std::map<std::string_view, std::deque<const QueuedJob*>> lanes;
    for (; last < jobs.size() && jobs[last].priority == jobs[first].priority;
         ++last) {
      lanes[jobs[last].submitter].push_back(&jobs[last]);
    }
    std::set<std::pair<RankOf, std::deque<const QueuedJob*>*>> heads;
    for (auto& [submitter, lane] : lanes) {
      heads.emplace(Rank(*lane.front(), used), &lane);
    }
    while (!heads.empty()) {
      std::deque<const QueuedJob*>& lane = *heads.begin()->second;
      heads.erase(heads.begin());
      order.push_back(lane.front()->id);
      CountService(lane.front()->submitter, used);
      lane.pop_front();
      if (!lane.empty()) {
        heads.emplace(Rank(*lane.front(), used), &lane);
      }
    }
    first = last;
  }
  return order;
}

}  // namespace tinyrig::server
