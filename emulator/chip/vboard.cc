#include "emulator/chip/vboard.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/log.h"

namespace tinyrig::emulator {
namespace {

constexpr size_t kUidTextChars = 8;
// What taking a nap is charged in VBoard::Run: about its host time.
constexpr uint64_t kNapCostCycles = 50;

CoreOptions CoreOptionsOf(const boards::Board& board) {
  CoreOptions options;
  switch (board.core) {
    case boards::CoreType::kCortexM4F:
      options.kind = CoreKind::kCortexM4F;
      break;
    case boards::CoreType::kCortexM7Sp:
      options.kind = CoreKind::kCortexM7Sp;
      break;
    case boards::CoreType::kCortexM7Dp:
      options.kind = CoreKind::kCortexM7Dp;
      break;
  }
  options.cpuid = board.cpuid;
  options.irq_count = static_cast<unsigned>(board.irq_count);
  options.mpu_region_count = static_cast<unsigned>(board.mpu_regions);
  options.icache_bytes = board.icache_bytes;
  options.dcache_bytes = board.dcache_bytes;
  return options;
}

absl::StatusOr<std::string> UidOf(const std::string& text) {
  const bool good = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           c == '-';
  });
  if (!good || text.size() > kUidTextChars) {
    return absl::InvalidArgumentError(
        absl::StrCat("uid \"", text, "\": at most ", kUidTextChars,
                     " characters of A-Z a-z 0-9 _ -"));
  }
  return "VIRT" + text + std::string(kUidTextChars - text.size(), '0');
}

}  // namespace

VBoard::VBoard(const VBoardOptions& options)
    : board_(*options.board),
      typical_(options.flash_timing_typical),
      injector_(options.faults, options.seed),
      bootloader_(board_, *this) {}

VBoard::~VBoard() = default;

absl::StatusOr<std::unique_ptr<VBoard>> VBoard::Create(
    const VBoardOptions& options) {
  if (options.board->family == boards::Family::kStm32H7) {
    return absl::FailedPreconditionError(
        absl::StrCat("board ", options.board->id,
                     ": only the STM32F4 and F7 families are emulated"));
  }
  std::unique_ptr<VBoard> board(new VBoard(options));
  ASSIGN_OR_RETURN(board->uid_, UidOf(options.uid_text));
  ASSIGN_OR_RETURN(
      board->store_,
      FlashStore::Open(board->board_.flash.sector_bytes, options.flash_file));
  board->core_ = CreateCore(CoreOptionsOf(board->board_));
  board->chip_ =
      std::make_unique<Chip>(board->board_, *board->store_, *board->core_,
                             *board->core_, *board, board->uid_);
  board->chip_->flash().set_timing_typical(options.flash_timing_typical);
  board->core_->Connect(board->chip_->map(), board.get());
  board->SetPower(true);
  return board;
}

// --- wires

void VBoard::SetPower(bool on) {
  if (on == (mode_ != Mode::kOff)) {
    return;
  }
  if (on) {
    chip_->ScrambleRam();
    ResetNow(reset_flag::kPowerOn | reset_flag::kBrownOut);
  } else {
    mode_ = Mode::kOff;
    chip_->Reset();
    chip_->console().ClearLine();
    sent_.clear();
  }
}

void VBoard::PulseReset() {
  if (mode_ != Mode::kOff) {
    ResetNow(reset_flag::kPin);
  }
}

void VBoard::SetFaults(const FaultPlan& plan) {
  injector_.Replace(plan);
  faults_since_cycles_ = core_->NowCycles();
}

void VBoard::RequestReset(uint32_t cause) {
  requested_reset_ |= cause;
  core_->RequestStop();
}

bool VBoard::ResetIfRequested() {
  if (requested_reset_ == 0) {
    return false;
  }
  ResetNow(requested_reset_);
  return true;
}

