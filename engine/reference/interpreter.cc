#include "engine/reference/interpreter.h"

#include "engine/reference/kernels.h"

namespace tinyrig::engine::reference {

void Run(const ir::Reshape& op, Memory* memory) {
  memory->bytes(op.output) = memory->bytes(op.input);
}

absl::StatusOr<std::vector<std::vector<uint8_t>>> Interpret(
    const ir::Graph& graph, const std::vector<std::vector<uint8_t>>& inputs,
    const AfterOp& after_op) {
  RETURN_IF_ERROR(ir::VerifyGraph(graph));
  if (inputs.size() != graph.inputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        inputs.size(), " inputs given, the model has ", graph.inputs.size()));
  }
  Memory memory(graph);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t want = graph.tensor(graph.inputs[i]).bytes();
    if (static_cast<int64_t>(inputs[i].size()) != want) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, " has ", inputs[i].size(),
                       " bytes, the model needs ", want));
    }
    memory.bytes(graph.inputs[i]) = inputs[i];
  }
  int position = 0;
  for (const ir::Op& op : graph.ops) {
    const ir::TensorId output = ir::OutputOf(op);
    memory.Allocate(output);
    std::visit([&](const auto& body) { Run(body, &memory); }, op.body);
    if (after_op) {
      after_op(position, output, memory.bytes(output));
    }
    ++position;
  }
  std::vector<std::vector<uint8_t>> outputs;
  for (const ir::TensorId id : graph.outputs) {
    outputs.push_back(memory.bytes(id));
  }
  return outputs;
}

}  // namespace tinyrig::engine::reference
