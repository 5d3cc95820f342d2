// One function per builtin operator: the file's fields to a typed body.
// Each checks everything that its body promises (ir/op.h). A new operator is
// one function here, one row in registry.cc.
#pragma once

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/read/op_reader.h"

namespace tinyrig::engine::read {

absl::StatusOr<ir::OpBody> ReadAdd(OpReader& op);
absl::StatusOr<ir::OpBody> ReadAveragePool2d(OpReader& op);
absl::StatusOr<ir::OpBody> ReadConv2d(OpReader& op);
absl::StatusOr<ir::OpBody> ReadDepthwiseConv2d(OpReader& op);
absl::StatusOr<ir::OpBody> ReadDequantize(OpReader& op);
absl::StatusOr<ir::OpBody> ReadFullyConnected(OpReader& op);
absl::StatusOr<ir::OpBody> ReadMaxPool2d(OpReader& op);
absl::StatusOr<ir::OpBody> ReadMean(OpReader& op);
absl::StatusOr<ir::OpBody> ReadPad(OpReader& op);
absl::StatusOr<ir::OpBody> ReadQuantize(OpReader& op);
absl::StatusOr<ir::OpBody> ReadReshape(OpReader& op);
absl::StatusOr<ir::OpBody> ReadSoftmax(OpReader& op);

}  // namespace tinyrig::engine::read
