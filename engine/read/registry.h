// Which builtin operators are read, and by which function.
#pragma once

#include <string>

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/read/op_reader.h"
#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read {

using ReadOpFunction = absl::StatusOr<ir::OpBody> (*)(OpReader& op);

/// Null when the operator is not supported.
ReadOpFunction FindReader(fb::BuiltinOperator code);

/// "CONV_2D"; "BUILTIN_500" for a code that the format does not name.
std::string BuiltinName(fb::BuiltinOperator code);

/// "ADD, AVERAGE_POOL_2D, ...": for messages.
std::string SupportedOperators();

}  // namespace tinyrig::engine::read