void VBoard::ResetNow(uint32_t cause) {
  ++resets_;
  requested_reset_ = 0;
  hung_ = false;
  chip_->Reset();
  chip_->rcc().SetResetCause(cause | reset_flag::kPin);
  chip_->MapBoot(boot0_);
  bootloader_.Reset();
  LOG_INFO("vboard", "reset {}, cause flags {:#010x}, boots from {}", resets_,
           cause, boot0_ ? "ROM" : "flash");
  if (boot0_) {
    mode_ = Mode::kRom;
  } else {
    mode_ = Mode::kFlash;
    core_->Reset(chip_->boot_address());
  }
}

// --- what core and chip tell

void VBoard::WatchdogBites() {
  RequestReset(reset_flag::kIwdg);
}

void VBoard::CodeChanged(uint32_t base, uint32_t size_bytes) {
  core_->InvalidateCode(base, size_bytes);
  const uint32_t flash_base = board_.image.flash_base;
  if (base - flash_base < store_->size_bytes()) {
    core_->InvalidateCode(chip_->boot_address() + (base - flash_base),
                          size_bytes);
  }
}

bool VBoard::FlashInterrupted() {
  if (injector_.OnFlashOperation()) {
    RequestReset(reset_flag::kPin);
    return true;
  }
  return requested_reset_ != 0;  // nothing more happens before the reset
}

void VBoard::SystemResetRequested(bool lockup) {
  if (lockup) {  // these chips stay locked up until a reset
    mode_ = Mode::kLockup;
    LOG_INFO("vboard", "the core locked up at pc {:#010x}",
             core_->ReadRegisters().r[15]);
  } else {
    RequestReset(reset_flag::kSoftware);
  }
}

// --- serial bytes

size_t VBoard::ConsoleRoom() const {
  return chip_->console().line_free();
}

void VBoard::ConsoleByte(uint8_t byte) {
  if (mode_ == Mode::kFlash || mode_ == Mode::kLockup) {
    chip_->console().LineByte(byte);
  }
}

std::vector<uint8_t> VBoard::TakeConsoleOutput() {
  return std::exchange(sent_, {});
}

bool VBoard::ConsoleBusy() const {
  return chip_->console().busy();
}

VBoard::LoaderAnswer VBoard::LoaderByte(uint8_t byte) {
  LoaderAnswer answer;
  if (mode_ == Mode::kRom && !injector_.plan().dead) {
    bootloader_.Feed(byte, &answer.bytes, &answer.after_us);
    answer.after_us = typical_ ? answer.after_us : 0;
    ResetIfRequested();
  }
  return answer;
}

// --- time

VBoard::Activity VBoard::Run(uint64_t cycles) {
  uint64_t left = cycles;
  for (;;) {
    const uint64_t before = core_->NowCycles();
    const Activity activity = Execute(left);
    const uint64_t next = core_->NextEventCycles();
    if (activity != Activity::kWaiting || !ConsoleBusy() ||
        next == UINT64_MAX) {
      return activity;
    }
    const uint64_t spent = core_->NowCycles() - before + kNapCostCycles;
    if (spent >= left) {
      return Activity::kRunning;
    }
    left -= spent;
    PassTo(next);
  }
}

VBoard::Activity VBoard::Execute(uint64_t cycles) {
  const uint64_t plan_age = core_->NowCycles() - faults_since_cycles_;
  if (mode_ == Mode::kFlash && injector_.HangsAt(plan_age)) {
    LOG_INFO("vboard", "fault plan: the core hangs");
    hung_ = true;
  }
  if (mode_ == Mode::kOff || mode_ == Mode::kRom || injector_.plan().dead) {
    return Activity::kStopped;
  }
  if (hung_ || mode_ == Mode::kLockup) {
    return Activity::kWaiting;
  }
  uint64_t limit = core_->NowCycles() + cycles;
  if (injector_.plan().hang_after_cycles) {
    limit = std::min(
        limit, faults_since_cycles_ + *injector_.plan().hang_after_cycles);
  }
  const StopReason reason = core_->Run(limit);
  if (ResetIfRequested()) {
    return Activity::kRunning;
  }
  if (reason == StopReason::kBreakpoint) {
    LOG_WARNING("vboard", "breakpoint at pc {:#010x}, no debugger",
                core_->ReadRegisters().r[15]);
  }
  if (reason == StopReason::kLockup) {
    mode_ = Mode::kLockup;
  }
  const bool sleeps =
      reason == StopReason::kSleep || reason == StopReason::kLockup;
  return sleeps ? Activity::kWaiting : Activity::kRunning;
}

