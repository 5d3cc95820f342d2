// What the architecture leaves UNPREDICTABLE in an IT block has one outcome
// here: a UsageFault (UNDEFINSTR) where its condition passes.
#include "emulator/cpu/testing/run_code.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kIteEq = 0xBF0C;
constexpr uint32_t kItEq = 0xBF08;
constexpr uint32_t kIttEq = 0xBF04;
constexpr uint32_t kUndefined = 1u << 16;

struct Case {
  const char* name;
  std::initializer_list<uint32_t> code;  // runs with Z set and r0 = 0
};

// CFSR after `code`, which runs into breakpoints; 0 when nothing faulted.
uint32_t FaultOf(CoreKind kind, std::initializer_list<uint32_t> code) {
  Machine machine(kind);
  machine.Connect();
  uint32_t at = machine.Put(kProgramStart, {0x2000});  // movs r0, #0
  at = machine.Put(at, code);
  for (int i = 0; i < 64; ++i) {
    at = machine.Put(at, {kBkpt});
  }
  machine.Put(0x100, {0x6ABC, kBkpt});  // ldr r4, [r7, #0x28]: CFSR
  machine.Start();
  SetR(&machine, {0, 1, 2, 3, 0, 5, kRamBase, 0xE000ED00});
  EXPECT_EQ(machine.core->Run(10000), StopReason::kBreakpoint);
  return R(machine, 4);
}

TEST(ItBlock, WhatMayNotStandThereIsUndefined) {
  const Case cases[] = {
      {"cbz", {kItEq, 0xB100, kBkpt}},
      {"cbz, first of four", {0xBF01, 0xB100, 0x2001, 0x2001, 0x2001}},
      {"b<c>.n", {kItEq, 0xD000}},
      {"b<c>.w", {kItEq, 0xF000, 0x8000}},
      {"b.n, not last", {kIttEq, 0xE000, 0x2001}},
      {"bl, not last", {kIttEq, 0xF000, 0xF800, 0x2001}},
      {"bx lr, not last", {kIttEq, 0x4770, 0x2001}},
      {"mov pc, not last", {kIttEq, 0x46F7, 0x2001}},
      {"add pc, not last", {kIttEq, 0x4487, 0x2001}},
      {"tbb, not last", {kIttEq, 0xE8DF, 0xF000, 0x2001}},
      {"ldr pc, not last", {kIttEq, 0xF8D6, 0xF000, 0x2001}},
      {"pop pc, not last", {kIttEq, 0xBD00, 0x2001}},
      {"cps", {kItEq, 0xB672}},
      {"it", {kItEq, kItEq, 0x2001}},
      {"it al, else", {0xBFEC, 0x2001, 0x2001}},
      {"it nv", {0xBFF8, 0x2001}},
  };
  for (const CoreKind kind : {CoreKind::kCortexM4F, CoreKind::kCortexM7Dp}) {
    for (const Case& each : cases) {
      EXPECT_EQ(FaultOf(kind, each.code), kUndefined) << each.name;
    }
  }
}

TEST(ItBlock, WhatMayStandThereRuns) {
  const Case cases[] = {
      {"b.n, last", {kIttEq, 0x2001, 0xE000}},
      {"bl, last", {kItEq, 0xF000, 0xF800}},
      {"pop pc after a condition that fails", {kIteEq, 0x2000, 0xBD00}},
      {"it al", {0xBFE8, 0x2001}},
      {"undefined, skipped", {0xBF18, 0xB100}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(FaultOf(CoreKind::kCortexM4F, each.code), 0u) << each.name;
  }
}

// DDI 0403, A7.7.17: BKPT is executed whatever its block says.
TEST(ItBlock, BreakpointsKnowNoCondition) {
  Machine machine;
  machine.Connect();
  // movs r0, #0; it ne; bkpt; b .
  machine.Put(kProgramStart, {0x2000, 0xBF18, kBkpt, kLoopHere});
  machine.Start();
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 15), kProgramStart + 4);
}

}  // namespace
}  // namespace tinyrig::emulator::testing
