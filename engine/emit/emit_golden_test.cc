// The emitted text of one-op models, with plan, weights and tables in hex.
// UPDATE_GOLDEN=1 rewrites tests/golden/emit; the diff is reviewed.
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/sha256.h"
#include "engine/emit/lower.h"
#include "engine/emit/model_source.h"
#include "engine/emit/testing/one_op_models.h"
#include "engine/passes/passes.h"
#include "engine/read/reader.h"

namespace tinyrig::engine::emit {
namespace {

std::string HexLines(const std::vector<uint8_t>& bytes) {
  const std::string hex = base::Hex(bytes);
  std::string text;
  for (size_t at = 0; at < hex.size(); at += 64) {
    absl::StrAppend(&text, "  ", hex.substr(at, 64), "\n");
  }
  return text;
}

absl::StatusOr<std::string> Emitted(const testing::OneOpModel& model) {
  ASSIGN_OR_RETURN(ir::Graph graph, read::ReadTflite(model.tflite, model.name));
  RETURN_IF_ERROR(passes::RunPasses(&graph));
  ASSIGN_OR_RETURN(const Lowered lowered,
                   Lower(std::move(graph), {.streaming = false}));
  const ModelSource source = WriteModelSource(lowered);
  return absl::StrCat("== graph\n", ir::PrintGraph(lowered.graph), "== plan\n",
                      plan::PrintPlan(lowered.requests, lowered.plan),
                      "== model.cc\n", source.model_cc, "== weights.bin\n",
                      HexLines(source.weights), "== tables.bin\n",
                      HexLines(source.tables));
}

TEST(EmitGolden, OneOpModels) {
  const std::filesystem::path folder =
      std::filesystem::path(TINYRIG_SOURCE_DIR) / "tests" / "golden" / "emit";
  for (const testing::OneOpModel& model : testing::OneOpModels()) {
    const auto text = Emitted(model);
    ASSERT_TRUE(text.ok()) << model.name << ": " << text.status();
    const auto path = folder / absl::StrCat(model.name, ".txt");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      ASSERT_TRUE(base::WriteFileAtomic(path, *text).ok());
    }
    const auto want = base::ReadTextFile(path);
    ASSERT_TRUE(want.ok()) << want.status();
    EXPECT_EQ(*text, *want) << model.name;
  }
}

}  // namespace
}  // namespace tinyrig::engine::emit
