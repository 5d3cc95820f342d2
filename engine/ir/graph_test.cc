#include "engine/ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::engine::ir {
namespace {

using ::testing::HasSubstr;

/// t0 [1,4,4,2] -> CONV_2D 3x3 stride 1 VALID, 3 channels -> t3 [1,2,2,3].
Graph OneConv() {
  Graph graph;
  graph.name = "one";
  graph.tensors.resize(4);
  graph.tensors[0].shape = {1, 4, 4, 2};
  graph.tensors[0].quant = {{0.5F}, {3}, 0};
  graph.tensors[1].shape = {3, 3, 3, 2};
  graph.tensors[1].data.assign(54, 1);
  graph.tensors[2].shape = {3};
  graph.tensors[2].type = DType::kInt32;
  graph.tensors[2].data.assign(12, 0);
  graph.tensors[3].shape = {1, 2, 2, 3};
  graph.tensors[3].quant = {{0.25F}, {-1}, 0};
  Conv2d conv;
  conv.input = 0;
  conv.weights = 1;
  conv.bias = 2;
  conv.output = 3;
  conv.window.filter_h = conv.window.filter_w = 3;
  conv.multipliers.assign(3, {1 << 30, -4});
  graph.ops.push_back({7, "CONV_2D", conv});
  graph.inputs = {0};
  graph.outputs = {3};
  return graph;
}

Conv2d& ConvOf(Graph& graph) {
  return std::get<Conv2d>(graph.ops[0].body);
}

TEST(Graph, CountsMacs) {
  const Graph graph = OneConv();
  EXPECT_EQ(MacCount(graph, graph.ops[0]), 12 * 9 * 2);
}

TEST(Graph, PrintsOneLinePerOp) {
  EXPECT_EQ(PrintGraph(OneConv()),
            "graph one\n"
            "input t0:int8[1,4,4,2] scale 0.5 zp 3\n"
            "7 CONV_2D t0:int8[1,4,4,2] -> t3:int8[1,2,2,3] scale 0.25 zp -1 "
            "filter 3x3 stride 1x1 pad 0,0,0,0 clamp -128..127 "
            "mult 1073741824^-4 weights t1:int8[3,3,3,2] bias t2:int32[3]\n"
            "output t3:int8[1,2,2,3] scale 0.25 zp -1\n");
}

TEST(VerifyGraph, AcceptsAGoodGraph) {
  EXPECT_TRUE(VerifyGraph(OneConv()).ok());
}

void ExpectRefused(const Graph& graph, const std::string& text) {
  const absl::Status status = VerifyGraph(graph);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr(text));
}

TEST(VerifyGraph, RefusesAWindowThatDisagreesWithShapes) {
  Graph graph = OneConv();
  ConvOf(graph).window.pad_top = 1;
  ExpectRefused(graph, "CONV_2D (operator 7): window and shapes disagree");
}

TEST(VerifyGraph, RefusesUseBeforeItIsMade) {
  Graph graph = OneConv();
  graph.inputs.clear();
  ExpectRefused(graph, "t0 is used before it is made");
}

TEST(VerifyGraph, RefusesATensorMadeTwice) {
  Graph graph = OneConv();
  graph.ops.push_back(graph.ops[0]);
  ExpectRefused(graph, "t3 is made twice");
}

TEST(VerifyGraph, RefusesTooFewMultipliers) {
  Graph graph = OneConv();
  ConvOf(graph).multipliers.pop_back();
  ExpectRefused(graph, "not one multiplier per channel");
}

TEST(VerifyGraph, RefusesConstantsOfTheWrongSize) {
  Graph graph = OneConv();
  graph.tensors[1].data.pop_back();
  ExpectRefused(graph, "53 bytes for 54");
}

TEST(VerifyGraph, RefusesIdsOutOfRange) {
  Graph graph = OneConv();
  ConvOf(graph).weights = 99;
  ExpectRefused(graph, "no tensor t99");
}

TEST(VerifyGraph, RefusesAnAliasOfAnAlias) {
  Graph graph = OneConv();
  graph.tensors.resize(6, graph.tensors[3]);
  graph.tensors[4].alias_of = 3;
  graph.tensors[5].alias_of = 4;
  graph.outputs = {4};
  EXPECT_TRUE(VerifyGraph(graph).ok());
  graph.outputs = {5};
  ExpectRefused(graph, "bad alias");
}

TEST(VerifyGraph, RefusesAnOutputThatIsNeverMade) {
  Graph graph = OneConv();
  graph.ops.clear();
  ExpectRefused(graph, "output t3 is never made");
}

}  // namespace
}  // namespace tinyrig::engine::ir
