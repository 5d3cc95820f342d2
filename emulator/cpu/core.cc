// Construction, reset, the run loop, events and register access.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/memory.h"
#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

constexpr size_t kPageCount = size_t{1} << (32 - kPageBits);
// How late RequestStop() from another thread may be seen.
constexpr uint64_t kStopPollCycles = 1u << 16;

thread_local const Cpu* running_here = nullptr;  // whose Run() is on

template <typename T>
T* NewTable() {
  // calloc: the kernel gives zero pages, and only touched ones cost memory.
  auto* table = static_cast<T*>(std::calloc(kPageCount, sizeof(T)));
  if (table == nullptr) {
    std::abort();
  }
  return table;
}

}  // namespace

Cpu::Cpu(const CoreOptions& core_options)
    : nvic(core_options.irq_count),
      dwt(this, core_options.kind != CoreKind::kCortexM4F),
      systick(this,
              [this] {
                nvic.SetPending(kSysTick, true);
                Recheck();
              }),
      options_(core_options),
      scs_table_(core_options.kind),
      read_owner_(NewTable<uint8_t*>(), std::free),
      write_owner_(NewTable<uint8_t*>(), std::free),
      code_map_(NewTable<CodePage*>(), std::free),
      lockup_page_(std::make_unique<CodePage>()) {
  read_map = read_owner_.get();
  write_map = write_owner_.get();
  Op* stuck = &lockup_page_->ops[0];
  stuck->fn = [](Cpu&, const Op* at) { return at; };
  stuck->cost = 1;
  op = stuck;
  ResetScs();
}

Cpu::~Cpu() = default;

void Cpu::Connect(const AddressMap& map, CoreListener* core_listener) {
  map_ = map;
  last_device_ = nullptr;
  listener_ = core_listener;
  MapPages();
}

void Cpu::Reset(uint32_t vector_table) {
  ResetScs();
  nvic.Reset();
  SetApsr(0);
  control = primask = faultmask = basepri = ipsr = 0;
  exclusive = event_register = sleeping = waiting_for_event = false;
  locked_up = breakpoint_hit_ = false;
  fpscr = 0;
  slot_open = 0;
  scb.vtor = vector_table;
  r[14] = 0xFFFFFFFF;
  other_sp = 0;
  uint32_t start = 0;
  if (!LoadAligned(vector_table, &r[13]) ||
      !LoadAligned(vector_table + 4, &start)) {
    op = LockUp(vector_table);
    return;
  }
  r[13] &= ~3u;
  if ((start & 1) == 0) {
    op = Fault(SlotAt(start & ~1u), FaultKind::kInvalidState);
    return;
  }
  op = Jump(start);
}

void Cpu::RunInner() {
  const Op* at = op;
  if (IsM7()) {
    do {
      const Op* now = at;
      at = now->fn(*this, now);
      ++instructions;
      const uint32_t paired = slot_open;
      cycles += now->cost - paired;
      slot_open = (now->extra >> 7) & ~paired;
    } while (cycles < deadline);
  } else {
    do {
      const Op* now = at;
      at = now->fn(*this, now);
      ++instructions;
      cycles += now->cost;
    } while (cycles < deadline);
  }
  op = at;
}

bool Cpu::WakeUp() const {
  if (waiting_for_event && event_register) {
    return true;
  }
  const unsigned number = nvic.HighestPending();
  if (number == kNoException) {
    return false;
  }
  // PRIMASK does not keep a pending interrupt from waking the core.
  int priority = nvic.ActivePriority();
  if (basepri != 0) {
    priority = std::min(priority, nvic.GroupOf(static_cast<uint8_t>(basepri)));
  }
  return nvic.GroupPriority(number) < priority;
}

StopReason Cpu::Run(uint64_t cycle_limit) {
  EnterFpu();
  const Cpu* const outer = std::exchange(running_here, this);
  StopReason reason = StopReason::kLimit;
  for (;;) {
    while (events_.RunNextDue(cycles)) {
    }
    if (locked_up) {
      reason = StopReason::kLockup;
      stop_requested_ = false;  // the listener_ may have asked for one, too
      break;
    }
    if (breakpoint_hit_) {
      breakpoint_hit_ = false;
      reason = StopReason::kBreakpoint;
      break;
    }
    if (stop_requested_.exchange(false)) {
      reason = StopReason::kRequested;
      break;
    }
    if (sleeping && WakeUp()) {
      sleeping = false;
      event_register = event_register && !waiting_for_event;
    }
    if (cycles >= cycle_limit) {
      break;
    }
    if (sleeping) {
      reason = StopReason::kSleep;
      break;
    }
    if (const Op* entry = TakePending()) {
      op = entry;
      continue;
    }
    deadline =
        std::min({cycle_limit, NextEventCycles(), cycles + kStopPollCycles});
    RunInner();
  }
  running_here = outer;
  LeaveFpu();
  return reason;
}

