// Exception entry and return, faults and their escalation, lockup.
//
// Synchronous exceptions are taken inside the faulting handler: it returns the
// first Op of the exception handler. Asynchronous ones are taken by Run()
// between two instructions. FP state is stacked eagerly when CONTROL.FPCA is
// set; frames and EXC_RETURN are those of the architecture (DDI 0403, B1.5).
#include <utility>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/memory.h"
#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kControlSpsel = 2;
constexpr uint32_t kControlFpca = 4;
constexpr uint32_t kExcReturnThread = 1u << 3;
constexpr uint32_t kExcReturnPsp = 1u << 2;
constexpr uint32_t kExcReturnNoFp = 1u << 4;

constexpr uint32_t kMmfsrUnstackError = 1u << 3;
constexpr uint32_t kMmfsrStackError = 1u << 4;
constexpr uint32_t kBfsrUnstackError = 1u << 11;
constexpr uint32_t kBfsrStackError = 1u << 12;

unsigned ExceptionOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kPreciseBus:
    case FaultKind::kFetchBus:
      return kBusFault;
    case FaultKind::kExecuteNever:
    case FaultKind::kDataAccess:
      return kMemManage;
    default:
      return kUsageFault;
  }
}

}  // namespace

void Cpu::RecordFault(FaultKind kind) {
  switch (kind) {
    case FaultKind::kUndefined:
      scb.cfsr |= 1u << 16;
      break;
    case FaultKind::kInvalidState:
      scb.cfsr |= 1u << 17;
      break;
    case FaultKind::kInvalidPc:
      scb.cfsr |= 1u << 18;
      break;
    case FaultKind::kNoCoprocessor:
      scb.cfsr |= 1u << 19;
      break;
    case FaultKind::kUnaligned:
      scb.cfsr |= 1u << 24;
      break;
    case FaultKind::kDivideByZero:
      scb.cfsr |= 1u << 25;
      break;
    case FaultKind::kPreciseBus:
      scb.cfsr |= 1u << 9 | 1u << 15;
      scb.bfar = fault_address_;
      break;
    case FaultKind::kFetchBus:
      scb.cfsr |= 1u << 8;
      break;
    case FaultKind::kExecuteNever:
      scb.cfsr |= 1u << 0;
      break;
    case FaultKind::kDataAccess:
      scb.cfsr |= 1u << 1 | 1u << 7;
      scb.mmfar = fault_address_;
      break;
  }
}

int Cpu::ExecutionPriority() const {
  int priority = nvic.ActivePriority();
  if (basepri != 0) {
    priority = std::min(priority, nvic.GroupOf(static_cast<uint8_t>(basepri)));
  }
  if ((primask & 1) != 0) {
    priority = std::min(priority, 0);
  }
  if ((faultmask & 1) != 0) {
    priority = std::min(priority, -1);
  }
  return priority;
}

void Cpu::SwitchStack(bool to_psp) {
  if (((control & kControlSpsel) != 0) != to_psp) {
    std::swap(r[13], other_sp);
    control ^= kControlSpsel;
  }
}

bool Cpu::PushFrame(uint32_t return_address, uint8_t it, uint32_t* exc_return) {
  const bool fp_frame = (control & kControlFpca) != 0;
  const uint32_t size = fp_frame ? 0x68 : 0x20;
  const bool align8 = fp_frame || (scb.ccr & Scb::kCcrStackAlign) != 0;
  const uint32_t padding = align8 ? (r[13] >> 2) & 1 : 0;
  const uint32_t frame = (r[13] - size) & (align8 ? ~7u : ~3u);
  const uint32_t it_bits = (it & 3u) << 25 | (it & 0xFCu) << 8;
  const uint32_t xpsr =
      Apsr() | uint32_t{thumb_bit_} << 24 | ipsr | padding << 9 | it_bits;
  const uint32_t words[8] = {r[0],  r[1],  r[2],           r[3],
                             r[12], r[14], return_address, xpsr};
  r[13] = frame;
  bool ok = true;
  for (uint32_t i = 0; i < 8 && ok; ++i) {
    ok = StoreAligned(frame + 4 * i, words[i]);
  }
  if (fp_frame) {
    for (uint32_t i = 0; i < 16 && ok; ++i) {
      ok = StoreAligned(frame + 0x20 + 4 * i, s[i]);
    }
    ok = ok && StoreAligned(frame + 0x60, ReadFpscr());
    scb.fpcar = frame + 0x20;
  }
  *exc_return = 0xFFFFFFE1 | (fp_frame ? 0 : kExcReturnNoFp);
  if (ipsr == 0) {
    *exc_return |= kExcReturnThread;
    if ((control & kControlSpsel) != 0) {
      *exc_return |= kExcReturnPsp;
    }
  }
  return ok;
}

// The MPU is not asked for vectors.
bool Cpu::LoadVector(unsigned number, uint32_t* target) {
  const uint32_t enable = std::exchange(mpu.ctrl, 0);
  const bool ok = LoadAligned(scb.vtor + 4 * number, target);
  mpu.ctrl = enable;
  return ok;
}

