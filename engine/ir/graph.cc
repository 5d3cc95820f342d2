#include "engine/ir/graph.h"

#include "engine/ir/visit.h"

namespace tinyrig::engine::ir {

std::vector<TensorId> ActivationInputs(const Op& op) {
  return std::visit(Overloaded{[](const Add& add) -> std::vector<TensorId> {
                                 return {add.input1, add.input2};
                               },
                               [](const auto& body) -> std::vector<TensorId> {
                                 return {body.input};
                               }},
                    op.body);
}

TensorId OutputOf(const Op& op) {
  return std::visit([](const auto& body) { return body.output; }, op.body);
}

void ReplaceInputs(Op* op, TensorId from, TensorId to) {
  const auto swap = [&](TensorId* id) {
    if (*id == from) {
      *id = to;
    }
  };
  std::visit(Overloaded{[&](Add& add) {
                          swap(&add.input1);
                          swap(&add.input2);
                        },
                        [&](auto& body) { swap(&body.input); }},
             op->body);
}

std::string OpLabel(const Op& op) {
  return absl::StrCat(op.name, " (operator ", op.file_index, ")");
}

int64_t MacCount(const Graph& graph, const Op& op) {
  return std::visit(
      Overloaded{[&](const Conv2d& conv) -> int64_t {
                   return graph.tensor(conv.output).elements() *
                          conv.window.filter_h * conv.window.filter_w *
                          graph.tensor(conv.input).dim(-1);
                 },
                 [&](const DepthwiseConv2d& conv) -> int64_t {
                   return graph.tensor(conv.output).elements() *
                          conv.window.filter_h * conv.window.filter_w;
                 },
                 [&](const FullyConnected& fc) -> int64_t {
                   return graph.tensor(fc.output).elements() *
                          graph.tensor(fc.weights).dim(-1);
                 },
                 [](const auto&) -> int64_t { return 0; }},
      op.body);
}

}  // namespace tinyrig::engine::ir
