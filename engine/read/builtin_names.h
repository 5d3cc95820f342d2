// Names of the format's builtin operators, for messages.
#pragma once

#include <string>

namespace tinyrig::engine::read {

/// "CONV_2D" for 3; "BUILTIN_999" for a code without a known name.
std::string BuiltinName(int code);

}  // namespace tinyrig::engine::read
