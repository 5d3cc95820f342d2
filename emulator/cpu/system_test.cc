// Memory, devices, faults, and the system registers of a core.
#include <functional>

#include "emulator/cpu/testing/run_code.h"

namespace tinyrig::emulator::testing {
namespace {

TEST(Memory, BitBandOnTheM4Only) {
  Machine machine;
  machine.Connect();
  machine.PutWord(kRamBase + 4, 0x100);
  // ldr r1, [r0]; movs r2, #1; str r2, [r3]
  RunCode(&machine, {0x6801, 0x2201, 0x601A},
          {0x22000000 + 4 * 32 + 8 * 4, 0, 0, 0x22000000 + 4 * 32 + 5 * 4});
  EXPECT_EQ(R(machine, 1), 1u);
  EXPECT_EQ(machine.Word(kRamBase + 4), 0x120u);
}

TEST(Memory, UnalignedWordAcrossPages) {
  Machine machine;
  machine.Connect();
  machine.PutWord(kRamBase + 0xFFC, 0x44332211);
  machine.PutWord(kRamBase + 0x1000, 0x88776655);
  RunCode(&machine, {0x6801}, {kRamBase + 0xFFE});
  EXPECT_EQ(R(machine, 1), 0x66554433u);
}

class Port : public Device {
 public:
  std::function<void()> on_write = [] {};
  bool Read(uint32_t offset, unsigned size, uint32_t* value) override {
    *value = offset << 8 | size;
    return offset != 0x20;
  }
  bool Write(uint32_t offset, unsigned, uint32_t value) override {
    written = value + offset;
    on_write();
    return true;
  }
  void Reset() override {}
  uint32_t written = 0;
};

TEST(Memory, DevicesAndFlashStores) {
  Machine machine;
  Port port;
  machine.map.devices.push_back({"port", 0x40000000, 0x400, &port});
  machine.map.memories[0].writable = false;
  machine.map.memories[0].store_device = &port;
  machine.Connect();
  // ldrh r1, [r0, #0x10]; strb r2, [r0, #3]
  RunCode(&machine, {0x8A01, 0x70C2}, {0x40000000, 0, 0x1FF});
  EXPECT_EQ(R(machine, 1), 0x1002u);
  EXPECT_EQ(port.written, 0xFFu + 3);
  RunCode(&machine, {0x6002}, {0x3000, 0, 5});  // a store to flash
  EXPECT_EQ(port.written, 0x3005u);
}

// A stop asked for by a device counts at once: nothing runs behind the store.
TEST(Memory, DeviceCanStopTheRunAndLiveInVendorSpace) {
  Machine machine;
  Port port;
  port.on_write = [&] { machine.core->RequestStop(); };
  machine.map.devices.push_back({"dbgmcu", 0xE0042000, 0x400, &port});
  machine.Connect();
  // str r2, [r0]; ldr r1, [r0, #4]; adds r3, #1; bkpt
  machine.Put(kProgramStart, {0x6002, 0x6841, 0x3301, kBkpt});
  machine.Start();
  SetR(&machine, {0xE0042000, 0, 5, 0});
  EXPECT_EQ(machine.core->Run(1000), StopReason::kRequested);
  EXPECT_EQ(R(machine, 15), kProgramStart + 2);
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 1), 0x404u);
}

TEST(Faults, DeviceRefusalIsAPreciseBusFault) {
  Machine machine;
  Port port;
  machine.map.devices.push_back({"port", 0x40000000, 0x400, &port});
  machine.Connect();
  machine.Put(kProgramStart, {0x6A01, kBkpt});  // ldr r1, [r0, #0x20]
  // Handler: read CFSR, HFSR, BFAR through r7.
  machine.Put(0x100, {0x6ABC, 0x6AFD, 0x6BBE, kBkpt});
  machine.Start();
  SetR(&machine, {0x40000000, 0, 0, 0, 0, 0, 0, 0xE000ED00});
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 4), 0x8200u);
  EXPECT_EQ(R(machine, 5), 0x40000000u);
  EXPECT_EQ(R(machine, 6), 0x40000020u);
  EXPECT_EQ(machine.Word(kStackTop - 8), kProgramStart);
}

