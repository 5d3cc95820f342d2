#include "engine/read/window.h"

#include <algorithm>

#include "engine/read/reader.h"

namespace tinyrig::engine::read {
namespace {

struct Axis {
  int64_t in, out, filter, stride, dilation;
};

absl::Status ResolveAxis(const OpReader& op, bool same, const Axis& axis,
                         const char* name, int32_t* before, int32_t* after) {
  for (const int64_t value : {axis.filter, axis.stride, axis.dilation}) {
    if (value < 1 || value > kMaxWindow) {
      return op.Invalid(absl::StrCat("filter, stride or dilation in ", name,
                                     " is ", value, ", must be 1..",
                                     kMaxWindow));
    }
  }
  const int64_t extent = (axis.filter - 1) * axis.dilation + 1;
  const int64_t want = same ? (axis.in + axis.stride - 1) / axis.stride
                            : (axis.in - extent + axis.stride) / axis.stride;
  if (want < 1 || (!same && axis.in < extent)) {
    return op.Invalid(absl::StrCat("the filter is larger than the input's ",
                                   name, " ", axis.in));
  }
  if (want != axis.out) {
    return op.Invalid(absl::StrCat("output ", name, " is ", axis.out,
                                   ", the window gives ", want));
  }
  const int64_t total =
      std::max<int64_t>(0, (want - 1) * axis.stride + extent - axis.in);
  *before = static_cast<int32_t>(total / 2);
  *after = static_cast<int32_t>(total - total / 2);
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolvePadding(const OpReader& op, fb::Padding padding, int input,
                            int output, ir::Window* w) {
  if (padding != fb::Padding::SAME && padding != fb::Padding::VALID) {
    return op.Unsupported(absl::StrCat("padding ", static_cast<int>(padding)));
  }
  const bool same = padding == fb::Padding::SAME;
  const ir::Tensor& in = op.tensor(input);
  const ir::Tensor& out = op.tensor(output);
  RETURN_IF_ERROR(ResolveAxis(
      op, same,
      {in.dim(1), out.dim(1), w->filter_h, w->stride_h, w->dilation_h},
      "height", &w->pad_top, &w->pad_bottom));
  return ResolveAxis(
      op, same,
      {in.dim(2), out.dim(2), w->filter_w, w->stride_w, w->dilation_w}, "width",
      &w->pad_left, &w->pad_right);
}

}  // namespace tinyrig::engine::read
