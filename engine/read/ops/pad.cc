// PAD with the zero point.
#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"

namespace tinyrig::engine::read {

absl::StatusOr<ir::OpBody> ReadPad(OpReader& op) {
  ir::Pad pad;
  ASSIGN_OR_RETURN(pad.input, op.Int8Activation(0));
  ASSIGN_OR_RETURN(const std::vector<int32_t> values, op.Int32Values(1, 8));
  ASSIGN_OR_RETURN(pad.output, op.Int8Output());
  const ir::Tensor& in = op.tensor(pad.input);
  const ir::Tensor& out = op.tensor(pad.output);
  const size_t rank = in.shape.size();
  if (values.size() != 2 * rank || out.shape.size() != rank) {
    return op.Invalid(absl::StrCat(values.size(), " paddings for input ",
                                   ShapeText(in), " and output ",
                                   ShapeText(out)));
  }
  for (size_t d = 0; d < rank; ++d) {
    const int64_t before = values[2 * d];
    const int64_t after = values[2 * d + 1];
    if (before < 0 || after < 0 ||
        in.shape[d] + before + after != out.shape[d]) {
      return op.Invalid(absl::StrCat("paddings ", before, ",", after,
                                     " of dimension ", d, " do not lead from ",
                                     ShapeText(in), " to ", ShapeText(out)));
    }
    pad.paddings.emplace_back(static_cast<int32_t>(before),
                              static_cast<int32_t>(after));
  }
  if (!SameQuant(in, out)) {
    return op.Invalid("input and output have different scales or zero points");
  }
  pad.value = out.quant.zero_point();
  return pad;
}

}  // namespace tinyrig::engine::read
