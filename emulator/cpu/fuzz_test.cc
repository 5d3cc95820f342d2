// Random bytes as programs: whatever they are, the core neither crashes nor
// hangs, and twice the same gives twice the same.
#include <gtest/gtest.h>

#include "emulator/cpu/testing/encodings.h"
#include "emulator/cpu/testing/machine.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kSeed = 1234;
constexpr int kPrograms = 60;
constexpr uint64_t kCycles = 4000;

struct Outcome {
  uint64_t cycles = 0;
  uint64_t instructions = 0;
  std::vector<uint8_t> ram;
  Core::Registers registers;
};

// Half of the halfwords begin a 32-bit encoding or an IT, where most can break.
void FillWithNoise(Machine* machine, Random* random) {
  for (uint32_t at = 0x100; at < 0x1800; at += 2) {
    const uint32_t value = (*random)();
    switch (value >> 28) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        machine->Put(at, {0xE800 | (value & 0x17FF)});
        break;
      case 5:
        machine->Put(at, {0xBF00 | (value & 0xFF)});
        break;
      case 6:
        machine->Put(at, {0xEE00 | (value & 0x11FF), 0x0A00 | (value >> 8)});
        break;
      default:
        machine->Put(at, {value & 0xFFFF});
        break;
    }
  }
}

Outcome RunNoise(CoreKind kind, uint32_t seed) {
  Random random(seed);
  Machine machine(kind);
  machine.Connect();
  FillWithNoise(&machine, &random);
  machine.Start();
  Core::Registers registers = machine.core->ReadRegisters();
  for (int i = 0; i < 13; ++i) {
    const uint32_t value = random();
    registers.r[i] =
        (value & 1) != 0 ? kRamBase + (value & 0x1FFFC) : (value & 0x17FE);
  }
  registers.r[7] = 0xE000E000 + (random() & 0xFFC);
  machine.core->WriteRegisters(registers);
  for (int i = 0; i < 50 && machine.core->NowCycles() < kCycles; ++i) {
    const StopReason reason = machine.core->Run(kCycles);
    if (reason == StopReason::kLockup) {
      break;
    }
    if (reason == StopReason::kSleep) {
      machine.core->SetLine(random() % 32, true);
      machine.core->SkipTo(machine.core->NowCycles() + 10);
    }
  }
  return {machine.core->NowCycles(), machine.core->InstructionCount(),
          machine.ram, machine.core->ReadRegisters()};
}

TEST(CoreFuzz, NoiseIsSurvivedAndRepeatable) {
  uint64_t instructions = 0;
  for (int i = 0; i < kPrograms; ++i) {
    const auto kind = static_cast<CoreKind>(i % 3);
    const uint32_t seed = kSeed + static_cast<uint32_t>(i);
    SCOPED_TRACE(seed);
    const Outcome first = RunNoise(kind, seed);
    const Outcome second = RunNoise(kind, seed);
    EXPECT_EQ(first.cycles, second.cycles);
    EXPECT_EQ(first.instructions, second.instructions);
    EXPECT_EQ(first.ram, second.ram);
    EXPECT_TRUE(std::equal(first.registers.r, first.registers.r + 16,
                           second.registers.r));
    instructions += first.instructions;
  }
  EXPECT_GT(instructions, 500u);
  std::printf("%llu instructions of noise\n",
              static_cast<unsigned long long>(instructions));
}

}  // namespace
}  // namespace tinyrig::emulator::testing