uint32_t Cpu::VectorEntry(unsigned number) {
  uint32_t target = 0;
  if (!LoadVector(number, &target)) {
    scb.hfsr |= Scb::kHfsrVectorTable;
    if (number == kHardFault || !LoadVector(kHardFault, &target)) {
      return 0;
    }
  }
  return target;
}

const Op* Cpu::Vector(unsigned number, uint32_t exc_return) {
  nvic.Enter(number);
  SwitchStack(false);
  control &= ~kControlFpca;
  if (exc_return != 0) {
    r[14] = exc_return;
  }
  ipsr = number;
  exclusive = false;
  event_register = true;
  slot_open = 0;
  Recheck();
  const uint32_t target = VectorEntry(number);
  if ((target & 1) == 0) {
    pending_fault_ = FaultKind::kInvalidState;
    return number == kHardFault ? LockUp(target)
                                : Fault(SlotAt(target & ~1u), pending_fault_);
  }
  return Jump(target);
}

// Which exception a failed stack access becomes, with its flags set.
unsigned Cpu::StackFault(bool entry) {
  const bool denied = pending_fault_ == FaultKind::kDataAccess;
  const unsigned number = denied ? kMemManage : kBusFault;
  if (entry) {
    scb.cfsr |= denied ? kMmfsrStackError : kBfsrStackError;
  } else {
    scb.cfsr |= denied ? kMmfsrUnstackError : kBfsrUnstackError;
  }
  if (nvic.Enabled(number) &&
      nvic.GroupPriority(number) < ExecutionPriority()) {
    return number;
  }
  scb.hfsr |= Scb::kHfsrForced;
  return kHardFault;
}

const Op* Cpu::Enter(unsigned number, uint32_t return_address, uint8_t it) {
  uint32_t exc_return = 0;
  cycles += kExceptionEntryCycles;
  if (!PushFrame(return_address, it, &exc_return)) {
    // The stack is gone. The more urgent of the two exceptions comes first, the
    // other waits; HardFault and NMI are entered all the same.
    const unsigned derived = StackFault(true);
    const bool first = nvic.GroupPriority(derived) < nvic.GroupPriority(number);
    if (derived != number) {
      nvic.SetPending(first ? number : derived, true);
    }
    number = first ? derived : number;
  }
  return Vector(number, exc_return);
}

const Op* Cpu::EnterSynchronous(unsigned number, uint32_t return_address,
                                uint8_t it) {
  const int priority = ExecutionPriority();
  const bool enabled = nvic.Enabled(number);
  if (enabled && nvic.GroupPriority(number) < priority) {
    return Enter(number, return_address, it);
  }
  if (priority <= -1) {
    return LockUp(return_address);
  }
  scb.hfsr |= Scb::kHfsrForced;
  return Enter(kHardFault, return_address, it);
}

const Op* Cpu::Fault(const Op* op_at, FaultKind kind) {
  RecordFault(kind);
  const uint32_t pc = op_at == nullptr ? 0 : op_at->pc;
  thumb_bit_ = kind != FaultKind::kInvalidState;
  const Op* handler = EnterSynchronous(
      ExceptionOf(kind), pc, op_at == nullptr ? uint8_t{0} : op_at->it);
  thumb_bit_ = true;
  return handler;
}

const Op* Cpu::FaultTaken(const Op* op_at) {
  return Fault(op_at, pending_fault_);
}

const Op* Cpu::SupervisorCall(const Op* op_at) {
  const Op* next = emulator::Next(op_at);
  return EnterSynchronous(kSvCall, next->pc, next->it);
}

const Op* Cpu::Breakpoint(const Op* op_at) {
  if (breakpoint_instruction_ != instructions || breakpoint_pc_ != op_at->pc) {
    breakpoint_hit_ = true;
    breakpoint_pc_ = op_at->pc;
    slot_open = 0;
    Recheck();
    --instructions;  // it has not executed yet
    cycles -= op_at->cost;
    breakpoint_instruction_ = instructions + 1;
    return op_at;
  }
  scb.hfsr |= Scb::kHfsrDebugEvent;
  if (ExecutionPriority() <= -1) {
    return LockUp(op_at->pc);
  }
  return Enter(kHardFault, op_at->pc, op_at->it);
}

// PC reads as 0xFFFFFFFE from now on, and nothing runs until a reset.
const Op* Cpu::LockUp(uint32_t address) {
  if (!locked_up) {
    locked_up = true;
    if (listener_ != nullptr) {
      listener_->SystemResetRequested(true);
    }
  }
  Recheck();
  lockup_page_->ops[0].pc = address;
  return &lockup_page_->ops[0];
}

const Op* Cpu::TakePending() {
  const unsigned number = nvic.HighestPending();
  if (number == kNoException ||
      nvic.GroupPriority(number) >= ExecutionPriority()) {
    return nullptr;
  }
  return Enter(number, op->pc, op->it);
}

