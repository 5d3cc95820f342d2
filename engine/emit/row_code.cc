#include "engine/emit/row_code.h"

#include <vector>

#include "base/check.h"
#include "engine/ir/visit.h"
#include "engine/stream/segment.h"

namespace tinyrig::engine::emit {
namespace {

// Heights of tensors for the length of a scope.
class Heights {
 public:
  explicit Heights(ir::Graph* graph) : graph_(*graph) {}
  Heights(const Heights&) = delete;
  Heights& operator=(const Heights&) = delete;
  ~Heights() {
    for (auto it = saved_.rbegin(); it != saved_.rend(); ++it) {
      graph_.tensor(it->id).shape[1] = it->rows;
    }
  }

  void Set(ir::TensorId id, int rows) {
    int32_t& height = graph_.tensor(id).shape[1];
    saved_.push_back({id, height});
    height = rows;
  }

 private:
  struct Saved {
    ir::TensorId id;
    int32_t rows;
  };
  ir::Graph& graph_;
  std::vector<Saved> saved_;
};

void DropVerticalPads(ir::Op* op) {
  const auto drop = [](ir::Window* window) {
    window->pad_top = window->pad_bottom = 0;
  };
  std::visit(
      ir::Overloaded{[&](ir::Conv2d& conv) { drop(&conv.window); },
                     [&](ir::DepthwiseConv2d& conv) { drop(&conv.window); },
                     [](auto&) {}},
      op->body);
}

}  // namespace

absl::StatusOr<OpCode> EmitRow(ir::Graph* graph, const ir::Op& op,
                               bool expand_weights) {
  const auto rows = stream::RowsOf(*graph, op);
  TINYRIG_CHECK(rows.has_value());
  ir::Op row = op;
  DropVerticalPads(&row);
  Heights heights(graph);
  const std::vector<ir::TensorId> inputs = ir::ActivationInputs(op);
  heights.Set(inputs[0], rows->span);
  if (inputs.size() == 2) {
    heights.Set(inputs[1], 1);
  }
  heights.Set(ir::OutputOf(op), 1);
  const bool expand = expand_weights && ExpandBytes(*graph, row) > 0;
  return EmitOp(*graph, row, {.expand_weights = expand});
}

}  // namespace tinyrig::engine::emit
