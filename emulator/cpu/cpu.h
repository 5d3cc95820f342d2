// The core: its state (core_state.h), its units (NVIC, SCB, MPU, DWT, SysTick)
// and the services that instruction handlers use. Handlers (exec_*.cc) are free
// functions by design, split by instruction group; everything outside
// emulator/cpu sees only core.h.
//
// One thread at a time, the one that calls Run(); RequestStop() alone may come
// from any thread. Addresses are the guest's, sizes are bytes, times are CPU
// clocks since power-on.
#pragma once

#include <atomic>
#include <cfenv>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/core.h"
#include "emulator/cpu/code_page.h"
#include "emulator/cpu/core_state.h"
#include "emulator/cpu/dwt.h"
#include "emulator/cpu/event_list.h"
#include "emulator/cpu/fault.h"
#include "emulator/cpu/mpu.h"
#include "emulator/cpu/nvic.h"
#include "emulator/cpu/op.h"
#include "emulator/cpu/scb.h"
#include "emulator/cpu/scs_registers.h"
#include "emulator/cpu/systick.h"

namespace tinyrig::emulator {

class Cpu final : public Core, public CoreState {
 public:
  explicit Cpu(const CoreOptions& options);
  ~Cpu() override;

  // Core
  void Connect(const AddressMap& map, CoreListener* listener) override;
  void Reset(uint32_t vector_table) override;
  StopReason Run(uint64_t cycle_limit) override;
  void RequestStop() override;
  void SkipTo(uint64_t to_cycles) override;
  [[nodiscard]] uint64_t NextEventCycles() const override;
  [[nodiscard]] uint64_t InstructionCount() const override {
    return instructions;
  }
  void InvalidateCode(uint32_t base, uint32_t size_bytes) override;
  [[nodiscard]] std::string TimingModel() const override;
  [[nodiscard]] Registers ReadRegisters() const override;
  void WriteRegisters(const Registers& registers) override;
  [[nodiscard]] uint64_t NowCycles() const override { return cycles; }
  Handle At(uint64_t at_cycles, std::function<void()> action) override;
  void Cancel(Handle handle) override;
  void SetLine(unsigned irq, bool high) override;

  // --- units
  Nvic nvic;
  Scb scb;
  Mpu mpu;  ///< call MpuChanged() after every change of it
  Dwt dwt;
  SysTick systick;

  // --- registers put together
  [[nodiscard]] const CoreOptions& options() const { return options_; }
  [[nodiscard]] bool IsM7() const {
    return options_.kind != CoreKind::kCortexM4F;
  }
  [[nodiscard]] bool Privileged() const {
    return ipsr != 0 || (control & 1) == 0;
  }
  [[nodiscard]] uint32_t Apsr() const;
  void SetApsr(uint32_t value);
  [[nodiscard]] uint32_t Msp() const;
  [[nodiscard]] uint32_t Psp() const;
  void SetMsp(uint32_t value);
  void SetPsp(uint32_t value);
  /// As MSR CONTROL does: handlers stay on MSP.
  void SetControl(uint32_t value);
  /// FPSCR with what the host's FPU has collected (fpu_env.cc).
  uint32_t ReadFpscr();
  void WriteFpscr(uint32_t value);

  // --- data (memory.cc; the fast way: memory.h). False: a fault, which the
  // handler then hands to FaultTaken().
  bool LoadSlow(uint32_t address, unsigned size, uint32_t* value);
  bool StoreSlow(uint32_t address, unsigned size, uint32_t value);
  /// A word that must be aligned (LDM, LDRD, LDREX, VLDR).
  bool LoadAligned(uint32_t address, uint32_t* value);
  bool StoreAligned(uint32_t address, uint32_t value);

  // --- control flow (code_cache.cc, exceptions.cc): each returns the Op to
  // execute next, be it of an exception's handler.
  const Op* Jump(uint32_t address);
  /// The target of a direct branch to op->imm, remembered in op->link.
  const Op* Link(const Op* op);
  /// Interworking branch: BX, POP {PC}, LDR PC; EXC_RETURN in handlers.
  const Op* BranchTo(const Op* op, uint32_t target);
  const Op* Fault(const Op* op, FaultKind kind);
  const Op* FaultTaken(const Op* op);  ///< the one a failed access left
  const Op* SupervisorCall(const Op* op);
  /// BKPT: stops the run; a second run at the same place is a HardFault.
  const Op* Breakpoint(const Op* op);

  // --- exceptions and system
  /// -2 NMI .. 255; kThreadPriority when nothing is active or masked.
  [[nodiscard]] int ExecutionPriority() const;
  /// A pending exception may now come first: leave the inner loop and look.
  void Recheck() { deadline = 0; }
  /// AIRCR.SYSRESETREQ: tells the chip.
  void RequestSystemReset();
  /// After every change of an MPU register: which pages keep the fast way.
  void MpuChanged();
  /// One word of the system control space, offset from 0xE000E000.
  uint32_t ReadScs(uint32_t offset_bytes);
  void WriteScs(uint32_t offset_bytes, uint32_t value);

