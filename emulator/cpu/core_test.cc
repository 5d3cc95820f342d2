// The core's contract (core.h): running, events, sleep, interrupts, code
// changes. Instruction semantics are in unicorn_test.cc, exceptions and faults
// seen from a program in qemu_test.cc, memory and system in system_test.cc.
#include "emulator/cpu/testing/run_code.h"

namespace tinyrig::emulator::testing {
namespace {

TEST(Core, ResetTakesStackAndStartFromTheVectorTable) {
  Machine machine;
  machine.Connect();
  machine.PutWord(0x1000, 0x20001000);
  machine.PutWord(0x1004, 0x2345);
  machine.core->Reset(0x1000);
  const Core::Registers registers = machine.core->ReadRegisters();
  EXPECT_EQ(registers.r[13], 0x20001000u);
  EXPECT_EQ(registers.r[15], 0x2344u);
  EXPECT_EQ(registers.r[14], 0xFFFFFFFFu);
}

TEST(Core, StopsAtTheLimitAndCarriesOn) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0x3001, 0xE7FD});  // adds r0, #1; b .-2
  machine.Start();
  EXPECT_EQ(machine.core->Run(300), StopReason::kLimit);
  EXPECT_GE(machine.core->NowCycles(), 300u);
  EXPECT_LE(machine.core->NowCycles(), 303u);
  const uint32_t count = R(machine, 0);
  EXPECT_NEAR(count, 100, 2);
  EXPECT_EQ(machine.core->Run(600), StopReason::kLimit);
  EXPECT_NEAR(R(machine, 0), 200, 2);
}

TEST(Core, RunsAreDeterministic) {
  const auto run = [] {
    Machine machine(CoreKind::kCortexM7Dp);
    machine.Connect();
    machine.Put(kProgramStart, {0x3001, 0x1889, 0x4048, 0xE7FB});
    machine.Start();
    for (uint64_t limit : {777u, 5000u, 123456u}) {
      machine.core->At(limit / 2, [] {});
      machine.core->Run(limit);
    }
    return std::make_tuple(machine.core->NowCycles(),
                           machine.core->InstructionCount(), R(machine, 0));
  };
  EXPECT_EQ(run(), run());
}

// Slicing a run by limits must not change what it counts.
TEST(Core, LimitsDoNotChangeCounts) {
  const auto run = [](uint64_t slice, CoreKind kind) {
    Machine machine(kind);
    machine.Connect();
    machine.Put(kProgramStart,
                {0x3001, 0x1889, 0xF8DA, 0x2000, 0x4048, 0xE7F9});
    machine.Start();
    SetR(&machine, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, kRamBase});
    while (machine.core->InstructionCount() < 1000) {
      machine.core->Run(machine.core->NowCycles() + slice);
    }
    while (R(machine, 15) != kProgramStart) {
      machine.core->Run(machine.core->NowCycles() + 1);
    }
    return static_cast<double>(machine.core->NowCycles()) /
           static_cast<double>(machine.core->InstructionCount());
  };
  for (CoreKind kind : {CoreKind::kCortexM4F, CoreKind::kCortexM7Dp}) {
    EXPECT_NEAR(run(1, kind), run(100000, kind), 0.01);
  }
}

TEST(Events, RunInOrderAtTheirCycle) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {kLoopHere});
  machine.Start();
  std::vector<uint64_t> seen;
  const auto note = [&] { seen.push_back(machine.core->NowCycles()); };
  machine.core->At(500, note);
  machine.core->At(100, note);
  const auto cancelled = machine.core->At(200, note);
  machine.core->Cancel(cancelled);
  EXPECT_EQ(machine.core->NextEventCycles(), 100u);
  EXPECT_EQ(machine.core->Run(1000), StopReason::kLimit);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_NEAR(static_cast<double>(seen[0]), 100, 2);
  EXPECT_NEAR(static_cast<double>(seen[1]), 500, 2);
  EXPECT_EQ(machine.core->NextEventCycles(), UINT64_MAX);
}

TEST(Events, CanStopTheRun) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {kLoopHere});
  machine.Start();
  machine.core->At(400, [&] { machine.core->RequestStop(); });
  EXPECT_EQ(machine.core->Run(100000), StopReason::kRequested);
  EXPECT_LT(machine.core->NowCycles(), 410u);
}

