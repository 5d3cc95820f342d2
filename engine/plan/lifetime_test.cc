#include "engine/plan/lifetime.h"

#include <gtest/gtest.h>

namespace tinyrig::engine::plan {
namespace {

// in(0) -> pad -> a(1) -> add(a, in) -> b(2) -> softmax -> out(3)
ir::Graph SmallGraph() {
  ir::Graph graph;
  for (const char* name : {"in", "a", "b", "out"}) {
    ir::Tensor tensor;
    tensor.name = name;
    tensor.shape = {1, 16};
    graph.tensors.push_back(tensor);
  }
  graph.ops.push_back({0, "PAD", ir::Pad{0, 1, {}, 0}});
  graph.ops.push_back({1, "ADD", ir::Add{1, 0, 2, 20, {}, {}, {}, {}}});
  graph.ops.push_back({2, "SOFTMAX", ir::Softmax{2, 3, 0, 0, 0}});
  graph.inputs = {0};
  graph.outputs = {3};
  return graph;
}

TEST(Lifetime, EachTensorLivesFromItsMakerToItsLastReader) {
  const ir::Graph graph = SmallGraph();
  const Buffers buffers = ComputeBuffers(graph, {{}, {}, {}});
  ASSERT_EQ(buffers.requests.size(), 4U);
  EXPECT_EQ(buffers.requests[0].first_op, -1);  // model input
  EXPECT_EQ(buffers.requests[0].last_op, 1);
  EXPECT_EQ(buffers.requests[1].first_op, 0);
  EXPECT_EQ(buffers.requests[1].last_op, 1);
  EXPECT_EQ(buffers.requests[3].first_op, 2);
  EXPECT_EQ(buffers.requests[3].last_op, 3);  // read after the last op
}

TEST(Lifetime, AnOutputTakesOverAnInputThatDies) {
  const ir::Graph graph = SmallGraph();
  const Buffers buffers = ComputeBuffers(graph, {{}, {0, {1, 0}}, {0, {2}}});
  EXPECT_EQ(buffers.requests.size(), 2U);
  EXPECT_EQ(buffers.of_tensor[2], buffers.of_tensor[1]);
  EXPECT_EQ(buffers.of_tensor[3], buffers.of_tensor[1]);
  EXPECT_EQ(buffers.requests[1].last_op, 3);
}

TEST(Lifetime, AnInputThatIsReadLaterIsNotTakenOver) {
  const ir::Graph graph = SmallGraph();
  // The pad may overwrite "in" as far as it is concerned; the add reads it.
  const Buffers buffers = ComputeBuffers(graph, {{0, {0}}, {}, {}});
  EXPECT_NE(buffers.of_tensor[1], buffers.of_tensor[0]);
}

TEST(Lifetime, ASmallerInputIsNotTakenOver) {
  ir::Graph graph = SmallGraph();
  graph.tensors[2].shape = {1, 4};
  const Buffers buffers = ComputeBuffers(graph, {{}, {}, {0, {2}}});
  EXPECT_NE(buffers.of_tensor[3], buffers.of_tensor[2]);
}

TEST(Lifetime, ScratchLivesForOneOp) {
  const ir::Graph graph = SmallGraph();
  const Buffers buffers = ComputeBuffers(graph, {{100, {}}, {}, {}});
  const BufferRequest& scratch =
      buffers.requests[static_cast<size_t>(buffers.scratch_of[0])];
  EXPECT_EQ(scratch.bytes, 100);
  EXPECT_EQ(scratch.first_op, 0);
  EXPECT_EQ(scratch.last_op, 0);
  EXPECT_EQ(LiveBytesPerOp(buffers, 3)[0], 16 + 16 + 104);
}

TEST(Lifetime, AnAliasIsItsStorage) {
  ir::Graph graph = SmallGraph();
  graph.tensors.push_back(graph.tensors[1]);
  graph.tensors[4].alias_of = 1;
  std::get<ir::Add>(graph.ops[1].body).input1 = 4;
  const Buffers buffers = ComputeBuffers(graph, {{}, {}, {}});
  EXPECT_EQ(buffers.of_tensor[4], buffers.of_tensor[1]);
  EXPECT_EQ(buffers.requests[1].last_op, 1);
}

TEST(Lifetime, InputsArePreservedOnlyWhenNothingLiesUponThem) {
  const ir::Graph graph = SmallGraph();
  const Buffers apart = ComputeBuffers(graph, {{}, {}, {}});
  Plan plan{"by hand", {0, 16, 32, 48}, 64};
  EXPECT_TRUE(InputsPreserved(graph, apart, plan));
  plan.offsets[3] = 0;  // out, after in has died
  EXPECT_FALSE(InputsPreserved(graph, apart, plan));
  const Buffers upon = ComputeBuffers(graph, {{}, {0, {0}}, {}});
  EXPECT_FALSE(InputsPreserved(graph, upon, {"by hand", {0, 16, 48}, 64}));
}

}  // namespace
}  // namespace tinyrig::engine::plan
