// Operator -> its emitter: one row each, in the order of ir::OpBody.
#include <array>

#include "absl/strings/str_format.h"

#include "engine/emit/op_emitter.h"

namespace tinyrig::engine::emit {
namespace {

using Emitter = absl::StatusOr<OpCode> (*)(const ir::Graph&, const ir::Op&,
                                           const EmitOptions&);

constexpr std::array<Emitter, std::variant_size_v<ir::OpBody>> kEmitters = {
    EmitConv2d,
    EmitDepthwiseConv2d,
    EmitFullyConnected,
    EmitAveragePool2d,
    EmitMaxPool2d,
    EmitMean,
    EmitAdd,
    EmitPad,
    EmitReshape,
    EmitSoftmax,
    EmitQuantize,
    EmitDequantize,
};

}  // namespace

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
  return kEmitters[op.body.index()](graph, op, options);
}

int64_t ExpandBytes(const ir::Graph& graph, const ir::Op& op) {
  const auto* conv = std::get_if<ir::Conv2d>(&op.body);
  return conv == nullptr ? 0 : ExpandBytesOfConv2d(graph, *conv);
}

}  // namespace tinyrig::engine::emit
