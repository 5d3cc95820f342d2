// The choice and the proof of streamed execution, on shapes alone. What it
// computes is compared with the interpreter in tests/integration.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/stream/check.h"
#include "engine/stream/choose.h"
#include "engine/stream/measure.h"
#include "engine/stream/segment.h"

namespace tinyrig::engine::stream {
namespace {

// A graph of images, told operator by operator.
class GraphBuilder {
 public:
  GraphBuilder(int rows, int columns, int channels) {
    graph_.inputs = {Image(rows, columns, channels)};
    last_ = graph_.inputs[0];
  }

  GraphBuilder& Conv(int filter, int stride, int pad, int channels) {
    const ir::Tensor& in = graph_.tensor(last_);
    const auto size = [&](int dim) {
      return (in.dim(dim) + 2 * pad - filter) / stride + 1;
    };
    const ir::TensorId out = Image(size(-3), size(-2), channels);
    ir::Conv2d conv{last_, Constant(), ir::kNoTensor, out, {}, {}, {}};
    conv.window = {filter, filter, stride, stride, 1, 1, pad, pad, pad, pad};
    return Append("CONV_2D", conv, out);
  }

  GraphBuilder& Add(ir::TensorId other) {
    const ir::Shape shape = graph_.tensor(last_).shape;
    const ir::TensorId out = Image(shape[1], shape[2], shape[3]);
    ir::Add add{};
    add.input1 = other;
    add.input2 = last_;
    add.output = out;
    return Append("ADD", add, out);
  }

  GraphBuilder& Softmax() {
    const ir::Shape shape = graph_.tensor(last_).shape;
    const ir::TensorId out = Image(shape[1], shape[2], shape[3]);
    return Append("SOFTMAX", ir::Softmax{last_, out, 0, 0, 0}, out);
  }

  [[nodiscard]] ir::TensorId last() const { return last_; }
  ir::Graph Build() {
    graph_.outputs = {last_};
    return graph_;
  }

 private:
  ir::TensorId Image(int rows, int columns, int channels) {
    ir::Tensor tensor;
    tensor.name = "t" + std::to_string(graph_.tensors.size());
    tensor.shape = {1, rows, columns, channels};
    graph_.tensors.push_back(tensor);
    return static_cast<ir::TensorId>(graph_.tensors.size()) - 1;
  }
  ir::TensorId Constant() {
    ir::Tensor tensor;
    tensor.data = {0};
    graph_.tensors.push_back(tensor);
    return static_cast<ir::TensorId>(graph_.tensors.size()) - 1;
  }
  GraphBuilder& Append(const char* name, ir::OpBody body, ir::TensorId out) {
    const int index = static_cast<int>(graph_.ops.size());
    graph_.ops.push_back({index, name, std::move(body)});
    last_ = out;
    return *this;
  }

