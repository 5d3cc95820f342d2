// Greedy planners: an order of the buffers, and the lowest gap for each.
#include <algorithm>
#include <map>
#include <numeric>

#include "engine/plan/place.h"
#include "engine/plan/planner.h"

namespace tinyrig::engine::plan {
namespace {

using Requests = std::vector<BufferRequest>;

std::vector<size_t> Indices(const Requests& requests) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

// Live bytes at each op that some request names.
std::map<int, int64_t> LiveBytes(const Requests& requests) {
  std::map<int, int64_t> live;
  for (const BufferRequest& request : requests) {
    live[request.first_op] = 0;  // the peak is reached where one is born
  }
  for (auto& [op, bytes] : live) {
    for (const BufferRequest& request : requests) {
      if (request.first_op <= op && op <= request.last_op) {
        bytes += AlignUp(request.bytes);
      }
    }
  }
  return live;
}

}  // namespace

int64_t LowestGap(const Requests& requests, size_t index,
                  const std::vector<size_t>& placed,
                  const std::vector<int64_t>& offsets) {
  std::vector<std::pair<int64_t, int64_t>> taken;  // begin, end
  for (const size_t other : placed) {
    if (Overlaps(requests[index], requests[other])) {
      taken.emplace_back(offsets[other],
                         offsets[other] + AlignUp(requests[other].bytes));
    }
  }
  std::sort(taken.begin(), taken.end());
  int64_t at = 0;
  for (const auto& [begin, end] : taken) {
    if (begin - at >= AlignUp(requests[index].bytes)) {
      break;
    }
    at = std::max(at, end);
  }
  return at;
}

Plan PlaceInOrder(const Requests& requests, const std::vector<size_t>& order,
                  std::string planner) {
  Plan plan{std::move(planner), std::vector<int64_t>(requests.size(), 0), 0};
  std::vector<size_t> placed;
  for (const size_t index : order) {
    const int64_t at = LowestGap(requests, index, placed, plan.offsets);
    plan.offsets[index] = at;
    plan.arena_bytes =
        std::max(plan.arena_bytes, at + AlignUp(requests[index].bytes));
    placed.push_back(index);
  }
  return plan;
}

int64_t LowerBoundBytes(const Requests& requests) {
  int64_t most = 0;
  for (const auto& [op, bytes] : LiveBytes(requests)) {
    most = std::max(most, bytes);
  }
  return most;
}

Plan PlanFirstFit(const Requests& requests) {
  std::vector<size_t> order = Indices(requests);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return requests[a].first_op < requests[b].first_op;
  });
  return PlaceInOrder(requests, order, "first_fit");
}

Plan PlanGreedyBySize(const Requests& requests) {
  std::vector<size_t> order = Indices(requests);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return requests[a].bytes > requests[b].bytes;
  });
  return PlaceInOrder(requests, order, "greedy_by_size");
}

Plan PlanGreedyByBreadth(const Requests& requests) {
  const std::map<int, int64_t> live = LiveBytes(requests);
  // A buffer's rank: the fullest op that needs it.
  std::vector<int64_t> rank(requests.size(), 0);
  for (size_t i = 0; i < requests.size(); ++i) {
    for (auto at = live.lower_bound(requests[i].first_op);
         at != live.end() && at->first <= requests[i].last_op; ++at) {
      rank[i] = std::max(rank[i], at->second);
    }
  }
  std::vector<size_t> order = Indices(requests);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return rank[a] != rank[b] ? rank[a] > rank[b]
                              : requests[a].bytes > requests[b].bytes;
  });
  return PlaceInOrder(requests, order, "greedy_by_breadth");
}

Plan PlanBest(const Requests& requests) {
  Plan best = PlanGreedyBySize(requests);
  for (const Plan& other :
       {PlanGreedyByBreadth(requests), PlanFirstFit(requests)}) {
    if (other.arena_bytes < best.arena_bytes) {
      best = other;
    }
  }
  if (best.arena_bytes > LowerBoundBytes(requests)) {
    constexpr int64_t kBudgetNodes = 20'000;
    const auto exact = PlanExact(requests, kBudgetNodes);
    if (exact.ok() && exact->arena_bytes < best.arena_bytes) {
      best = *exact;
    }
  }
  return best;
}

}  // namespace tinyrig::engine::plan