void Cpu::RequestStop() {
  stop_requested_ = true;
  if (running_here == this) {  // a device's or an event's call: at once
    Recheck();
  }
}

void Cpu::SkipTo(uint64_t to_cycles) {
  cycles = std::max(cycles, to_cycles);
}

uint64_t Cpu::NextEventCycles() const {
  return events_.NextCycles();
}

EventQueue::Handle Cpu::At(uint64_t at_cycles, std::function<void()> action) {
  deadline = std::min(deadline, at_cycles);
  return events_.Add(at_cycles, std::move(action));
}

void Cpu::Cancel(Handle handle) {
  events_.Cancel(handle);
}

void Cpu::SetLine(unsigned irq, bool high) {
  nvic.SetLine(irq, high);
  if (high) {
    event_register |= (scb.scr & Scb::kScrEventOnPend) != 0;
    Recheck();
  }
}

void Cpu::RequestSystemReset() {
  if (listener_ != nullptr) {
    listener_->SystemResetRequested(false);
  }
}

std::string Cpu::TimingModel() const {
  return IsM7() ? kTimingNameM7 : kTimingNameM4;
}

uint32_t Cpu::Apsr() const {
  return (n_src & 0x80000000u) | (z_src == 0 ? 1u << 30 : 0) | c << 29 |
         v << 28 | q << 27 | ge << 16;
}

void Cpu::SetApsr(uint32_t value) {
  n_src = value;
  z_src = (value >> 30 & 1) ^ 1;
  c = value >> 29 & 1;
  v = value >> 28 & 1;
  q = value >> 27 & 1;
  ge = value >> 16 & 0xF;
}

uint32_t Cpu::Msp() const {
  return (control & 2) != 0 ? other_sp : r[13];
}
uint32_t Cpu::Psp() const {
  return (control & 2) != 0 ? r[13] : other_sp;
}

void Cpu::SetMsp(uint32_t value) {
  ((control & 2) != 0 ? other_sp : r[13]) = value & ~3u;
}

void Cpu::SetPsp(uint32_t value) {
  ((control & 2) != 0 ? r[13] : other_sp) = value & ~3u;
}

void Cpu::SetControl(uint32_t value) {
  if (ipsr == 0) {
    SwitchStack((value & 2) != 0);  // handlers always use MSP
  }
  control = (control & 2) | (value & 5);
  MpuSeesPrivilege();
}

Core::Registers Cpu::ReadRegisters() const {
  Registers out;
  std::copy(std::begin(r), std::end(r), out.r);
  out.r[15] = op == nullptr ? 0 : op->pc;
  const uint32_t it = op == nullptr ? 0u : op->it;
  out.xpsr = Apsr() | 1u << 24 | ipsr | (it & 3) << 25 | (it & 0xFC) << 8;
  out.msp = Msp();
  out.psp = Psp();
  out.control = control;
  out.primask = primask;
  out.basepri = basepri;
  out.faultmask = faultmask;
  std::copy(std::begin(s), std::end(s), out.s);
  out.fpscr = fpscr;
  return out;
}

void Cpu::WriteRegisters(const Registers& in) {
  std::copy(std::begin(in.r), std::begin(in.r) + 15, r);
  SetApsr(in.xpsr);
  ipsr = in.xpsr & 0x1FF;
  control = in.control & 7;
  MpuSeesPrivilege();
  other_sp = (control & 2) != 0 ? in.msp : in.psp;
  primask = in.primask & 1;
  basepri = in.basepri & 0xF0;
  faultmask = in.faultmask & 1;
  std::copy(std::begin(in.s), std::end(in.s), s);
  fpscr = in.fpscr;
  slot_open = 0;
  op = Jump(in.r[15]);
  const auto it =
      static_cast<uint8_t>((in.xpsr >> 25 & 3) | (in.xpsr >> 8 & 0xFC));
  if ((it & 0xF) != 0) {
    DecodeItBlock(op->pc, it);
  }
}

std::unique_ptr<Core> CreateCore(const CoreOptions& options) {
  return std::make_unique<Cpu>(options);
}

}  // namespace tinyrig::emulator
