// One function per builtin operator: the file's fields to a typed body.
// Each checks everything that its body promises (ir/op.h).
#pragma once

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/read/op_reader.h"

namespace tinyrig::engine::read {

#define TINYRIG_DECLARE_READER(Body, builtin) \
  absl::StatusOr<ir::OpBody> Read##Body(OpReader& op);
TINYRIG_ENGINE_OPERATORS(TINYRIG_DECLARE_READER)
#undef TINYRIG_DECLARE_READER

}  // namespace tinyrig::engine::read