 private:
  // core.cc
  [[nodiscard]] bool WakeUp() const;
  void RunInner();
  void SwitchStack(bool to_psp);

  // memory.cc, ppb.cc
  bool SplitLoad(uint32_t address, unsigned size, uint32_t* value);
  bool SplitStore(uint32_t address, unsigned size, uint32_t value);
  bool BitBand(uint32_t* address, unsigned* bit) const;
  const DeviceWindow* FindDevice(uint32_t address);
  [[nodiscard]] const Memory* FindMemory(uint32_t address) const;
  bool DataFault(FaultKind kind, uint32_t address);
  void MapPages();
  uint32_t ReadPpb(uint32_t address, unsigned size);
  void WritePpb(uint32_t address, unsigned size, uint32_t value);
  void ResetScs();

  // code_cache.cc
  static const Op* DecodeFirst(Cpu& cpu, const Op* op);
  static const Op* LeavePage(Cpu& cpu, const Op* op);
  static void ResetSlot(Op* slot);
  static void ForgetCode(CodePage* page);
  const Op* SlotAt(uint32_t address);  // null: nothing to execute there
  CodePage* PageFor(uint32_t address);
  void WatchPage(uint32_t address);
  [[nodiscard]] uint32_t CodeHalf(uint32_t address) const;
  void DecodeSlot(Op* slot);
  void DecodeItBlock(uint32_t address, uint8_t it_state);
  void CodeWritten(const uint8_t* host, uint32_t size_bytes);
  void ResetSlots(const Memory& memory, uint32_t offset, uint32_t size_bytes);

  // mpu.cc
  [[nodiscard]] bool MpuApplies() const;
  [[nodiscard]] bool MpuDenies(uint32_t address, bool store) const;
  [[nodiscard]] bool MpuDeniesFetch(uint32_t address) const;
  [[nodiscard]] MpuRights MpuPageRights(uint32_t page_base) const;
  void MpuHidePage(uint32_t page);
  void MpuSeesPrivilege();  // after every change of CONTROL

  // exceptions.cc
  const Op* TakePending();
  const Op* Enter(unsigned number, uint32_t return_address, uint8_t it);
  const Op* Vector(unsigned number, uint32_t exc_return);
  bool PushFrame(uint32_t return_address, uint8_t it, uint32_t* exc_return);
  const Op* EnterSynchronous(unsigned number, uint32_t return_address,
                             uint8_t it);
  const Op* ExceptionReturn(const Op* op, uint32_t value);
  const Op* InvalidReturn(const Op* op, uint32_t value);
  const Op* Unstack(const Op* op, uint32_t value);
  const Op* LockUp(uint32_t address);
  void RecordFault(FaultKind kind);
  [[nodiscard]] uint32_t VectorEntry(unsigned number);
  bool LoadVector(unsigned number, uint32_t* target);
  unsigned StackFault(bool entry);

  // fpu_env.cc: host flags and rounding during Run()
  void EnterFpu();
  void LeaveFpu();

  const CoreOptions options_;
  const ScsTable scs_table_;
  AddressMap map_;
  CoreListener* listener_ = nullptr;
  std::unique_ptr<uint8_t*, void (*)(void*)> read_owner_;
  std::unique_ptr<uint8_t*, void (*)(void*)> write_owner_;
  std::unique_ptr<CodePage*, void (*)(void*)> code_map_;
  std::vector<std::unique_ptr<CodePage>> code_pages_;
  std::unique_ptr<CodePage> lockup_page_;
  const DeviceWindow* last_device_ = nullptr;
  struct HiddenPage {  // what the fast maps held before the MPU changed them
    uint8_t* read = nullptr;
    uint8_t* write = nullptr;
  };
  std::unordered_map<uint32_t, HiddenPage> mpu_hidden_;  // by address >> 12
  bool mpu_user_seen_ = false;  // nPRIV was set since the reset

  EventList events_;
  std::atomic<bool> stop_requested_{false};
  FaultKind pending_fault_ = FaultKind::kUndefined;
  uint32_t fault_address_ = 0;
  bool thumb_bit_ = true;  // of the xPSR being stacked
  bool breakpoint_hit_ = false;
  uint32_t breakpoint_pc_ = 0;
  uint64_t breakpoint_instruction_ = ~uint64_t{0};
  uint32_t instructions_high_ = 0;  // of the last VIRT_INSTRUCTIONS read
  std::fenv_t host_environment_{};
};

}  // namespace tinyrig::emulator
