// The MPU: what regions permit, what a denied access does, and that pages get
// their fast way back.
#include "emulator/cpu/mpu.h"

#include <vector>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/testing/run_code.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kOn = 1;
constexpr uint32_t kOnInHardFault = 2;
constexpr uint32_t kDefaultMap = 4;  // for privileged accesses

constexpr uint32_t kNoAccess = 0u << 24;
constexpr uint32_t kPrivilegedOnly = 1u << 24;
constexpr uint32_t kFull = 3u << 24;
constexpr uint32_t kReadOnly = 6u << 24;
constexpr uint32_t kNever = 1u << 28;

constexpr uint32_t kDataDenied = 1u << 1 | 1u << 7;
constexpr uint32_t kFetchDenied = 1u << 0;
constexpr uint32_t kStackingDenied = 1u << 4;
constexpr uint32_t kForced = 1u << 30;

constexpr uint32_t kGuard = kRamBase + 0x100;
constexpr uint32_t kLoad = 0x6801;   // ldr r1, [r0]
constexpr uint32_t kStore = 0x6002;  // str r2, [r0]

uint32_t Rasr(unsigned size_log2, uint32_t rights, uint32_t parts_off = 0) {
  return rights | parts_off << 8 | (size_log2 - 1) << 1 | 1;
}

class MpuTest : public ::testing::TestWithParam<CoreKind> {
 protected:
  MpuTest() : machine_(GetParam()) {
    machine_.Connect();
    // Handler: CFSR, HFSR and MMFAR to r4, r5, r6 through r7.
    machine_.Put(0x100, {0x6ABC, 0x6AFD, 0x6B7E, kBkpt});
  }
  void Begin(std::initializer_list<uint32_t> program) {
    machine_.Put(machine_.Put(kProgramStart, program), {kBkpt});
    machine_.core->InvalidateCode(0, kMemoryBytes);
    machine_.Start();
  }
  void Region(uint32_t number, uint32_t base, uint32_t rasr) {
    cpu().WriteScs(0xD98, number);
    cpu().WriteScs(0xD9C, base);
    cpu().WriteScs(0xDA0, rasr);
  }
  void Control(uint32_t value) { cpu().WriteScs(0xD94, value); }
  StopReason Run(uint32_t r0, uint32_t r2 = 0x77) {
    SetR(&machine_, {r0, 0, r2, 0, 0, 0, 0, 0xE000ED00});
    return machine_.core->Run(machine_.core->NowCycles() + 100'000);
  }
  /// One access under the regions set so far. \return CFSR
  uint32_t Try(uint32_t access, uint32_t address) {
    const Mpu mpu = cpu().mpu;
    Begin({access});  // the fault before left the core in HardFault
    cpu().mpu = mpu;
    cpu().MpuChanged();
    EXPECT_EQ(Run(address), StopReason::kBreakpoint);
    return cpu().scb.cfsr;
  }
  Cpu& cpu() { return static_cast<Cpu&>(*machine_.core); }

  Machine machine_;
};

TEST_P(MpuTest, ADeniedAccessIsAMemManageFaultWithItsAddress) {
  for (const uint32_t access : {kLoad, kStore}) {
    Begin({access});
    machine_.PutWord(kGuard + 8, 0x1234);
    Region(0, kGuard, Rasr(5, kNoAccess | kNever));
    Control(kOn | kDefaultMap);
    ASSERT_EQ(Run(kGuard + 8), StopReason::kBreakpoint);
    EXPECT_EQ(R(machine_, 4), kDataDenied);
    EXPECT_EQ(R(machine_, 5), kForced) << "MemManage is not enabled";
    EXPECT_EQ(R(machine_, 6), kGuard + 8);
    EXPECT_EQ(machine_.Word(kStackTop - 8), kProgramStart) << "stacked PC";
    EXPECT_EQ(machine_.Word(kGuard + 8), 0x1234u);
  }
  Begin({kLoad});
  Region(0, kGuard, Rasr(5, kNoAccess));
  Control(kOn | kDefaultMap);
  cpu().WriteScs(0xD24, 1u << 16);
  ASSERT_EQ(Run(kGuard), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine_, 5), 0u);
  EXPECT_EQ(machine_.core->ReadRegisters().xpsr & 0x1FF, kMemManage);
}

