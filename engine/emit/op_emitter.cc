#include "engine/emit/op_emitter.h"

#include "absl/strings/str_format.h"

namespace tinyrig::engine::emit {

void OpCode::Int(const std::string& name, int64_t value) {
  constants.emplace_back("int " + name, absl::StrCat(value));
}

void OpCode::Float(const std::string& name, float value) {
  constants.emplace_back("float " + name,
                         absl::StrFormat("%aF", static_cast<double>(value)));
}

void OpCode::Bool(const std::string& name, bool value) {
  constants.emplace_back("bool " + name, value ? "true" : "false");
}

absl::StatusOr<OpCode> EmitOp(const ir::Graph& graph, const ir::Op& op,
                              const EmitOptions& options) {
  return std::visit(
      [&](const auto& body) { return Emit(graph, op, body, options); },
      op.body);
}

int64_t ExpandBytes(const ir::Graph& graph, const ir::Op& op) {
  const auto* conv = std::get_if<ir::Conv2d>(&op.body);
  return conv == nullptr ? 0 : ExpandBytesOfConv2d(graph, *conv);
}

}  // namespace tinyrig::engine::emit
