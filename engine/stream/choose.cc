#include "engine/stream/choose.h"

#include <algorithm>
#include <limits>

namespace tinyrig::engine::stream {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// The graph without its weights: constants keep one byte, so that they are
// still told from activations.
ir::Graph ShapesOf(const ir::Graph& graph) {
  ir::Graph shapes;
  shapes.ops = graph.ops;
  shapes.inputs = graph.inputs;
  shapes.outputs = graph.outputs;
  for (const ir::Tensor& tensor : graph.tensors) {
    shapes.tensors.push_back(
        {tensor.name, tensor.shape, tensor.type, tensor.quant,
         std::vector<uint8_t>(tensor.is_constant() ? 1 : 0), tensor.alias_of});
  }
  return shapes;
}

class Chooser {
 public:
  Chooser(const ir::Graph& graph, const std::vector<plan::OpNeeds>& needs)
      : graph_(ShapesOf(graph)), needs_(needs), cuts_(FindCuts(graph_)) {}

  Choice Run(double slack, int64_t limit_bytes) {
    if (cuts_.empty()) {
      return {};
    }
    FindOptions();
    Choice choice;
    choice.bound_bytes = Bound();
    const auto allowed = std::max(
        limit_bytes,
        static_cast<int64_t>(static_cast<double>(choice.bound_bytes) * slack));
    Pick(allowed, &choice);
    JoinWhole(allowed, &choice);
    return choice;
  }

 private:
  struct Option {
    size_t from = 0;  ///< index of a cut
    bool streamed = false;
    int64_t arena_bytes = 0;
    int64_t extra = 0;
  };

  Part WholePart(const Cut& from, const Cut& to) const {
    Part part{from, to, false, {}, {}, {}, {}};
    part.buffers = BuffersOf(
        graph_, {needs_.begin() + from.op, needs_.begin() + to.op}, from, to);
    part.plan = plan::PlanBest(part.buffers.requests);
    return part;
  }

  Part StreamedPart(const Cut& from, const Cut& to) const {
    Part part{from, to, true, *DescribeSegment(graph_, from, to), {}, {}, {}};
    part.needs = Measure(graph_, &part.segment);
    return part;
  }

  // All parts that end at each cut.
  void FindOptions() {
    options_.resize(cuts_.size());
    for (size_t to = 1; to < cuts_.size(); ++to) {
      const Part whole = WholePart(cuts_[to - 1], cuts_[to]);
      options_[to].push_back({to - 1, false, whole.arena_bytes(), 0});
      for (size_t from = to; from-- > 0;) {
        std::optional<Segment> segment =
            DescribeSegment(graph_, cuts_[from], cuts_[to]);
        if (!segment) {
          if (from + 1 == to || !Streamable(from)) {
            break;  // nothing longer can be streamed either
          }
          continue;
        }
        const Needs needs = Measure(graph_, &*segment);
        options_[to].push_back(
            {from, true, needs.arena_bytes(), needs.extra_instructions});
      }
    }
  }

  // Whether the part that begins at this cut and ends at the next could be.
  [[nodiscard]] bool Streamable(size_t from) const {
    for (int i = cuts_[from].op; i < cuts_[from + 1].op; ++i) {
      if (!RowsOf(graph_, graph_.ops[static_cast<size_t>(i)])) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] int64_t Bound() const {
    std::vector<int64_t> best(cuts_.size(), kNever);
    best[0] = 0;
    for (size_t to = 1; to < cuts_.size(); ++to) {
      for (const Option& option : options_[to]) {
        best[to] =
            std::min(best[to], std::max(best[option.from], option.arena_bytes));
      }
    }
    return best.back();
  }

  // The cheapest way to each cut with parts of at most `allowed` bytes; of
  // equals the one found first, so the choice is always the same.
  void Pick(int64_t allowed, Choice* choice) const {
    std::vector<int64_t> cost(cuts_.size(), kNever);
    std::vector<const Option*> by(cuts_.size(), nullptr);
    cost[0] = 0;
    for (size_t to = 1; to < cuts_.size(); ++to) {
      for (const Option& option : options_[to]) {
        if (option.arena_bytes <= allowed && cost[option.from] != kNever &&
            cost[option.from] + option.extra < cost[to]) {
          cost[to] = cost[option.from] + option.extra;
          by[to] = &option;
        }
      }
    }
    for (size_t to = cuts_.size() - 1; to > 0; to = by[to]->from) {
      const Option& option = *by[to];
      choice->parts.push_back(option.streamed
                                  ? StreamedPart(cuts_[option.from], cuts_[to])
                                  : WholePart(cuts_[option.from], cuts_[to]));
    }
    std::reverse(choice->parts.begin(), choice->parts.end());
  }

  // Neighbours that are not streamed share one plan where it fits: then nothing
  // is moved between them.
  void JoinWhole(int64_t allowed, Choice* choice) const {
    std::vector<Part> joined;
    for (Part& part : choice->parts) {
      if (!joined.empty() && !joined.back().streamed && !part.streamed) {
        Part both = WholePart(joined.back().from, part.to);
        if (both.arena_bytes() <= allowed) {
          joined.back() = std::move(both);
          continue;
        }
      }
      joined.push_back(std::move(part));
    }
    choice->parts = std::move(joined);
  }

  ir::Graph graph_;
  const std::vector<plan::OpNeeds>& needs_;
  std::vector<Cut> cuts_;
  std::vector<std::vector<Option>> options_;  // by the cut that they end at
};

}  // namespace

plan::Buffers BuffersOf(const ir::Graph& graph,
                        const std::vector<plan::OpNeeds>& needs,
                        const Cut& from, const Cut& to) {
  const int op_count = static_cast<int>(graph.ops.size());
  if (from.op == 0 && to.op == op_count) {
    return plan::ComputeBuffers(graph, needs);
  }
  ir::Graph some = ShapesOf(graph);
  some.ops.assign(graph.ops.begin() + from.op, graph.ops.begin() + to.op);
  some.inputs = {from.storage};
  some.outputs = {to.storage};
  return plan::ComputeBuffers(some, needs);
}

int64_t Choice::arena_bytes() const {
  int64_t most = 0;
  for (const Part& part : parts) {
    most = std::max(most, part.arena_bytes());
  }
  return most;
}

Choice ChooseParts(const ir::Graph& graph,
                   const std::vector<plan::OpNeeds>& needs, double slack,
                   int64_t limit_bytes) {
  return Chooser(graph, needs).Run(slack, limit_bytes);
}

}  // namespace tinyrig::engine::stream
