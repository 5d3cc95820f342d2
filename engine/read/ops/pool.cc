// AVERAGE_POOL_2D and MAX_POOL_2D.
#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"
#include "engine/read/window.h"

namespace tinyrig::engine::read {
namespace {

template <class Pool>
absl::StatusOr<ir::OpBody> ReadPool(OpReader& op) {
  Pool pool;
  ASSIGN_OR_RETURN(const auto* options, op.options<fb::Pool2DOptions>());
  ASSIGN_OR_RETURN(pool.input, op.Int8Activation(0));
  ASSIGN_OR_RETURN(pool.output, op.Int8Output());
  RETURN_IF_ERROR(op.CheckImage(pool.input));
  RETURN_IF_ERROR(op.CheckImage(pool.output));
  const ir::Tensor& in = op.tensor(pool.input);
  const ir::Tensor& out = op.tensor(pool.output);
  if (in.dim(-1) != out.dim(-1)) {
    return op.Invalid(absl::StrCat("input ", ShapeText(in), " and output ",
                                   ShapeText(out), " differ in channels"));
  }
  if (!SameQuant(in, out)) {
    return op.Invalid("input and output have different scales or zero points");
  }
  pool.window.filter_h = options->filter_h();
  pool.window.filter_w = options->filter_w();
  pool.window.stride_h = options->stride_h();
  pool.window.stride_w = options->stride_w();
  RETURN_IF_ERROR(ResolvePadding(op, options->padding(), pool.input,
                                 pool.output, &pool.window));
  const auto clamp = ActivationClamp(options->activation(), out);
  RETURN_IF_ERROR(op.Where(clamp.status()));
  pool.clamp = *clamp;
  return pool;
}

}  // namespace

absl::StatusOr<ir::OpBody> ReadAveragePool2d(OpReader& op) {
  return ReadPool<ir::AveragePool2d>(op);
}

absl::StatusOr<ir::OpBody> ReadMaxPool2d(OpReader& op) {
  return ReadPool<ir::MaxPool2d>(op);
}

}  // namespace tinyrig::engine::read