TEST(Faults, FaultInHardFaultLocksUp) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0xDE00});
  machine.Put(0x100, {0xDE00});
  machine.Start();
  EXPECT_EQ(machine.core->Run(1000), StopReason::kLockup);
  EXPECT_EQ(machine.lockups, 1);
  EXPECT_EQ(machine.core->Run(2000), StopReason::kLockup);
  machine.Put(kProgramStart, {kBkpt});
  machine.core->InvalidateCode(0, 1024);
  machine.Start();
  EXPECT_EQ(machine.core->Run(3000), StopReason::kBreakpoint);
}

TEST(Faults, SecondRunAtABreakpointIsAHardFault) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {kBkpt});
  machine.Put(0x100, {0x2042, kLoopHere});
  machine.Start();
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 15), kProgramStart);
  EXPECT_EQ(machine.core->Run(1000), StopReason::kLimit);
  EXPECT_EQ(R(machine, 0), 0x42u);
}

TEST(System, ResetRequestReachesTheListener) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0x6001, kLoopHere});  // str r1, [r0]
  machine.Start();
  SetR(&machine, {0xE000ED0C, 0x12340004});  // wrong key
  machine.core->Run(100);
  EXPECT_EQ(machine.resets, 0);
  machine.Start();
  SetR(&machine, {0xE000ED0C, 0x05FA0004});
  EXPECT_EQ(machine.core->Run(100000), StopReason::kRequested);
  EXPECT_EQ(machine.resets, 1);
}

// DWT: str r1,[r0] DEMCR; [str r3,[r2] LAR;] str r5,[r4] CTRL; nops; read.
TEST(System, CycleCounterNeedsItsEnables) {
  for (CoreKind kind : {CoreKind::kCortexM4F, CoreKind::kCortexM7Dp}) {
    for (bool unlock : {false, true}) {
      Machine machine(kind);
      machine.Connect();
      const uint32_t store_lar = unlock ? 0x6013u : 0xBF00u;
      RunCode(&machine,
              {0x6001, store_lar, 0x6025, 0x6866, 0xBF00, 0xBF00, 0xBF00,
               0xBF00, 0x6867},
              {0xE000EDFC, 1u << 24, 0xE0001FB0, 0xC5ACCE55, 0xE0001000, 1});
      const uint32_t passed = R(machine, 7) - R(machine, 6);
      if (kind == CoreKind::kCortexM4F || unlock) {
        EXPECT_GE(passed, 2u);
        EXPECT_LE(passed, 7u);
      } else {
        EXPECT_EQ(passed, 0u);
      }
    }
  }
}

TEST(System, VirtualInstructionCounter) {
  Machine machine;
  machine.Connect();
  // ldr r1,[r0]; ldr r2,[r0,#4]; nop; nop; ldr r3,[r0]
  RunCode(&machine, {0x6801, 0x6842, 0xBF00, 0xBF00, 0x6803}, {0xE0043000});
  EXPECT_EQ(R(machine, 1), 0u);
  EXPECT_EQ(R(machine, 2), 0u);
  EXPECT_EQ(R(machine, 3), 4u);
}

TEST(System, SysTickCountsDownAndInterrupts) {
  Machine machine;
  machine.Connect();
  // str r1,[r0,#4] LOAD; str r2,[r0,#8] VAL; str r3,[r0] CTRL; b .
  machine.Put(kProgramStart, {0x6041, 0x6082, 0x6003, kLoopHere});
  machine.Put(0x100, {0x3401, kBxLr});
  machine.Start();
  SetR(&machine, {0xE000E010, 999, 0, 7});
  machine.core->Run(10500);
  EXPECT_EQ(R(machine, 4), 10u);
  EXPECT_NE(machine.core->NextEventCycles(), UINT64_MAX);
  machine.Start();
  EXPECT_EQ(machine.core->NextEventCycles(), UINT64_MAX);
}

