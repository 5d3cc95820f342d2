// ADD: both inputs are brought to twice the larger scale, with 20 more bits.
#include <algorithm>

#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"

namespace tinyrig::engine::read {

absl::StatusOr<ir::OpBody> ReadAdd(OpReader& op) {
  ir::Add add;
  ASSIGN_OR_RETURN(add.input1, op.Int8Activation(0));
  ASSIGN_OR_RETURN(add.input2, op.Int8Activation(1));
  ASSIGN_OR_RETURN(add.output, op.Int8Output());
  ASSIGN_OR_RETURN(const auto* options, op.options<fb::AddOptions>());
  const ir::Tensor& in1 = op.tensor(add.input1);
  const ir::Tensor& in2 = op.tensor(add.input2);
  const ir::Tensor& out = op.tensor(add.output);
  if (in1.shape != in2.shape) {
    return op.Unsupported(absl::StrCat("broadcast of ", ShapeText(in1), " and ",
                                       ShapeText(in2), " is not supported"));
  }
  if (in1.shape != out.shape) {
    return op.Invalid(absl::StrCat("output shape ", ShapeText(out),
                                   " is not the inputs' ", ShapeText(in1)));
  }
  const auto clamp = ActivationClamp(options->activation(), out);
  RETURN_IF_ERROR(op.Where(clamp.status()));
  add.clamp = *clamp;

  const double scale1 = in1.quant.scale();
  const double scale2 = in2.quant.scale();
  const double twice_larger = 2.0 * std::max(scale1, scale2);
  const double from_common =
      twice_larger / (static_cast<double>(1 << add.left_shift) *
                      static_cast<double>(out.quant.scale()));
  if (from_common >= 1.0) {
    return op.Invalid("its output scale is too small for its input scales");
  }
  const auto m1 = QuantizeMultiplier(scale1 / twice_larger);
  const auto m2 = QuantizeMultiplier(scale2 / twice_larger);
  const auto m_out = QuantizeMultiplier(from_common);
  for (const auto* m : {&m1, &m2, &m_out}) {
    RETURN_IF_ERROR(op.Where(m->status()));
  }
  add.multiplier1 = *m1;
  add.multiplier2 = *m2;
  add.multiplier_out = *m_out;
  return add;
}

}  // namespace tinyrig::engine::read
