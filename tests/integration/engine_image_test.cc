// CompileModel for real boards: determinism, the size split, refusals. And the
// generated code on QEMU's Cortex-M4F and M7, where the DSP instructions run
// instead of their portable twins, against golden bytes.
#include <cstring>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"
#include "engine/compile.h"
#include "engine/read/testing/model_builder.h"
#include "engine/reference/testing/golden_inputs.h"

namespace tinyrig::tests {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kModels = fs::path(TINYRIG_SHARED) / "models";
const fs::path kGolden = fs::path(TINYRIG_SHARED) / "golden";

class EngineImage : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kModels)) {
      std::cerr << "SKIPPED: EngineImage needs TINYRIG_SHARED\n";
      GTEST_SKIP();
    }
  }
  static absl::StatusOr<v1::CompiledModel> Compile(const std::string& model,
                                                   const std::string& board,
                                                   const fs::path& keep = {}) {
    ASSIGN_OR_RETURN(const auto bytes, base::ReadFile(kModels / model));
    engine::CompileOptions options;
    options.board_id = board;
    options.model_name = model;
    options.share_folder = fs::path(TINYRIG_BINARY_DIR) / "share" / "tinyrig";
    options.keep_folder = keep;
    return engine::CompileModel(bytes, options);
  }
};

constexpr char kKws[] = "mlperf_tiny/kws_ref_model.tflite";

TEST_F(EngineImage, SameInputsSameImage) {
  const auto first = Compile(kKws, "nucleo_f746zg");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Compile(kKws, "nucleo_f746zg");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->image_sha256(), second->image_sha256());
  EXPECT_EQ(first->image_hash(), second->image_hash());
  const auto other = Compile(kKws, "nucleo_f412zg");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(first->image_sha256(), other->image_sha256());
}

TEST_F(EngineImage, SizesAddUpAndTensorsAreDescribed) {
  const auto model = Compile(kKws, "nucleo_f412zg");
  ASSERT_TRUE(model.ok()) << model.status();
  const v1::FlashUsage& flash = model->flash();
  EXPECT_EQ(flash.weights_bytes() + flash.tables_bytes() +
                flash.model_code_bytes() + flash.kernels_bytes() +
                flash.firmware_bytes(),
            static_cast<int64_t>(model->image().size()));
  EXPECT_GT(flash.firmware_bytes(), 0);
  EXPECT_GE(flash.weights_bytes(), 20'000);
  EXPECT_GE(model->memory().arena_bytes(), 6'186);  // no plan is smaller
  EXPECT_EQ(model->macs(), 2'656'768);              // peers.json says the same
  EXPECT_EQ(model->inputs(0).size_bytes(), 490);
  EXPECT_EQ(model->outputs(0).size_bytes(), 12);
  EXPECT_EQ(model->image().find("/tmp"), std::string::npos);
}

TEST_F(EngineImage, WhatDoesNotFitIsRefusedWithBytes) {
  engine::CompileOptions options;
  options.board_id = "nucleo_f412zg";
  const auto model =
      engine::CompileModel(engine::read::testing::TooLargeModel(), options);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("SRAM: needs"));
  EXPECT_TRUE(engine::IsRefusal(model.status()));
}

TEST_F(EngineImage, UnknownBoardIsNotFound) {
  EXPECT_EQ(Compile(kKws, "nucleo_x").status().code(),
            absl::StatusCode::kNotFound);
}

struct Machine {
  const char* name;
  const char* cpu;
  const char* fpu;
};

absl::Status RunTool(const fs::path& folder, std::vector<std::string> argv) {
  base::ProcessOptions options;
  options.argv = std::move(argv);
  options.working_folder = folder;
  ASSIGN_OR_RETURN(const auto result, base::RunProcess(options));
  return result.exit_code == 0
             ? absl::OkStatus()
             : absl::InternalError(absl::StrCat(
                   options.argv[0], ": ", result.exit_code, " ", result.err));
}

// noise0 and walk0 on one machine, compared; prints instructions.
void CheckOnQemu(const fs::path& folder, const std::string& golden,
                 size_t input_bytes, const Machine& machine) {
  std::vector<uint8_t> inputs;
  std::vector<uint8_t> want;
  for (const char* id : {"noise0", "walk0"}) {
    const bool walk = id[0] == 'w';
    const auto values =
        walk ? engine::reference::testing::WalkInput(input_bytes, 1001)
             : engine::reference::testing::NoiseInput(input_bytes, 1);
    inputs.insert(inputs.end(), values.begin(), values.end());
    const auto out =
        base::ReadFile(kGolden / golden / absl::StrCat(id, ".out.bin"));
    ASSERT_TRUE(out.ok());
    want.insert(want.end(), out->begin(), out->end());
  }
  ASSERT_TRUE(base::WriteFileAtomic(folder / "inputs", inputs).ok());
  const std::string source = TINYRIG_SOURCE_DIR;
  const absl::Status built = RunTool(
      folder,
      {"arm-none-eabi-g++", absl::StrCat("-mcpu=", machine.cpu),
       absl::StrCat("-mfpu=", machine.fpu), "-mthumb", "-mfloat-abi=hard",
       "-std=c++17", "-O2", "-fno-exceptions", "-nostartfiles",
       absl::StrCat("-I", source), "model.cc", "data.S",
       absl::StrCat(source, "/tests/integration/qemu_harness.cc"), "-T",
       absl::StrCat(source, "/tests/integration/qemu.ld"), "-o", "model.elf"});
  ASSERT_TRUE(built.ok()) << built;
  const absl::Status ran =
      RunTool(folder, {"qemu-system-arm", "-M", machine.name, "-icount",
                       "shift=0", "-semihosting", "-nographic", "-monitor",
                       "none", "-serial", "none", "-kernel", "model.elf"});
  ASSERT_TRUE(ran.ok()) << ran;
  const auto outputs = base::ReadFile(folder / "outputs");
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(*outputs, want) << golden << " on " << machine.name;
  const auto ticks = base::ReadFile(folder / "ticks");
  ASSERT_TRUE(ticks.ok() && ticks->size() == 8);
  uint32_t first = 0;
  std::memcpy(&first, ticks->data(), 4);
  std::cout << golden << " on " << machine.cpu << ": "
            << static_cast<int64_t>(first) * 50 << " instructions\n";
}

TEST_F(EngineImage, GeneratedCodeOnQemuGivesTheGoldenBytes) {
  if (!RunTool("/", {"qemu-system-arm", "--version"}).ok()) {
    std::cerr << "SKIPPED: qemu-system-arm is not installed\n";
    GTEST_SKIP();
  }
  const auto temp = base::TempDir::Create();
  ASSERT_TRUE(temp.ok());
  const auto model = Compile(kKws, "nucleo_f412zg", temp->path());
  ASSERT_TRUE(model.ok()) << model.status();
  CheckOnQemu(temp->path(), "kws", 490,
              {"mps2-an386", "cortex-m4", "fpv4-sp-d16"});
  CheckOnQemu(temp->path(), "kws", 490,
              {"mps2-an500", "cortex-m7", "fpv5-sp-d16"});
}

}  // namespace
}  // namespace tinyrig::tests
