// The core's whole state, and the services that instruction handlers use.
//
// Members are public: handlers (exec_*.cc) are free functions by design, split
// by instruction group. Everything outside emulator/cpu sees only core.h.
//
// Flags are kept apart as the ALU makes them: N is bit 31 of n_src, Z is
// z_src == 0, C and V are 0 or 1.
#pragma once

#include <array>
#include <atomic>
#include <cfenv>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/core.h"
#include "emulator/cpu/mpu.h"
#include "emulator/cpu/nvic.h"
#include "emulator/cpu/op.h"

namespace tinyrig::emulator {

constexpr unsigned kPageBits = 12;
constexpr uint32_t kPageBytes = 1u << kPageBits;
constexpr uint32_t kSlotsPerPage = kPageBytes / 2;

/// Decoded code of one 4 KiB page. Two more slots catch running off its end.
struct CodePage {
  uint32_t base = 0;
  uint64_t decoded_lines = 0;  // one bit per 64 bytes that hold decoded code
  std::array<Op, kSlotsPerPage + 2> ops;
};

enum class FaultKind : uint8_t {
  kUndefined,      // UFSR.UNDEFINSTR
  kInvalidState,   // UFSR.INVSTATE
  kInvalidPc,      // UFSR.INVPC
  kNoCoprocessor,  // UFSR.NOCP
  kUnaligned,      // UFSR.UNALIGNED
  kDivideByZero,   // UFSR.DIVBYZERO
  kPreciseBus,     // BFSR.PRECISERR + BFARVALID
  kFetchBus,       // BFSR.IBUSERR
  kExecuteNever,   // MMFSR.IACCVIOL
  kDataAccess,     // MMFSR.DACCVIOL + MMARVALID
};

struct FaultCycles;  // timing.h
struct TimingTable;

class Cpu final : public Core {
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

  // --- state that handlers touch, the hottest first
  uint32_t r[16] = {};  // r[13] is the current SP; r[15] only for PC operands
  uint32_t n_src = 0;
  uint32_t z_src = 1;
  uint32_t c = 0;
  uint32_t v = 0;
  uint64_t cycles = 0;
  uint64_t deadline = 0;
  uint64_t instructions = 0;
  uint8_t** read_map = nullptr;  // by address >> 12; null: slow path
  uint8_t** write_map = nullptr;
  uint32_t slot_open = 0;  // M7: the last instruction waits for a partner
  uint32_t q = 0;
  uint32_t ge = 0;
  uint32_t s[32] = {};
  uint32_t fpscr = 0;      // without the host's pending cumulative flags
  const Op* op = nullptr;  // next instruction while not in the inner loop

  uint32_t other_sp = 0;  // PSP when MSP is current, and the reverse
  uint32_t control = 0;   // nPRIV, SPSEL, FPCA
  uint32_t primask = 0;
  uint32_t faultmask = 0;
  uint32_t basepri = 0;
  uint32_t ipsr = 0;
  bool exclusive = false;
  bool event_register = false;
  bool sleeping = false;
  bool waiting_for_event = false;  // asleep by WFE, not WFI
  bool locked_up = false;
  bool fp_enabled = false;  // CPACR grants CP10 and CP11

  Nvic nvic;
  CoreOptions options;
  CoreListener* listener = nullptr;

  // --- system control space (scs.cc)
  uint32_t vtor = 0;
  uint32_t scr = 0;
  uint32_t ccr = 0;
  uint32_t cfsr = 0;
  uint32_t hfsr = 0;
  uint32_t mmfar = 0;
  uint32_t bfar = 0;
  uint32_t cpacr = 0;
  uint32_t csselr = 0;
  uint32_t demcr = 0;
  uint32_t fpccr = 0;
  uint32_t fpcar = 0;
  uint32_t fpdscr = 0;
  uint32_t actlr = 0;
  std::array<uint32_t, 4> tcm_registers{};  // ITCMCR DTCMCR AHBPCR CACR
  Mpu mpu;

  // --- DWT and SysTick (dwt.cc, systick.cc)
  uint32_t dwt_ctrl = 0;
  bool dwt_unlocked = false;
  uint64_t cyccnt_base = 0;  // counter = cycles - base while it counts
  uint32_t cyccnt_held = 0;
  uint32_t instructions_high = 0;
  uint32_t systick_ctrl = 0;
  uint32_t systick_load = 0;
  uint64_t systick_start = 0;  // cycle at which VAL would have been LOAD
  uint32_t systick_held = 0;
  uint64_t systick_seen = 0;  // wraps already reported by COUNTFLAG
  Handle systick_event = 0;

