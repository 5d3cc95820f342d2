// Which builtin operators are read, and by which function.
#pragma once

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/read/op_reader.h"

namespace tinyrig::engine::read {

using ReadOpFunction = absl::StatusOr<ir::OpBody> (*)(OpReader& op);

/// Null when the operator is not supported.
ReadOpFunction FindReader(int builtin_code);

/// "ADD, AVERAGE_POOL_2D, ...": for messages.
std::string SupportedOperators();

}  // namespace tinyrig::engine::read
