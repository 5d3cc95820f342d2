// The cycle models against documented costs, snippet by snippet
// (programs/timing.S), and the exceptions' and loops' costs.
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "emulator/cpu/testing/machine.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kFirstData = kRamBase + 0x10000;

struct Case {
  uint32_t short_run, long_run, m4_cycles, m7_cycles, name;
};

class Bench {
 public:
  explicit Bench(CoreKind kind) : machine_(kind) {
    std::ifstream file(
        std::string(TINYRIG_BINARY_DIR) + "/emulator/cpu/programs/timing.bin",
        std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    std::copy(bytes.begin(), bytes.end(), machine_.code.begin());
    machine_.Connect();
    machine_.core->Reset(0);
    AllowFloat();
  }

  std::vector<Case> Cases() {
    std::vector<Case> cases;
    for (uint32_t at = machine_.Word(8); at < machine_.Word(12); at += 20) {
      cases.push_back({machine_.Word(at), machine_.Word(at + 4),
                       machine_.Word(at + 8), machine_.Word(at + 12),
                       machine_.Word(at + 16)});
    }
    return cases;
  }
  std::string Name(const Case& tested) {
    return reinterpret_cast<const char*>(machine_.At(tested.name));
  }
  double PerCopy(const Case& tested) {
    const uint64_t few = Run(tested.short_run);
    return static_cast<double>(Run(tested.long_run) - few) / 96;
  }

 private:
  void AllowFloat() {
    // str r1, [r0]; bkpt: CPACR, from RAM
    machine_.Put(kRamBase, {0x6001, 0xBE00});
    Core::Registers registers = machine_.core->ReadRegisters();
    registers.r[0] = 0xE000ED88;
    registers.r[1] = 0xF << 20;
    registers.r[15] = kRamBase;
    machine_.core->WriteRegisters(registers);
    machine_.core->Run(machine_.core->NowCycles() + 100);
  }

  uint64_t Run(uint32_t start) {
    Core::Registers registers;
    registers.r[6] = 1;
    registers.r[7] = 0xFFFFFFFF;
    registers.r[8] = 16;
    registers.r[9] = 0;
    registers.r[10] = kFirstData;
    registers.r[11] = kFirstData + 0x1000;
    registers.r[12] = kFirstData + 0x2000;
    registers.r[13] = registers.msp = kStackTop;
    registers.r[15] = start;
    registers.control = 4;
    machine_.PutWord(kFirstData + 0x2000, kFirstData + 0x2000);
    for (int i = 0; i < 32; ++i) {
      registers.s[i] = 0x3F800000;
    }
    machine_.core->WriteRegisters(registers);
    const uint64_t before = machine_.core->NowCycles();
    EXPECT_EQ(machine_.core->Run(before + 100000), StopReason::kBreakpoint);
    return machine_.core->NowCycles() - before;
  }

  Machine machine_;
};

TEST(TimingM4, DocumentedCosts) {
  Bench bench(CoreKind::kCortexM4F);
  const std::vector<Case> cases = bench.Cases();
  ASSERT_GT(cases.size(), 50u);
  for (const Case& tested : cases) {
    EXPECT_NEAR(bench.PerCopy(tested), tested.m4_cycles, 0.03)
        << bench.Name(tested);
  }
}

TEST(TimingM7, RulesOfTheSimpleModel) {
  Bench bench(CoreKind::kCortexM7Dp);
  int claimed = 0;
  for (const Case& tested : bench.Cases()) {
    if (tested.m7_cycles != 0) {
      ++claimed;
      EXPECT_NEAR(bench.PerCopy(tested), tested.m7_cycles, 0.03)
          << bench.Name(tested);
    }
  }
  EXPECT_GT(claimed, 20);
}

// subs.n; bne.n to an aligned target: the classic delay loop.
TEST(TimingM4, DelayLoopTakesThreeCycles) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0x3801, 0xD1FD, 0xBE00});
  machine.Start();
  Core::Registers registers = machine.core->ReadRegisters();
  registers.r[0] = 1000;
  machine.core->WriteRegisters(registers);
  EXPECT_EQ(machine.core->Run(100000), StopReason::kBreakpoint);
  EXPECT_EQ(machine.core->NowCycles(), 3u * 999 + 2);
  EXPECT_EQ(machine.core->InstructionCount(), 2000u);
}

}  // namespace
}  // namespace tinyrig::emulator::testing