  // --- services
  [[nodiscard]] bool IsM7() const {
    return options.kind != CoreKind::kCortexM4F;
  }
  [[nodiscard]] bool HasDouble() const {
    return options.kind == CoreKind::kCortexM7Dp;
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
  void SetControl(uint32_t value);

  // memory.cc: false means a fault that `FaultTaken` then takes.
  bool LoadSlow(uint32_t address, unsigned size, uint32_t* value);
  bool StoreSlow(uint32_t address, unsigned size, uint32_t value);
  /// An access that must be aligned (LDM, LDRD, LDREX, VLDR).
  bool LoadAligned(uint32_t address, uint32_t* value);
  bool StoreAligned(uint32_t address, uint32_t value);
  uint8_t* Find(uint32_t address, unsigned size, bool store);

  // code_cache.cc
  const Op* SlotAt(uint32_t address);  // null: nothing to execute there
  const Op* Jump(uint32_t address);    // or the Op of a fetch fault
  const Op* Link(const Op* op);        // follows a direct branch to op->imm
  void DecodeSlot(Op* slot);
  void DecodeItBlock(uint32_t address, uint8_t it_state);
  void CodeWritten(const uint8_t* host, uint32_t size_bytes);

  // mpu.cc
  /// After every change of an MPU register: which pages keep the fast way.
  void MpuChanged();
  /// After every change of CONTROL.
  void MpuSeesPrivilege();
  [[nodiscard]] bool MpuDenies(uint32_t address, bool store) const;
  [[nodiscard]] bool MpuDeniesFetch(uint32_t address) const;

  // exceptions.cc
  [[nodiscard]] int ExecutionPriority() const;
  /// A pending exception may now come first: leave the inner loop and look.
  void Recheck();
  const Op* Fault(const Op* op, FaultKind kind);
  const Op* FaultTaken(const Op* op);  // the one a failed access left
  const Op* SupervisorCall(const Op* op);
  const Op* ExceptionReturn(const Op* op_at, uint32_t value);
  /// Interworking branch: BX, POP {PC}, LDR PC; EXC_RETURN in handlers.
  const Op* BranchTo(const Op* op, uint32_t target);

  // scs.cc
  bool ReadPpb(uint32_t address, unsigned size, uint32_t* value);
  bool WritePpb(uint32_t address, unsigned size, uint32_t value);
  bool ReadScs(uint32_t offset, uint32_t* value);
  bool WriteScs(uint32_t offset, uint32_t value);
  bool ReadDwt(uint32_t offset, uint32_t* value);
  bool WriteDwt(uint32_t offset, uint32_t value);
  uint32_t ReadSysTick(uint32_t offset);
  void WriteSysTick(uint32_t offset, uint32_t value);
  void ResetScs();

  // fpu_env.cc: host flags and rounding during Run()
  void EnterFpu();
  void LeaveFpu();
  uint32_t ReadFpscr();
  void WriteFpscr(uint32_t value);
  void SetFpscrFlags(uint32_t flags) { fpscr |= flags; }

  FaultKind pending_fault = FaultKind::kUndefined;
  uint32_t fault_address = 0;

 private:
  friend struct ExceptionEntry;
  bool WakeUp() const;
  StopReason Sleep();
  void RunDueEvents();
  void SetDeadline(uint64_t cycle_limit);
  const Op* TakePending();
  void RunInner();
  const Op* Enter(unsigned number, uint32_t return_address, uint8_t it);
  const Op* Vector(unsigned number, uint32_t exc_return);
  bool PushFrame(uint32_t return_address, uint8_t it, uint32_t* exc_return);
  const Op* EnterSynchronous(unsigned number, uint32_t return_address,
                             uint8_t it);
  const Op* Unstack(const Op* op_at, uint32_t value);
  const Op* LockUp(uint32_t address);
  void RecordFault(FaultKind kind);
  [[nodiscard]] uint32_t VectorEntry(unsigned number);
  bool LoadVector(unsigned number, uint32_t* target);
  unsigned StackFault(bool entry);
  CodePage* PageFor(uint32_t address);
  void ProtectPage(uint32_t address, bool protect);
  static void ForgetCode(CodePage* page);
  [[nodiscard]] bool MpuApplies() const;
  [[nodiscard]] MpuRights MpuPageRights(uint32_t page_base) const;
  void MpuHidePage(uint32_t page);
  void ResetSlots(const Memory& memory, uint32_t offset, uint32_t size_bytes);
  void SwitchStack(bool to_psp);
  bool SplitLoad(uint32_t address, unsigned size, uint32_t* value);
  bool SplitStore(uint32_t address, unsigned size, uint32_t value);
  bool BitBand(uint32_t* address, unsigned* bit) const;
  const DeviceWindow* FindDevice(uint32_t address);
  bool IsVendorDevice(uint32_t address);
  const Memory* FindMemory(uint32_t address) const;
  void UnalignedCost(uint32_t address, unsigned size);
  void MapPages();

  AddressMap map_;
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

  struct Event {
    Handle handle;
    std::function<void()> action;
  };
  std::multimap<uint64_t, Event> events_;
  Handle next_handle_ = 1;
  std::atomic<bool> stop_requested_{false};
  bool thumb_bit_ = true;  // of the xPSR being stacked
  bool breakpoint_hit_ = false;
  uint32_t breakpoint_pc_ = 0;
  uint64_t breakpoint_instruction_ = ~uint64_t{0};
  std::fenv_t host_environment_{};

 public:
  /// BKPT: stops the run; a second run at the same place is a HardFault.
  const Op* Breakpoint(const Op* op);
};

}  // namespace tinyrig::emulator