const Op* Cpu::BranchTo(const Op* op_at, uint32_t target) {
  if (ipsr != 0 && target >= 0xF0000000u) {
    return ExceptionReturn(op_at, target);
  }
  if ((target & 1) == 0) {
    // The fault is seen at the target, with T clear.
    Op at = *op_at;
    at.pc = target;
    at.it = 0;
    return Fault(&at, FaultKind::kInvalidState);
  }
  return Jump(target);
}

// The frame stays where it is, for the handler of the fault to return to.
const Op* Cpu::InvalidReturn(const Op* op_at, uint32_t value) {
  r[14] = 0xF0000000u | value;
  RecordFault(FaultKind::kInvalidPc);
  const bool usage = nvic.Enabled(kUsageFault) &&
                     nvic.GroupPriority(kUsageFault) < ExecutionPriority();
  if (!usage && ExecutionPriority() <= -1) {
    return LockUp(op_at->pc);
  }
  scb.hfsr |= usage ? 0 : Scb::kHfsrForced;
  return Vector(usage ? kUsageFault : kHardFault, 0);
}

const Op* Cpu::ExceptionReturn(const Op* op_at, uint32_t value) {
  const unsigned returning = ipsr;
  const bool to_thread = (value & kExcReturnThread) != 0;
  const bool to_psp = (value & kExcReturnPsp) != 0;
  const bool valid = (value & 0x0FFFFFE3u) == 0x0FFFFFE1u &&
                     (to_thread || !to_psp) && nvic.Active(returning) &&
                     (!to_thread || nvic.OnlyActive(returning) ||
                      (scb.ccr & Scb::kCcrNonBaseThread) != 0);
  nvic.Leave(returning);
  if (returning != kNmi) {
    faultmask = 0;
  }
  if (!valid) {
    return InvalidReturn(op_at, value);
  }
  // Tail-chaining: the frame stays for the next handler.
  const unsigned next = nvic.HighestPending();
  const uint32_t was_ipsr = ipsr;
  ipsr = to_thread ? 0 : ipsr;
  if (next != kNoException && nvic.GroupPriority(next) < ExecutionPriority()) {
    cycles += kTailChainCycles;
    return Vector(next, value);
  }
  ipsr = was_ipsr;
  cycles += kExceptionExitCycles;
  return Unstack(op_at, value);
}

const Op* Cpu::Unstack(const Op* op_at, uint32_t value) {
  SwitchStack((value & kExcReturnPsp) != 0);
  const uint32_t frame = r[13];
  const bool fp_frame = (value & kExcReturnNoFp) == 0;
  uint32_t words[8] = {};
  bool ok = true;
  for (uint32_t i = 0; i < 8 && ok; ++i) {
    ok = LoadAligned(frame + 4 * i, &words[i]);
  }
  if (fp_frame) {
    for (uint32_t i = 0; i < 16 && ok; ++i) {
      ok = LoadAligned(frame + 0x20 + 4 * i, &s[i]);
    }
    uint32_t status = 0;
    ok = ok && LoadAligned(frame + 0x60, &status);
    WriteFpscr(status);
  }
  if (!ok) {
    const bool hard = ExecutionPriority() <= -1;
    const unsigned derived = StackFault(false);
    return hard ? LockUp(op_at->pc) : Vector(derived, value);
  }
  const uint32_t xpsr = words[7];
  const bool to_thread = (value & kExcReturnThread) != 0;
  if (to_thread != ((xpsr & 0x1FF) == 0)) {
    return InvalidReturn(op_at, value);
  }
  const bool padded = (fp_frame || (scb.ccr & Scb::kCcrStackAlign) != 0) &&
                      (xpsr >> 9 & 1) != 0;
  r[13] = (frame + (fp_frame ? 0x68 : 0x20)) | (padded ? 4u : 0u);
  r[0] = words[0];
  r[1] = words[1];
  r[2] = words[2];
  r[3] = words[3];
  r[12] = words[4];
  r[14] = words[5];
  SetApsr(xpsr);
  ipsr = xpsr & 0x1FF;
  control = fp_frame ? control | kControlFpca : control & ~kControlFpca;
  exclusive = false;
  event_register = true;
  slot_open = 0;
  Recheck();
  if (to_thread && !nvic.AnyActive() && (scb.scr & Scb::kScrSleepOnExit) != 0) {
    sleeping = true;
    waiting_for_event = false;
  }
  if ((xpsr >> 24 & 1) == 0) {
    Op at = *op_at;
    at.pc = words[6];
    at.it = 0;
    return Fault(&at, FaultKind::kInvalidState);
  }
  const auto it = static_cast<uint8_t>((xpsr >> 25 & 3) | (xpsr >> 8 & 0xFC));
  const Op* target = Jump(words[6]);
  if ((it & 0xF) != 0 && target->it != it && target->pc == (words[6] & ~1u)) {
    DecodeItBlock(words[6] & ~1u, it);
  }
  return target;
}

}  // namespace tinyrig::emulator
