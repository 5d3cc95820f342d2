// MEAN over height and width.
#include <algorithm>
#include <bit>
#include <set>

#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"

namespace tinyrig::engine::read {
namespace {

/// scale * 1/n in one multiplier, with the same truncation as TFLite Micro: n
/// is split off by an integer division of the 31-bit multiplier.
ir::Multiplier FoldCount(ir::Multiplier m, int64_t n) {
  int shift = 63 - std::countl_zero(static_cast<uint64_t>(n));
  shift = std::min({shift, 32, 31 + m.shift});
  m.multiplier =
      static_cast<int32_t>((int64_t{m.multiplier} * (int64_t{1} << shift)) / n);
  m.shift -= shift;
  return m;
}

}  // namespace

absl::StatusOr<ir::OpBody> ReadMean(OpReader& op) {
  ir::Mean mean;
  ASSIGN_OR_RETURN(const auto* options, op.options<fb::ReducerOptions>());
  ASSIGN_OR_RETURN(mean.input, op.Int8Activation(0));
  ASSIGN_OR_RETURN(const std::vector<int32_t> axes, op.Int32Values(1, 4));
  ASSIGN_OR_RETURN(mean.output, op.Int8Output());
  RETURN_IF_ERROR(op.CheckImage(mean.input));
  std::set<int32_t> reduced;
  for (const int32_t axis : axes) {
    reduced.insert(axis >= -4 && axis < 0 ? axis + 4 : axis);
  }
  if (reduced != std::set<int32_t>{1, 2}) {
    return op.Unsupported("only a mean over height and width is supported");
  }
  mean.keep_dims = options->keep_dims();
  const ir::Tensor& in = op.tensor(mean.input);
  const ir::Tensor& out = op.tensor(mean.output);
  const ir::Shape want = mean.keep_dims ? ir::Shape{1, 1, 1, in.dim(-1)}
                                        : ir::Shape{1, in.dim(-1)};
  if (out.shape != want) {
    return op.Invalid(absl::StrCat("output shape ", ShapeText(out),
                                   " does not fit input ", ShapeText(in)));
  }
  const auto m = QuantizeMultiplier(static_cast<double>(in.quant.scale()) /
                                    static_cast<double>(out.quant.scale()));
  RETURN_IF_ERROR(op.Where(m.status()));
  mean.multiplier = FoldCount(*m, int64_t{in.dim(1)} * in.dim(2));
  return mean;
}

}  // namespace tinyrig::engine::read
