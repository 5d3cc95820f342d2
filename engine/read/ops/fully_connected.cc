// FULLY_CONNECTED.
#include <cmath>

#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"

namespace tinyrig::engine::read {
namespace {

/// Per-tensor weights: TFLite multiplies the two scales as floats first, and
/// wants the bias at that scale.
absl::StatusOr<ir::Multiplier> TensorMultiplier(const ir::Tensor& input,
                                                const ir::Tensor& weights,
                                                const ir::Tensor& output) {
  const float product = input.quant.scale() * weights.quant.scale();
  if (!(product > 0.0F)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input scale times weight scale is ", product));
  }
  return QuantizeMultiplier(static_cast<double>(product) /
                            static_cast<double>(output.quant.scale()));
}

absl::Status CheckShapes(const OpReader& op, const ir::FullyConnected& fc) {
  const ir::Tensor& in = op.tensor(fc.input);
  const ir::Tensor& weights = op.tensor(fc.weights);
  const ir::Tensor& out = op.tensor(fc.output);
  if (weights.shape.size() != 2) {
    return op.Invalid(
        absl::StrCat("weights are ", ShapeText(weights), ", need [out,in]"));
  }
  const int64_t batch = in.elements() / weights.dim(1);
  if (in.elements() % weights.dim(1) != 0 || out.dim(-1) != weights.dim(0) ||
      out.elements() != batch * weights.dim(0)) {
    return op.Invalid(absl::StrCat("input ", ShapeText(in), ", weights ",
                                   ShapeText(weights), " and output ",
                                   ShapeText(out), " do not fit together"));
  }
  if (fc.bias != ir::kNoTensor &&
      op.tensor(fc.bias).elements() != weights.dim(0)) {
    return op.Invalid(absl::StrCat("bias has ", op.tensor(fc.bias).elements(),
                                   " values for ", weights.dim(0), " outputs"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ir::Multiplier>> Multipliers(
    const OpReader& op, const ir::FullyConnected& fc) {
  const ir::Tensor& in = op.tensor(fc.input);
  const ir::Tensor& weights = op.tensor(fc.weights);
  const ir::Tensor& out = op.tensor(fc.output);
  RETURN_IF_ERROR(op.tensors().Charge(int64_t{8} * weights.dim(0)));
  if (weights.quant.per_channel()) {
    if (fc.weights_zero_point != 0) {
      return absl::UnimplementedError("per-channel weights with a zero point");
    }
    return ChannelMultipliers(in, weights, out, 0, weights.dim(0));
  }
  ASSIGN_OR_RETURN(const ir::Multiplier one,
                   TensorMultiplier(in, weights, out));
  return std::vector<ir::Multiplier>(static_cast<size_t>(weights.dim(0)), one);
}

/// TFLite refuses a bias whose scale is off by 2 % of an output step.
absl::Status CheckBiasScale(const OpReader& op, const ir::FullyConnected& fc) {
  const ir::Quant& weights = op.tensor(fc.weights).quant;
  if (fc.bias == ir::kNoTensor || weights.per_channel() ||
      op.tensor(fc.bias).quant.scales.size() != 1) {
    return absl::OkStatus();
  }
  const double product =
      static_cast<double>(op.tensor(fc.input).quant.scale() * weights.scale());
  const double off =
      std::abs(product - static_cast<double>(op.tensor(fc.bias).quant.scale()));
  if (off / static_cast<double>(op.tensor(fc.output).quant.scale()) > 0.02) {
    return op.Invalid("bias scale is not input scale times weight scale");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ir::OpBody> ReadFullyConnected(OpReader& op) {
  ir::FullyConnected fc;
  ASSIGN_OR_RETURN(const auto* options,
                   op.options<fb::FullyConnectedOptions>());
  if (options->weights_format() != 0) {
    return op.Unsupported(absl::StrCat(
        "weights format ", static_cast<int>(options->weights_format())));
  }
  ASSIGN_OR_RETURN(fc.input, op.Int8Activation(0));
  ASSIGN_OR_RETURN(fc.weights, op.Constant(1, ir::DType::kInt8));
  ASSIGN_OR_RETURN(fc.output, op.Int8Output());
  fc.bias = ir::kNoTensor;
  if (op.HasInput(2)) {
    ASSIGN_OR_RETURN(fc.bias, op.Constant(2, ir::DType::kInt32));
  }
  RETURN_IF_ERROR(CheckShapes(op, fc));
  RETURN_IF_ERROR(CheckBiasScale(op, fc));
  const ir::Quant& quant = op.tensor(fc.weights).quant;
  if (quant.scales.empty()) {
    return op.Invalid("its weights have no scale");
  }
  for (const int32_t zero : quant.zero_points) {
    fc.weights_zero_point = zero != 0 ? zero : fc.weights_zero_point;
  }
  const auto clamp =
      ActivationClamp(options->activation(), op.tensor(fc.output));
  RETURN_IF_ERROR(op.Where(clamp.status()));
  fc.clamp = *clamp;
  auto multipliers = Multipliers(op, fc);
  RETURN_IF_ERROR(op.Where(multipliers.status()));
  fc.multipliers = *std::move(multipliers);
  return fc;
}

}  // namespace tinyrig::engine::read