TEST(Sleep, ReturnsAndWakesByAnInterruptLine) {
  Machine machine;
  machine.Connect();
  // r1 -> ISER0; enable IRQ 3, sleep, breakpoint. The handler counts in r4.
  machine.Put(kProgramStart, {0x6008, kWfi, kBkpt});
  machine.Put(0x100, {0x3401, kBxLr});
  machine.Start();
  SetR(&machine, {1u << 3, 0xE000E100});
  EXPECT_EQ(machine.core->Run(1000), StopReason::kSleep);
  const uint64_t asleep = machine.core->NowCycles();
  EXPECT_EQ(machine.core->Run(100000), StopReason::kSleep);
  EXPECT_EQ(machine.core->NowCycles(), asleep);
  machine.core->At(5000, [&] {
    machine.core->SetLine(3, true);
    machine.core->At(5020, [&] { machine.core->SetLine(3, false); });
  });
  machine.core->SkipTo(machine.core->NextEventCycles());
  EXPECT_EQ(machine.core->Run(100000), StopReason::kBreakpoint);
  EXPECT_GE(R(machine, 4), 1u);
  EXPECT_GE(machine.core->NowCycles(), 5000u);
  EXPECT_LT(machine.core->NowCycles(), 5200u);
}

TEST(Interrupts, LevelPendsAgainUntilTheLineFalls) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0x6008, kLoopHere});
  machine.Put(0x100, {0x3401, kBxLr});
  machine.Start();
  SetR(&machine, {1, 0xE000E100});
  machine.core->SetLine(0, true);
  machine.core->Run(400);
  const uint32_t many = R(machine, 4);
  EXPECT_GT(many, 5u);
  machine.core->SetLine(0, false);
  machine.core->Run(800);
  const uint32_t last = R(machine, 4);
  machine.core->Run(2000);
  EXPECT_LE(last, many + 2);
  EXPECT_EQ(R(machine, 4), last);
}

TEST(Interrupts, EntryTakesTwelveCycles) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0x6008, 0xBF00, kBkpt});
  machine.Put(0x100, {kBkpt});
  machine.Start();
  SetR(&machine, {1, 0xE000E100});
  machine.core->SetLine(0, true);
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 15), 0x100u);
  EXPECT_EQ(machine.core->NowCycles(), 1u + 12u);
}

TEST(Code, StoresToDecodedCodeTakeEffect) {
  Machine machine;
  machine.Connect();
  // Runs a function at r1 (movs r0, #1; bx lr), changes it, runs it again.
  machine.Put(0x1000, {0x2001, kBxLr});
  RunCode(&machine, {0x4788, 0x4605, 0x801A, 0x4788},
          {0, 0x1001, 0x2007, 0x1000});
  EXPECT_EQ(R(machine, 5), 1u);
  EXPECT_EQ(R(machine, 0), 7u);
}

TEST(Code, InvalidateSeesFlashProgrammingThroughAnAlias) {
  Machine machine;
  machine.map.memories[0].writable = false;
  machine.map.memories.push_back(
      {"alias", 0x08000000, kMemoryBytes, machine.code.data(), false, nullptr});
  machine.Connect();
  machine.Put(kProgramStart, {0x2001, kBkpt});
  machine.Start(0x08000000 + kProgramStart);
  machine.core->Run(1000);
  EXPECT_EQ(R(machine, 0), 1u);
  machine.Put(kProgramStart, {0x2009, kBkpt});
  machine.core->InvalidateCode(0, 1024);
  machine.Start(0x08000000 + kProgramStart);
  machine.core->Run(machine.core->NowCycles() + 1000);
  EXPECT_EQ(R(machine, 0), 9u);
}

TEST(Code, CrossesPages) {
  for (CoreKind kind : {CoreKind::kCortexM4F, CoreKind::kCortexM7Dp}) {
    Machine machine(kind);
    machine.Connect();
    uint32_t at = 0x1FF0;
    while (at < 0x2010) {
      at = machine.Put(at, {0x3001});
    }
    // The last instruction of the page is wide and runs over its end.
    machine.Put(0x1FFE, {0xF100, 0x0064});  // add.w r0, r0, #100
    machine.Put(at, {kBkpt});
    machine.Start(0x1FF0);
    EXPECT_EQ(machine.core->Run(10000), StopReason::kBreakpoint);
    EXPECT_EQ(R(machine, 0), 7u + 100 + 7);
    EXPECT_EQ(machine.core->InstructionCount(), 15u);
    EXPECT_LE(machine.core->NowCycles(), 15u);
  }
}

}  // namespace
}  // namespace tinyrig::emulator::testing