int64_t VBoard::NanosToNextEvent() const {
  const uint64_t next = core_->NextEventCycles();
  if (next == UINT64_MAX) {
    return INT64_MAX;
  }
  const uint64_t now = core_->NowCycles();
  const double hz = chip_->rcc().clocks().hclk_hz;
  const double left = next > now ? static_cast<double>(next - now) : 0;
  return static_cast<int64_t>(left * 1e9 / hz) + 1;
}

void VBoard::LetPass(int64_t nanoseconds) {
  const uint64_t now = core_->NowCycles();
  const uint64_t wanted =
      now + chip_->rcc().CyclesFor(static_cast<uint64_t>(nanoseconds));
  PassTo(std::min(wanted, core_->NextEventCycles()));
}

void VBoard::PassTo(uint64_t cycle) {
  core_->SkipTo(cycle);
  if (hung_ || mode_ == Mode::kLockup) {
    core_->Run(core_->NowCycles());  // due events only, no instruction
    ResetIfRequested();
  }
}

// --- what the ROM bootloader does

bool VBoard::ReadMemory(uint32_t address, std::span<uint8_t> bytes) {
  return chip_->ReadBytes(address, bytes);
}

bool VBoard::Protected(size_t sector) const {
  return (chip_->flash().protection().write_sectors >> sector & 1) != 0;
}

LoaderTarget::Outcome VBoard::WriteMemory(uint32_t address,
                                          std::span<const uint8_t> bytes) {
  const uint32_t offset = address - board_.image.flash_base;
  if (offset >= store_->size_bytes()) {
    return chip_->WriteBytes(address, bytes) ? Outcome::kOk : Outcome::kRefused;
  }
  if (Protected(store_->SectorAt(offset))) {
    return Outcome::kRefused;
  }
  const bool interrupted = FlashInterrupted();
  store_->Program(offset, bytes.first(bytes.size() / (interrupted ? 2 : 1)));
  CodeChanged(address, static_cast<uint32_t>(bytes.size()));
  return interrupted ? Outcome::kReset : Outcome::kOk;
}

void VBoard::EraseOne(size_t sector) {
  store_->EraseSector(sector);
  CodeChanged(board_.image.flash_base + store_->SectorOffset(sector),
              store_->SectorBytes(sector));
}

LoaderTarget::Outcome VBoard::EraseSectors(std::span<const uint16_t> sectors) {
  for (const uint16_t sector : sectors) {
    if (Protected(sector)) {
      return Outcome::kRefused;
    }
  }
  for (const uint16_t sector : sectors) {
    if (FlashInterrupted()) {
      store_->EraseHalf(sector);
      CodeChanged(board_.image.flash_base, store_->size_bytes());
      return Outcome::kReset;
    }
    EraseOne(sector);
  }
  return Outcome::kOk;
}

LoaderTarget::Outcome VBoard::EraseAll() {
  std::vector<uint16_t> sectors(store_->sector_count());
  for (size_t i = 0; i < sectors.size(); ++i) {
    sectors[i] = static_cast<uint16_t>(i);
  }
  return EraseSectors(sectors);
}

bool VBoard::ReadoutProtected() const {
  return chip_->flash().protection().readout;
}

void VBoard::SetReadoutProtection(bool on) {
  chip_->flash().protection().readout = on;
}

void VBoard::SetWriteProtection(uint32_t sectors) {
  chip_->flash().protection().write_sectors = sectors;
}

void VBoard::SystemReset() {
  RequestReset(reset_flag::kSoftware);
}

void VBoard::Go(uint32_t vector_table) {
  LOG_INFO("vboard", "the bootloader starts {:#010x}", vector_table);
  mode_ = Mode::kFlash;
  core_->Reset(vector_table);
}

}  // namespace tinyrig::emulator
