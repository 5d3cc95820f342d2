#include "cli/compare.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

v1::Run RunWithLayers(const char* id, int64_t first, int64_t second) {
  v1::Run run;
  run.set_id(id);
  run.set_board_id("b");
  run.mutable_latency()->set_cycles_p50(first + second);
  for (const int64_t cycles : {first, second}) {
    v1::LayerResult* layer = run.add_layers();
    layer->mutable_info()->set_op(run.layers_size() == 1 ? "FIRST" : "SECOND");
    layer->set_cycles(cycles);
  }
  return run;
}

TEST(Compare, IsRelativeToTheFirst) {
  const std::vector<v1::Run> runs = {RunWithLayers("r-1", 100, 100),
                                     RunWithLayers("r-2", 100, 200)};
  const std::string csv = CompareTable(runs).Csv();
  EXPECT_TRUE(csv.starts_with("figure,r-1 b,r-2 b,vs r-1\r\n")) << csv;
  EXPECT_NE(csv.find("cycles p50,200,300,+50.00 %\r\n"), std::string::npos);
  EXPECT_NE(csv.find("instructions,0,0,-\r\n"), std::string::npos);
}

TEST(Compare, LayersStandSideBySide) {
  const std::string csv = CompareLayers({RunWithLayers("r-1", 100, 100),
                                         RunWithLayers("r-2", 50, 200)})
                              .Csv();
  EXPECT_NE(csv.find("0 FIRST,100,50,-50.00 %\r\n"
                     "1 SECOND,100,200,+100.00 %\r\n"),
            std::string::npos)
      << csv;
}

TEST(Compare, LayersOfDifferentModelsAreNotCompared) {
  v1::Run longer = RunWithLayers("r-2", 1, 1);
  longer.add_layers();
  EXPECT_TRUE(CompareLayers({RunWithLayers("r-1", 1, 1), longer}).empty());
}

TEST(Compare, NamesWhatDiffersInTheEnvironment) {
  std::vector<v1::Run> runs = {RunWithLayers("r-1", 1, 1),
                               RunWithLayers("r-2", 1, 1)};
  EXPECT_TRUE(EnvironmentDifferences(runs).empty());
  runs[1].mutable_environment()->set_clock_hz(216000000);
  EXPECT_EQ(EnvironmentDifferences(runs),
            std::vector<std::string>{"clock_hz: 0 | 216000000"});
}

}  // namespace
}  // namespace tinyrig::cli
