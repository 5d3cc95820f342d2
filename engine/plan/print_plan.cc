#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "engine/plan/planner.h"

namespace tinyrig::engine::plan {
namespace {

constexpr int kMaxColumns = 64;

// '#' in the columns of the ops that need the buffer.
std::string Lifeline(const BufferRequest& request, int first, int ops) {
  const int columns = std::min(ops, kMaxColumns);
  std::string line(static_cast<size_t>(columns), '.');
  for (int op = request.first_op; op <= request.last_op; ++op) {
    line[static_cast<size_t>((op - first) * columns / ops)] = '#';
  }
  return line;
}

}  // namespace

std::string PrintPlan(const std::vector<BufferRequest>& requests,
                      const Plan& plan) {
  std::string text =
      absl::StrCat("arena ", plan.arena_bytes, " bytes by ", plan.planner,
                   ", lower bound ", LowerBoundBytes(requests), "\n");
  if (requests.empty()) {
    return text;
  }
  int first = requests[0].first_op;
  int last = first;
  for (const BufferRequest& request : requests) {
    first = std::min(first, request.first_op);
    last = std::max(last, request.last_op);
  }
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return requests[a].first_op < requests[b].first_op;
  });
  absl::StrAppendFormat(
      &text, "%8s %8s  %4s %4s  %-*s  %s\n", "offset", "bytes", "from", "to",
      std::min(last - first + 1, kMaxColumns), "ops", "buffer");
  for (const size_t i : order) {
    const BufferRequest& request = requests[i];
    absl::StrAppendFormat(&text, "%8d %8d  %4d %4d  %s  %s\n", plan.offsets[i],
                          request.bytes, request.first_op, request.last_op,
                          Lifeline(request, first, last - first + 1),
                          request.name);
  }
  return text;
}

}  // namespace tinyrig::engine::plan
