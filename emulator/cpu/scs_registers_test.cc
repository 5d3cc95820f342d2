// The register table: resets, masks, and narrow accesses through the bus.
#include "emulator/cpu/scs_registers.h"

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/testing/run_code.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kScsBase = 0xE000E000;
constexpr uint32_t kShpr3 = 0xD20;
constexpr uint32_t kHfsr = 0xD2C;
constexpr uint32_t kIser = 0x100;

class ScsRegisters : public ::testing::TestWithParam<CoreKind> {
 protected:
  ScsRegisters() : machine_(GetParam()), table_(GetParam()) {
    machine_.Connect();
    machine_.Start();
  }
  Cpu& cpu() { return static_cast<Cpu&>(*machine_.core); }

  Machine machine_;
  ScsTable table_;
};

TEST_P(ScsRegisters, StoredOnesResetAndKeepOnlyTheBitsOfTheirMask) {
  int stored = 0;
  for (uint32_t offset = 0; offset < 0x1000; offset += 4) {
    const ScsRegister* row = table_.Find(offset);
    if (row == nullptr || row->stored == nullptr) {
      continue;
    }
    SCOPED_TRACE(row->name);
    ++stored;
    EXPECT_EQ(cpu().ReadScs(offset), row->reset);
    if (!row->ones_act) {
      cpu().WriteScs(offset, 0xFFFFFFFF);
      EXPECT_EQ(cpu().ReadScs(offset), row->mask);
    }
  }
  EXPECT_GE(stored, 12);
  machine_.Start();
  for (uint32_t offset = 0; offset < 0x1000; offset += 4) {
    const ScsRegister* row = table_.Find(offset);
    if (row != nullptr && row->stored != nullptr) {
      EXPECT_EQ(cpu().ReadScs(offset), row->reset) << row->name;
    }
  }
}

TEST_P(ScsRegisters, ConstantsIgnoreWritesAndGapsReadAsZero) {
  for (uint32_t offset = 0; offset < 0x1000; offset += 4) {
    const ScsRegister* row = table_.Find(offset);
    if (row == nullptr) {
      cpu().WriteScs(offset, 0xFFFFFFFF);
      EXPECT_EQ(cpu().ReadScs(offset), 0u) << std::hex << offset;
    } else if (row->mask == 0 && row->write == nullptr) {
      const uint32_t before = cpu().ReadScs(offset);
      cpu().WriteScs(offset, ~before);
      EXPECT_EQ(cpu().ReadScs(offset), before) << row->name;
    }
  }
}

TEST_P(ScsRegisters, NarrowWritesReachTheirBytesOnly) {
  uint32_t word = 0;
  ASSERT_TRUE(cpu().StoreSlow(kScsBase + kShpr3, 4, 0x10203040));
  ASSERT_TRUE(cpu().StoreSlow(kScsBase + kShpr3 + 2, 1, 0x70));
  ASSERT_TRUE(cpu().LoadSlow(kScsBase + kShpr3, 4, &word));
  EXPECT_EQ(word, 0x10703040u);
  ASSERT_TRUE(cpu().LoadSlow(kScsBase + kShpr3 + 2, 2, &word));
  EXPECT_EQ(word, 0x1070u);
  ASSERT_TRUE(cpu().StoreSlow(kScsBase + kIser + 1, 1, 0x80));
  EXPECT_EQ(cpu().ReadScs(kIser), 0x8000u);
}

// Ones clear: the other bytes of the word stay as they are.
TEST_P(ScsRegisters, NarrowClearingLeavesTheOtherFlags) {
  cpu().scb.hfsr = Scb::kHfsrForced | Scb::kHfsrVectorTable;
  ASSERT_TRUE(cpu().StoreSlow(kScsBase + kHfsr, 1, Scb::kHfsrVectorTable));
  EXPECT_EQ(cpu().scb.hfsr, Scb::kHfsrForced);
}

INSTANTIATE_TEST_SUITE_P(Cores, ScsRegisters,
                         ::testing::Values(CoreKind::kCortexM4F,
                                           CoreKind::kCortexM7Sp,
                                           CoreKind::kCortexM7Dp));

}  // namespace
}  // namespace tinyrig::emulator::testing
