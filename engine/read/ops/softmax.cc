// SOFTMAX over the last dimension.
#include <algorithm>
#include <cmath>

#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"
#include "engine/read/reader.h"

namespace tinyrig::engine::read {
namespace {

constexpr int kDiffIntegerBits = 5;  ///< differences are Q5.26

/// The multiplier that turns a difference of inputs into Q5.26, and the most
/// negative difference that does not overflow it.
absl::Status SetScaling(double beta, double scale, ir::Softmax* softmax) {
  const double real =
      std::min(beta * scale * static_cast<double>(1 << (31 - kDiffIntegerBits)),
               2147483647.0);
  if (!(real > 1.0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("beta times input scale is ", beta * scale,
                     ", too small for 26 fractional bits"));
  }
  // At most 2^31 - 1, so the shift is at most 31, which TFLite allows here.
  int shift = 0;
  auto fixed =
      static_cast<int64_t>(std::round(std::frexp(real, &shift) * 2147483648.0));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++shift;
  }
  softmax->input_multiplier = static_cast<int32_t>(fixed);
  softmax->input_left_shift = shift;
  const double radius = static_cast<double>((1 << kDiffIntegerBits) - 1) *
                        static_cast<double>(1 << (31 - kDiffIntegerBits)) /
                        static_cast<double>(int64_t{1} << shift);
  softmax->diff_min = -static_cast<int32_t>(std::floor(radius));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ir::OpBody> ReadSoftmax(OpReader& op) {
  ir::Softmax softmax;
  ASSIGN_OR_RETURN(const auto* options, op.options<fb::SoftmaxOptions>());
  ASSIGN_OR_RETURN(softmax.input, op.Int8Activation(0));
  ASSIGN_OR_RETURN(softmax.output, op.Int8Output());
  const ir::Tensor& in = op.tensor(softmax.input);
  const ir::Tensor& out = op.tensor(softmax.output);
  if (in.shape != out.shape || in.shape.empty()) {
    return op.Invalid(absl::StrCat("input ", ShapeText(in), " and output ",
                                   ShapeText(out), " must have one shape"));
  }
  if (in.dim(-1) > kMaxSoftmaxDepth) {
    return op.Unsupported(
        absl::StrCat(in.dim(-1), " classes, at most ", kMaxSoftmaxDepth));
  }
  constexpr float kStep = 1.0F / 256;
  if (std::abs(out.quant.scale() - kStep) > kStep * 0.001F ||
      out.quant.zero_point() != -128) {
    return op.Unsupported("output scale must be 1/256, zero point -128");
  }
  if (!std::isfinite(options->beta()) || options->beta() <= 0.0F) {
    return op.Invalid(absl::StrCat("beta is ", options->beta()));
  }
  RETURN_IF_ERROR(
      op.Where(SetScaling(static_cast<double>(options->beta()),
                          static_cast<double>(in.quant.scale()), &softmax)));
  return softmax;
}

}  // namespace tinyrig::engine::read