// DDI 0403, B1.5.8: a frame whose IPSR does not fit the mode returned to.
TEST(Faults, ReturnWithTheWrongIpsrIsInvalidPc) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0xDF00, kBkpt});  // svc #0
  machine.Put(0x100, {0x6ABC, 0x6AFD, kBkpt});  // CFSR, HFSR
  // ldr r0,[sp,#28]; adds r0,#3; str r0,[sp,#28]; bx lr
  machine.Put(0x180, {0x9807, 0x3003, 0x9007, kBxLr});
  machine.Start();
  machine.PutWord(4 * 11, 0x181);
  SetR(&machine, {0, 0, 0, 0, 0, 0, 0, 0xE000ED00});
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 4), 1u << 18);
  EXPECT_EQ(R(machine, 5), 1u << 30) << "UsageFault is not enabled";
  EXPECT_EQ(R(machine, 13), kStackTop - 32) << "the frame stays";
}

TEST(System, CacheRegistersOnTheM7) {
  Machine machine(CoreKind::kCortexM7Dp);
  machine.core = CreateCore({.kind = CoreKind::kCortexM7Dp,
                             .cpuid = 0x411FC271,
                             .icache_bytes = 16384,
                             .dcache_bytes = 16384});
  machine.Connect();
  // ldr r1,[r0] CPUID; ldr r2,[r7] CCSIDR of D; str r3,[r7,#4]; ldr r4,[r7]
  RunCode(&machine, {0x6801, 0x683A, 0x607B, 0x683C},
          {0xE000ED00, 0, 0, 1, 0, 0, 0, 0xE000ED80});
  EXPECT_EQ(R(machine, 1), 0x411FC271u);
  EXPECT_EQ(R(machine, 2) >> 13 & 0x7FFF, 127u);
  EXPECT_EQ(R(machine, 4) >> 13 & 0x7FFF, 255u);
}

TEST(System, FloatingPointNeedsAccess) {
  Machine machine;
  machine.Connect();
  machine.Put(kProgramStart, {0xEE30, 0x0A00, kBkpt});  // vadd.f32 s0, s0, s0
  machine.Put(0x100, {0x6ABC, kBkpt});
  machine.Start();
  SetR(&machine, {0, 0, 0, 0, 0, 0, 0, 0xE000ED00});
  EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
  EXPECT_EQ(R(machine, 4), 1u << 19);
}

// D16 to D31 do not exist: what names them stays within the sixteen.
TEST(System, DoubleRegistersBeyondTheBankNameItAgain) {
  Machine machine(CoreKind::kCortexM7Dp);
  machine.Connect();
  // str r1,[r0] CPACR; vmov.f64 d31, #1.0
  RunCode(&machine, {0x6001, 0xEEF7, 0xFB00}, {0xE000ED88, 0xF << 20});
  const Core::Registers registers = machine.core->ReadRegisters();
  EXPECT_EQ(registers.s[31], 0x3FF00000u);
  EXPECT_EQ(registers.msp, kStackTop);
  EXPECT_EQ(registers.fpscr, 0u);
}

TEST(System, DoublePrecisionOnlyWhereItExists) {
  for (CoreKind kind :
       {CoreKind::kCortexM4F, CoreKind::kCortexM7Sp, CoreKind::kCortexM7Dp}) {
    Machine machine(kind);
    machine.Connect();
    // str r1,[r0] CPACR; vadd.f64 d0, d0, d0
    machine.Put(kProgramStart, {0x6001, 0xEE30, 0x0B00, kBkpt});
    machine.Put(0x100, {0x6ABC, kBkpt});
    machine.Start();
    SetR(&machine, {0xE000ED88, 0xF << 20, 0, 0, 0, 0, 0, 0xE000ED00});
    EXPECT_EQ(machine.core->Run(1000), StopReason::kBreakpoint);
    EXPECT_EQ(R(machine, 4), kind == CoreKind::kCortexM7Dp ? 0u : 1u << 16);
  }
}

}  // namespace
}  // namespace tinyrig::emulator::testing