TEST_P(MpuTest, NeighboursInThePageAndADisabledUnitPermit) {
  Begin({});
  Region(0, kGuard, Rasr(5, kNoAccess));
  Control(kDefaultMap);
  EXPECT_EQ(Try(kStore, kGuard), 0u);
  Control(kOn | kDefaultMap);
  EXPECT_EQ(Try(kStore, kGuard - 4), 0u);
  EXPECT_EQ(Try(kLoad, kGuard + 32), 0u);
  EXPECT_EQ(machine_.Word(kGuard - 4), 0x77u);
  EXPECT_EQ(Try(kLoad, kGuard - 2), kDataDenied) << "unaligned, half inside";
}

TEST_P(MpuTest, ReadOnlySubregionsAndTheHighestRegionWins) {
  Begin({});
  Region(0, kRamBase, Rasr(12, kReadOnly));
  Region(1, kRamBase + 0x400, Rasr(8, kNoAccess, 0b10));
  Region(3, kRamBase + 0x800, Rasr(5, kFull));
  Control(kOn | kDefaultMap);
  EXPECT_EQ(Try(kLoad, kRamBase), 0u);
  EXPECT_EQ(Try(kStore, kRamBase), kDataDenied);
  EXPECT_EQ(Try(kLoad, kRamBase + 0x400), kDataDenied);
  EXPECT_EQ(Try(kLoad, kRamBase + 0x420), 0u) << "a part that is off";
  EXPECT_EQ(Try(kStore, kRamBase + 0x420), kDataDenied) << "region 0 again";
  EXPECT_EQ(Try(kStore, kRamBase + 0x800), 0u);
  EXPECT_EQ(Try(kStore, kRamBase + 0x820), kDataDenied);
}

TEST_P(MpuTest, WithoutTheDefaultMapOnlyRegionsAreOpen) {
  Begin({});
  Region(0, kCodeBase, Rasr(18, kReadOnly));
  Region(1, kStackTop - 1024, Rasr(10, kFull));
  Control(kOn);
  EXPECT_EQ(Try(kLoad, kCodeBase + 0x40), 0u);
  EXPECT_EQ(Try(kLoad, kRamBase), kDataDenied);
  EXPECT_EQ(Try(kLoad, 0xE000ED00), 0u) << "the PPB is always open";
}

TEST_P(MpuTest, HardFaultSeesItOnlyOnRequest) {
  for (const bool always : {false, true}) {
    Begin({kLoad});
    machine_.Put(0x100, {0x6803, kBkpt});  // handler: ldr r3, [r0]
    machine_.core->InvalidateCode(0, kMemoryBytes);
    Region(0, kGuard, Rasr(5, kNoAccess));
    machine_.PutWord(kGuard, 0xABCD);
    Control(kOn | kDefaultMap | (always ? kOnInHardFault : 0));
    EXPECT_EQ(Run(kGuard),
              always ? StopReason::kLockup : StopReason::kBreakpoint);
    EXPECT_EQ(R(machine_, 3), always ? 0u : 0xABCDu);
  }
}

TEST_P(MpuTest, ExecuteNever) {
  const auto call = [&] {  // bx r0
    Begin({0x4700});
    machine_.Put(kRamBase + 0x40, {0x2505, kBkpt});  // movs r5, #5
  };
  call();
  ASSERT_EQ(Run(kRamBase + 0x41), StopReason::kBreakpoint);
  ASSERT_EQ(R(machine_, 5), 5u);
  call();  // decoded before: it must be asked for again
  Region(0, kRamBase, Rasr(8, kFull | kNever));
  Control(kOn | kDefaultMap);
  ASSERT_EQ(Run(kRamBase + 0x41), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine_, 4), kFetchDenied);
  EXPECT_EQ(machine_.Word(kStackTop - 8), kRamBase + 0x40);
  call();
  ASSERT_EQ(Run(kRamBase + 0x41), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine_, 5), 5u) << "a reset turns the unit off";
}

