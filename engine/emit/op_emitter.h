// What each operator answers when it is emitted.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::emit {

/// What a kernel's parameter stands for.
enum class Role { kInput, kInput2, kOutput, kWeights, kQuant, kScratch };

struct Parameter {
  Role role;
  std::string type;  ///< "const int8_t*"
};

/// One op as a call of one kernel template with literal constants.
struct OpCode {
  std::string header;              ///< "conv_s8.h", in engine/kernels
  std::string kernel;              ///< "Conv2d"
  std::string template_arguments;  ///< behind the shape: ", uint8_t, int8_t"
  std::vector<std::pair<std::string, std::string>>
      constants;                      ///< type name, value
  std::vector<Parameter> parameters;  ///< in the kernel's order
  std::vector<uint8_t> weights;       ///< in the kernel's layout
  std::vector<uint8_t> tables;        ///< ChannelQuant, little-endian
  int64_t scratch_bytes = 0;
  std::vector<ir::TensorId> may_overwrite;  ///< plan::OpNeeds

  /// static constexpr int `name` = `value`;
  void Int(const std::string& name, int64_t value);
  /// static constexpr float, exact.
  void Float(const std::string& name, float value);
  /// static constexpr bool
  void Bool(const std::string& name, bool value);
};

struct EmitOptions {
  /// Widen this op's weights in scratch, where the kernel can.
  bool expand_weights = false;
};

/// Errors: UNIMPLEMENTED with the op's label when no kernel does this.
absl::StatusOr<OpCode> EmitOp(const ir::Graph& graph, const ir::Op& op,
                              const EmitOptions& options);

/// Scratch that expand_weights would add to this op; 0 where it gains nothing.
int64_t ExpandBytes(const ir::Graph& graph, const ir::Op& op);

/// One per operator (ops/*.cc); `op` is the one that holds `body`.
#define TINYRIG_DECLARE_EMIT(Body, builtin)                             \
  absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op, \
                              const ir::Body& body,                     \
                              const EmitOptions& options);
TINYRIG_ENGINE_OPERATORS(TINYRIG_DECLARE_EMIT)
#undef TINYRIG_DECLARE_EMIT

int64_t ExpandBytesOfConv2d(const ir::Graph& graph, const ir::Conv2d& op);

}  // namespace tinyrig::engine::emit
