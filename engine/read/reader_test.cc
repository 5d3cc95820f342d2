#include "engine/read/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/read/testing/model_builder.h"

namespace tinyrig::engine::read {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::WindowOptions;

TEST(ReadTflite, ReadsOneConv) {
  ModelBuilder model;
  const int in = model.Activation({1, 4, 4, 2}, 0.5F, -1);
  const int weights =
      model.Weights({3, 1, 1, 2}, {1, 2, 3, 4, 5, 6}, {0.1F, 0.2F, 0.3F});
  const int bias = model.Int32({3}, {10, 20, 30});
  const int out = model.Activation({1, 4, 4, 3}, 0.25F, 3);
  model.Conv2d(in, weights, bias, out, {});
  const auto graph = ReadTflite(model.Finish({in}, {out}), "one");
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(ir::MacCount(*graph, graph->ops[0]), 96);
}

}  // namespace
}  // namespace tinyrig::engine::read
