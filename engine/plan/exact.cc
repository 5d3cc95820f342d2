// Branch and bound. Take a best plan and let every buffer sink until it rests
// at offset 0 or on one that is live with it. Inserting its buffers from low to
// high puts each on top of those it meets, never below the one before. So it is
// enough to try insertion orders with non-decreasing offsets.
#include <algorithm>

#include "absl/strings/str_cat.h"

#include "engine/plan/place.h"
#include "engine/plan/planner.h"

namespace tinyrig::engine::plan {
namespace {

class Search {
 public:
  Search(const std::vector<BufferRequest>& requests, int64_t max_nodes)
      : requests_(requests),
        nodes_left_(max_nodes),
        lower_bound_bytes_(LowerBoundBytes(requests)),
        best_(PlanGreedyBySize(requests)),
        offsets_(requests.size(), 0),
        used_(requests.size(), false) {
    best_.planner = "exact";
  }

  bool Run() {
    Descend(0, 0);
    return nodes_left_ >= 0;
  }
  [[nodiscard]] const Plan& best() const { return best_; }

 private:
  void Descend(int64_t floor_bytes, int64_t height_bytes) {
    if (best_.arena_bytes == lower_bound_bytes_ || --nodes_left_ < 0) {
      return;
    }
    if (placed_.size() == requests_.size()) {
      best_.arena_bytes = height_bytes;
      best_.offsets = offsets_;
      return;
    }
    for (const auto& [at, index] : Candidates(floor_bytes)) {
      const int64_t top =
          std::max(height_bytes, at + AlignUp(requests_[index].bytes));
      if (top >= best_.arena_bytes) {
        continue;
      }
      used_[index] = true;
      offsets_[index] = at;
      placed_.push_back(index);
      Descend(at, top);
      placed_.pop_back();
      used_[index] = false;
    }
  }

  // Buffers that are left and can lie at or above `floor_bytes`, lowest first.
  std::vector<std::pair<int64_t, size_t>> Candidates(int64_t floor_bytes) {
    std::vector<std::pair<int64_t, size_t>> found;
    for (size_t i = 0; i < requests_.size(); ++i) {
      if (used_[i]) {
        continue;
      }
      int64_t at = floor_bytes;
      // All that is placed begins at or below the floor: the gap is on top.
      for (const size_t other : placed_) {
        if (Overlaps(requests_[i], requests_[other])) {
          at = std::max(at, offsets_[other] + AlignUp(requests_[other].bytes));
        }
      }
      found.emplace_back(at, i);
    }
    std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
      return a.first != b.first
                 ? a.first < b.first
                 : requests_[a.second].bytes > requests_[b.second].bytes;
    });
    return found;
  }

  const std::vector<BufferRequest>& requests_;
  int64_t nodes_left_;
  int64_t lower_bound_bytes_;
  Plan best_;
  std::vector<int64_t> offsets_;
  std::vector<bool> used_;
  std::vector<size_t> placed_;
};

}  // namespace

absl::StatusOr<Plan> PlanExact(const std::vector<BufferRequest>& requests,
                               int64_t max_nodes) {
  Search search(requests, max_nodes);
  if (!search.Run()) {
    return absl::ResourceExhaustedError(absl::StrCat("exact plan of ",
                                                     requests.size(),
                                                     " buffers needs more "
                                                     "than ",
                                                     max_nodes, " nodes"));
  }
  return search.best();
}

}  // namespace tinyrig::engine::plan
