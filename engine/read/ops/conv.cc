// CONV_2D and DEPTHWISE_CONV_2D.
#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"
#include "engine/read/window.h"

namespace tinyrig::engine::read {
namespace {

/// Bias: absent, or int32 with one value per channel.
absl::StatusOr<int> ReadBias(OpReader& op, int32_t channels) {
  if (!op.HasInput(2)) {
    return ir::kNoTensor;
  }
  ASSIGN_OR_RETURN(const int bias, op.Constant(2, ir::DType::kInt32));
  if (op.tensor(bias).elements() != channels) {
    return op.Invalid(absl::StrCat("bias has ", op.tensor(bias).elements(),
                                   " values for ", channels, " channels"));
  }
  return bias;
}

/// What both kinds share; body->input, output, weights and window's filter are
/// set from here on.
template <class Body, class Options>
absl::Status ReadShared(OpReader& op, const Options& options, int channel_axis,
                        Body* body) {
  ASSIGN_OR_RETURN(body->input, op.Int8Activation(0));
  ASSIGN_OR_RETURN(body->weights, op.Constant(1, ir::DType::kInt8));
  ASSIGN_OR_RETURN(body->output, op.Int8Output());
  RETURN_IF_ERROR(op.CheckImage(body->input));
  RETURN_IF_ERROR(op.CheckImage(body->output));
  const ir::Tensor& weights = op.tensor(body->weights);
  const ir::Tensor& output = op.tensor(body->output);
  if (weights.shape.size() != 4 ||
      weights.dim(channel_axis) != output.dim(-1)) {
    return op.Invalid(absl::StrCat("weights ", ShapeText(weights),
                                   " do not fit output ", ShapeText(output)));
  }
  for (const int32_t zero : weights.quant.zero_points) {
    if (zero != 0) {
      return op.Unsupported("weights with a zero point other than 0");
    }
  }
  ASSIGN_OR_RETURN(body->bias, ReadBias(op, output.dim(-1)));
  body->window.filter_h = weights.dim(1);
  body->window.filter_w = weights.dim(2);
  body->window.stride_h = options.stride_h();
  body->window.stride_w = options.stride_w();
  body->window.dilation_h = options.dilation_h();
  body->window.dilation_w = options.dilation_w();
  RETURN_IF_ERROR(ResolvePadding(op, options.padding(), body->input,
                                 body->output, &body->window));
  const auto clamp = ActivationClamp(options.activation(), output);
  RETURN_IF_ERROR(op.Where(clamp.status()));
  body->clamp = *clamp;
  RETURN_IF_ERROR(op.Where(op.tensors().Charge(int64_t{8} * output.dim(-1))));
  auto multipliers = ChannelMultipliers(op.tensor(body->input), weights, output,
                                        channel_axis, output.dim(-1));
  RETURN_IF_ERROR(op.Where(multipliers.status()));
  body->multipliers = *std::move(multipliers);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ir::OpBody> ReadConv2d(OpReader& op) {
  ir::Conv2d conv;
  ASSIGN_OR_RETURN(const auto* options, op.options<fb::Conv2DOptions>());
  RETURN_IF_ERROR(ReadShared(op, *options, /*channel_axis=*/0, &conv));
  const int32_t in = op.tensor(conv.input).dim(-1);
  const int32_t wanted = op.tensor(conv.weights).dim(-1);
  if (wanted != in) {
    return in % wanted == 0
               ? op.Unsupported(absl::StrCat("grouped convolution (", in,
                                             " channels in groups of ", wanted,
                                             ") is not supported"))
               : op.Invalid(absl::StrCat("input has ", in,
                                         " channels, weights need ", wanted));
  }
  return conv;
}

absl::StatusOr<ir::OpBody> ReadDepthwiseConv2d(OpReader& op) {
  ir::DepthwiseConv2d conv;
  ASSIGN_OR_RETURN(const auto* options,
                   op.options<fb::DepthwiseConv2DOptions>());
  RETURN_IF_ERROR(ReadShared(op, *options, /*channel_axis=*/3, &conv));
  const int32_t in = op.tensor(conv.input).dim(-1);
  const int32_t out = op.tensor(conv.output).dim(-1);
  if (op.tensor(conv.weights).dim(0) != 1 || out % in != 0) {
    return op.Invalid(absl::StrCat("weights ",
                                   ShapeText(op.tensor(conv.weights)),
                                   " do not fit ", in, " input channels"));
  }
  // Old converters leave the option 0; the shapes say it anyway.
  conv.depth_multiplier = out / in;
  if (options->depth_multiplier() != 0 &&
      options->depth_multiplier() != conv.depth_multiplier) {
    return op.Invalid(absl::StrCat("depth multiplier is ",
                                   options->depth_multiplier(),
                                   ", the shapes say ", conv.depth_multiplier));
  }
  return conv;
}

}  // namespace tinyrig::engine::read
