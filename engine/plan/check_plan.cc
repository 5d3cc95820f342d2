#include "absl/strings/str_cat.h"

#include "engine/plan/place.h"
#include "engine/plan/planner.h"

namespace tinyrig::engine::plan {
namespace {

std::string Describe(const BufferRequest& request, int64_t offset) {
  return absl::StrCat(request.name, " [", offset, ", ", offset + request.bytes,
                      ") live ", request.first_op, "..", request.last_op);
}

absl::Status CheckOne(const BufferRequest& request, int64_t offset,
                      int64_t arena_bytes) {
  if (request.bytes < 1 || request.last_op < request.first_op) {
    return absl::InternalError(
        absl::StrCat("empty buffer request ", Describe(request, offset)));
  }
  if (offset < 0 || offset % kAlignmentBytes != 0 ||
      offset > arena_bytes - request.bytes) {
    return absl::InternalError(absl::StrCat(
        "plan puts ", Describe(request, offset), " outside the arena of ",
        arena_bytes, " bytes, or not at a multiple of ", kAlignmentBytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPlan(const std::vector<BufferRequest>& requests,
                       const Plan& plan) {
  if (plan.offsets.size() != requests.size()) {
    return absl::InternalError(absl::StrCat("plan has ", plan.offsets.size(),
                                            " offsets for ", requests.size(),
                                            " buffers"));
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    RETURN_IF_ERROR(CheckOne(requests[i], plan.offsets[i], plan.arena_bytes));
    for (size_t j = 0; j < i; ++j) {
      const bool apart =
          plan.offsets[i] + requests[i].bytes <= plan.offsets[j] ||
          plan.offsets[j] + requests[j].bytes <= plan.offsets[i];
      if (!apart && Overlaps(requests[i], requests[j])) {
        return absl::InternalError(
            absl::StrCat("plan of ", plan.planner, " lays ",
                         Describe(requests[i], plan.offsets[i]), " over ",
                         Describe(requests[j], plan.offsets[j])));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::engine::plan