TEST_P(MpuTest, UnprivilegedCodeHasItsOwnRights) {
  // str r2, [r0]; msr control, r3; str r2, [r0]
  Begin({kStore, 0xF383, 0x8814, kStore});
  Region(0, kCodeBase, Rasr(18, kReadOnly));
  Region(1, kRamBase, Rasr(18, kFull));
  Region(2, kGuard, Rasr(5, kPrivilegedOnly));
  Control(kOn | kDefaultMap);
  SetR(&machine_, {kGuard, 0, 0x55, 1, 0, 0, 0, 0xE000ED00});
  ASSERT_EQ(machine_.core->Run(100'000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine_, 4), kDataDenied);
  EXPECT_EQ(machine_.Word(kStackTop - 8), kProgramStart + 6);
  EXPECT_EQ(machine_.Word(kGuard), 0x55u);
}

// As the firmware has it: threads on the process stack, a guard below it.
TEST_P(MpuTest, AStackOverflowStillReachesItsHandler) {
  for (const bool masked : {false, true}) {
    Begin({0xB5F0, kLoopHere});  // push {r4-r7, lr}; b .
    Core::Registers registers = machine_.core->ReadRegisters();
    registers.control = 2;
    registers.msp = registers.r[13];
    registers.psp = registers.r[13] = kGuard + 32 + 8;
    registers.primask = masked ? 1 : 0;
    machine_.core->WriteRegisters(registers);
    Region(0, kGuard, Rasr(5, kNoAccess));
    Control(kOn | kDefaultMap);
    cpu().WriteScs(0xD24, 1u << 16);
    ASSERT_EQ(Run(0), StopReason::kBreakpoint);
    EXPECT_EQ(R(machine_, 4), kDataDenied | kStackingDenied);
    EXPECT_EQ(R(machine_, 5), masked ? kForced : 0u);
    EXPECT_EQ(R(machine_, 6), kGuard + 20);
    EXPECT_EQ(machine_.core->ReadRegisters().xpsr & 0x1FF,
              masked ? kHardFault : kMemManage);
    EXPECT_EQ(machine_.core->ReadRegisters().msp, kStackTop);
  }
}

// Code in a page that is partly denied: stores beside and over it.
TEST_P(MpuTest, ChangedCodeIsSeenInAWatchedPage) {
  Begin({0x4700});                                 // bx r0
  machine_.Put(kRamBase + 0x40, {0x2505, kBkpt});  // movs r5, #5
  Region(0, kRamBase + 0x800, Rasr(5, kNoAccess));
  Control(kOn | kDefaultMap);
  ASSERT_EQ(Run(kRamBase + 0x41), StopReason::kBreakpoint);
  ASSERT_EQ(R(machine_, 5), 5u);
  for (const bool on : {true, false}) {
    const uint32_t value = on ? 6 : 7;
    Control(on ? kOn | kDefaultMap : 0);
    // strh r2, [r0]; adds r0, #1; bx r0
    machine_.Put(kProgramStart, {0x8002, 0x3001, 0x4700});
    machine_.core->InvalidateCode(0, kMemoryBytes);
    Core::Registers registers = machine_.core->ReadRegisters();
    registers.r[15] = kProgramStart;
    machine_.core->WriteRegisters(registers);
    ASSERT_EQ(Run(kRamBase + 0x40, 0x2500 | value), StopReason::kBreakpoint);
    EXPECT_EQ(R(machine_, 5), value);
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, MpuTest,
                         ::testing::Values(CoreKind::kCortexM4F,
                                           CoreKind::kCortexM7Dp));

}  // namespace
}  // namespace tinyrig::emulator::testing
