// Random bytes as programs: whatever they are, the core neither crashes nor
// hangs, and twice the same gives twice the same.
#include <gtest/gtest.h>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/testing/encodings.h"
#include "emulator/cpu/testing/machine.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kSeed = 1234;
constexpr int kItPrograms = 300;
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
        machine->Put(
            at, {0xEE00 | (value & 0x11FF), 0x0A00 | (value >> 8 & 0xF1FF)});
        break;
      default:
        machine->Put(at, {value & 0xFFFF});
        break;
    }
  }
}

using Fill = void(Machine* machine, Random* random);

Outcome RunNoise(CoreKind kind, uint32_t seed, Fill* fill) {
  Random random(seed);
  Machine machine(kind);
  machine.Connect();
  fill(&machine, &random);
  machine.Start();
  constexpr uint32_t kCpacr = 0xD88;
  static_cast<Cpu&>(*machine.core).WriteScs(kCpacr, 0xFu << 20);
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

// Every kind of instruction in every place of an IT block, whether it may
// stand there or not.
void FillWithItBlocks(Machine* machine, Random* random) {
  for (uint32_t at = 0x100; at < 0x1800;) {
    const uint32_t it = 0xBF00 | ((*random)() & 0xFF);
    at = machine->Put(at, {it});
    for (int i = 0; i < 4 && at < 0x1800; ++i) {
      const uint32_t value = (*random)();
      // Half are branches, stack and system instructions: the 16-bit ones
      // from 1011 on, and the 32-bit ones with branches, loads, table jumps.
      switch (value >> 28) {
        case 0:
        case 1:
        case 2:
          at = machine->Put(at, {0xB000 | (value & 0x0FFF)});
          break;
        case 3:
        case 4:
          at = machine->Put(at, {0xD000 | (value & 0x1FFF)});
          break;
        case 5:
          at = machine->Put(at, {0x4400 | (value & 0x3FF)});
          break;
        case 6:
        case 7:
          at = machine->Put(
              at, {0xF000 | (value & 0x7FF), 0x8000 | (value >> 8 & 0x7FFF)});
          break;
        case 8:
          at = machine->Put(at, {0xE8D0 | (value & 15), 0xF000 | (value & 31)});
          break;
        case 9:
          at =
              machine->Put(at, {0xFE00 | (value & 0xFF), 0x0A00 | value >> 20});
          break;
        default:
          at = machine->Put(at, {value & 0xFFFF});
          break;
      }
    }
  }
}

TEST(CoreFuzz, ItBlocksAroundEveryInstructionAreSurvived) {
  for (int i = 0; i < kItPrograms; ++i) {
    const auto kind = static_cast<CoreKind>(i % 3);
    const uint32_t seed = kSeed + static_cast<uint32_t>(i);
    SCOPED_TRACE(seed);
    const Outcome first = RunNoise(kind, seed, FillWithItBlocks);
    const Outcome second = RunNoise(kind, seed, FillWithItBlocks);
    EXPECT_EQ(first.cycles, second.cycles);
    EXPECT_EQ(first.instructions, second.instructions);
    EXPECT_EQ(first.ram, second.ram);
  }
}

TEST(CoreFuzz, NoiseIsSurvivedAndRepeatable) {
  uint64_t instructions = 0;
  for (int i = 0; i < kPrograms; ++i) {
    const auto kind = static_cast<CoreKind>(i % 3);
    const uint32_t seed = kSeed + static_cast<uint32_t>(i);
    SCOPED_TRACE(seed);
    const Outcome first = RunNoise(kind, seed, FillWithNoise);
    const Outcome second = RunNoise(kind, seed, FillWithNoise);
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
