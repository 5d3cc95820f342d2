// RESHAPE: the file's output shape is what counts; the shape input is only
// required to be a constant.
#include "engine/read/ops/ops.h"

namespace tinyrig::engine::read {

absl::StatusOr<ir::OpBody> ReadReshape(OpReader& op) {
  ir::Reshape reshape;
  ASSIGN_OR_RETURN(reshape.input, op.AnyActivation(0));
  ASSIGN_OR_RETURN(reshape.output, op.AnyOutput());
  if (op.HasInput(1)) {
    const absl::Status constant = op.Constant(1, ir::DType::kInt32).status();
    RETURN_IF_ERROR(constant);
  }
  const ir::Tensor& in = op.tensor(reshape.input);
  const ir::Tensor& out = op.tensor(reshape.output);
  if (in.type != out.type || in.elements() != out.elements()) {
    return op.Invalid(absl::StrCat("input ", ShapeText(in), " and output ",
                                   ShapeText(out),
                                   " differ in type or number of elements"));
  }
  return reshape;
}

}  // namespace tinyrig::engine::read