  ir::Graph graph_;
  ir::TensorId last_;
};

Segment WholeSegment(const ir::Graph& graph) {
  const std::vector<Cut> cuts = FindCuts(graph);
  auto segment = DescribeSegment(graph, cuts.front(), cuts.back());
  EXPECT_TRUE(segment.has_value());
  return *segment;
}

// Output at 0, input behind the lead, rings behind both.
absl::Status CheckSimplePlacement(const Segment& segment, int64_t lead) {
  std::vector<int64_t> offsets(segment.tensors.size(), 0);
  offsets[0] = lead;
  int64_t end = std::max(lead + KeptBytes(segment.tensors.front()),
                         KeptBytes(segment.tensors.back()));
  for (size_t t = 1; t + 1 < segment.tensors.size(); ++t) {
    offsets[t] = end;
    end += KeptBytes(segment.tensors[t]);
  }
  return CheckSegment(segment, offsets, -1, 0, end);
}

TEST(Measure, AWindowKeepsItsRowsAndNoMore) {
  const ir::Graph graph = GraphBuilder(16, 8, 4)
                              .Conv(1, 1, 0, 8)
                              .Conv(3, 1, 1, 8)
                              .Conv(5, 2, 2, 4)
                              .Build();
  Segment segment = WholeSegment(graph);
  Measure(graph, &segment);
  EXPECT_EQ(segment.tensors[1].capacity, 3) << "read by 3 x 3";
  EXPECT_EQ(segment.tensors[2].capacity, 5) << "read by 5 x 5";
}

TEST(Measure, PaddingReadersOfTheInputGetARingOfItsRows) {
  const ir::Graph graph = GraphBuilder(16, 8, 4).Conv(3, 1, 1, 4).Build();
  Segment segment = WholeSegment(graph);
  ASSERT_EQ(segment.ops.size(), 2u);
  EXPECT_EQ(segment.op_ids[0], Segment::kNoCopy);
  EXPECT_EQ(segment.ops[0].layer, 0) << "told as the layer that reads it";
  Measure(graph, &segment);
  EXPECT_EQ(segment.tensors[1].capacity, 3);
}

TEST(Measure, AResidualWaitsAsLongAsItsBranchIsDelayed) {
  GraphBuilder builder(16, 8, 4);
  builder.Conv(1, 1, 0, 4);
  const ir::TensorId trunk = builder.last();
  builder.Conv(1, 1, 0, 8).Conv(5, 1, 2, 4).Add(trunk);
  const ir::Graph graph = builder.Build();
  Segment segment = WholeSegment(graph);
  Measure(graph, &segment);
  // Row r of the sum needs row r + 2 of the branch: 3 rows of the trunk wait.
  EXPECT_EQ(segment.tensors[1].capacity, 3);
}

TEST(Measure, AnOutputThatDoesNotGrowTakesTheInputsPlace) {
  const ir::Graph graph = GraphBuilder(16, 8, 4).Conv(1, 1, 0, 4).Build();
  Segment segment = WholeSegment(graph);
  const Needs needs = Measure(graph, &segment);
  EXPECT_EQ(needs.lead_bytes, 32) << "the row that is written";
  EXPECT_EQ(needs.span_bytes, 16 * 32 + 32);
}

TEST(FindCuts, LieOnlyWhereOneTensorLives) {
  GraphBuilder builder(8, 8, 4);
  builder.Conv(1, 1, 0, 4);
  const ir::TensorId trunk = builder.last();
  builder.Conv(3, 1, 1, 4).Add(trunk).Conv(1, 1, 0, 2);
  std::vector<int> at;
  for (const Cut& cut : FindCuts(builder.Build())) {
    at.push_back(cut.op);
  }
  EXPECT_THAT(at, testing::ElementsAre(0, 1, 3, 4));
}

TEST(FindCuts, SeveralInputsOrOutputsAreNotCut) {
  ir::Graph graph = GraphBuilder(8, 8, 4).Conv(1, 1, 0, 4).Build();
  graph.outputs.push_back(graph.outputs[0]);
  EXPECT_TRUE(FindCuts(graph).empty());
}

TEST(DescribeSegment, AnOperatorThatNeedsItsWholeInputIsNotStreamed) {
  const ir::Graph graph =
      GraphBuilder(8, 8, 4).Conv(1, 1, 0, 4).Softmax().Build();
  const std::vector<Cut> cuts = FindCuts(graph);
  EXPECT_FALSE(DescribeSegment(graph, cuts.front(), cuts.back()).has_value());
  EXPECT_TRUE(DescribeSegment(graph, cuts[0], cuts[1]).has_value());
}

// Chains with odd windows, strides and residuals.
ir::Graph RandomGraph(std::mt19937* random) {
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(*random);
  };
  GraphBuilder builder(pick(9, 24), pick(5, 12), pick(1, 6));
  ir::TensorId trunk = ir::kNoTensor;
  for (int i = pick(1, 8); i > 0; --i) {
    const int filter = 1 + 2 * pick(0, 2);
    const bool same = trunk == ir::kNoTensor && pick(0, 2) == 0;
    if (same) {
      trunk = builder.last();
      const ir::Graph graph = builder.Build();
      const int channels = graph.tensor(trunk).dim(-1);
      builder.Conv(1, 1, 0, pick(1, 9)).Conv(filter, 1, filter / 2, channels);
      builder.Add(trunk);
      trunk = ir::kNoTensor;
    } else {
      const ir::Graph graph = builder.Build();
      const bool small = graph.tensor(builder.last()).dim(-3) < 7;
      builder.Conv(filter, small ? 1 : pick(1, 2), filter / 2, pick(1, 9));
    }
  }
  return builder.Build();
}

TEST(CheckSegment, HoldsForAnyGraphAndFailsWithARowLess) {
  constexpr uint32_t kSeed = 20261128;
  std::mt19937 random(kSeed);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    const ir::Graph graph = RandomGraph(&random);
    Segment segment = WholeSegment(graph);
    const Needs needs = Measure(graph, &segment);
    ASSERT_EQ(CheckSimplePlacement(segment, needs.lead_bytes), absl::OkStatus())
        << "graph " << i << " of seed " << kSeed;
    for (size_t t = 1; t + 1 < segment.tensors.size(); ++t) {
      Segment less = segment;
      if (--less.tensors[t].capacity > 0) {
        EXPECT_FALSE(CheckSimplePlacement(less, needs.lead_bytes).ok());
        ++refused;
      }
    }
    if (needs.lead_bytes > 8) {
      EXPECT_FALSE(CheckSimplePlacement(segment, needs.lead_bytes - 8).ok())
          << "graph " << i << " of seed " << kSeed;
    }
  }
  EXPECT_GT(refused, 300);
}

TEST(CheckSegment, ScratchMayNotMeetARow) {
  const ir::Graph graph = GraphBuilder(8, 8, 4).Conv(1, 1, 0, 4).Build();
  Segment segment = WholeSegment(graph);
  const Needs needs = Measure(graph, &segment);
  const std::vector<int64_t> offsets = {needs.lead_bytes, 0};
  const int64_t end = needs.span_bytes;
  EXPECT_TRUE(CheckSegment(segment, offsets, end, 16, end + 16).ok());
  EXPECT_FALSE(CheckSegment(segment, offsets, end - 8, 16, end + 16).ok());
  EXPECT_FALSE(CheckSegment(segment, offsets, end, 16, end).ok());
}

Choice Choose(const ir::Graph& graph, double slack, int64_t limit_bytes = 0) {
  return ChooseParts(graph, std::vector<plan::OpNeeds>(graph.ops.size()), slack,
                     limit_bytes);
}

TEST(ChooseParts, KeepsToTheBoundAndSpendsSlackOnFewerInstructions) {
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    const ir::Graph graph = RandomGraph(&random);
    int64_t extra_before = std::numeric_limits<int64_t>::max();
    for (const double slack : {1.0, 1.3, 4.0}) {
      const Choice choice = Choose(graph, slack);
      ASSERT_FALSE(choice.parts.empty());
      EXPECT_LE(static_cast<double>(choice.arena_bytes()),
                static_cast<double>(choice.bound_bytes) * slack);
      int64_t extra = 0;
      int at = 0;
      for (const Part& part : choice.parts) {
        EXPECT_EQ(part.from.op, at) << "parts follow each other";
        at = part.to.op;
        extra += part.needs.extra_instructions;
      }
      EXPECT_EQ(at, static_cast<int>(graph.ops.size()));
      EXPECT_LE(extra, extra_before);
      extra_before = extra;
    }
  }
}

TEST(ChooseParts, ALimitAllowsMoreThanTheSlack) {
  const ir::Graph graph = GraphBuilder(24, 12, 3)
                              .Conv(3, 1, 1, 8)
                              .Conv(3, 1, 1, 8)
                              .Conv(3, 1, 1, 8)
                              .Build();
  EXPECT_TRUE(Choose(graph, 1.0).parts[0].streamed);
  const Choice roomy = Choose(graph, 1.0, 1 << 20);
  ASSERT_EQ(roomy.parts.size(), 1u);
  EXPECT_FALSE(roomy.parts[0].streamed);
}

}  // namespace
}  // namespace tinyrig::engine::stream
