#include "emulator/chip/flash_controller.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kAcr = 0x00;
constexpr uint32_t kKeyr = 0x04;
constexpr uint32_t kSr = 0x0C;
constexpr uint32_t kCr = 0x10;
constexpr uint32_t kOptcr = 0x14;
constexpr uint32_t kOptcr1 = 0x18;

constexpr uint32_t kKey1 = 0x45670123;
constexpr uint32_t kKey2 = 0xCDEF89AB;

constexpr uint32_t kSrEop = Bit(0);
constexpr uint32_t kSrOperr = Bit(1);
constexpr uint32_t kSrWrperr = Bit(4);
constexpr uint32_t kSrPgperr = Bit(6);
constexpr uint32_t kSrPgserr = Bit(7);  // F7: ERSERR
constexpr uint32_t kSrBusy = Bit(16);
constexpr uint32_t kSrErrors = 0x1F2;

constexpr uint32_t kCrPg = Bit(0);
constexpr uint32_t kCrSer = Bit(1);
constexpr uint32_t kCrMer = Bit(2);
constexpr uint32_t kCrStrt = Bit(16);
constexpr uint32_t kCrEopie = Bit(24);
constexpr uint32_t kCrErrie = Bit(25);
constexpr uint32_t kCrLock = Bit(31);
constexpr uint32_t kCrWritable = 0x030103FF;

constexpr uint64_t kNsPerMs = 1'000'000;

}  // namespace

FlashController::FlashController(const boards::Board& board, FlashStore& store,
                                 const Rcc& rcc, EventQueue& events,
                                 Hooks hooks)
    : board_(board),
      store_(store),
      rcc_(rcc),
      events_(events),
      hooks_(std::move(hooks)),
      f7_(board.family == boards::Family::kStm32F7),
      store_port_(*this) {
  Reset();
}

void FlashController::Reset() {
  acr_ = 0;
  sr_ = 0;
  cr_ = kCrLock;
  optcr_ = f7_ ? 0xC0FFAAFD : 0x0FFFAAED;
  keys_seen_ = 0;
  locked_until_reset_ = false;
  busy_until_cycles_ = 0;
}

bool FlashController::Busy() const {
  return events_.NowCycles() < busy_until_cycles_;
}

uint32_t FlashController::ReadWord(uint32_t offset) {
  switch (offset) {
    case kAcr:
      return acr_;
    case kSr:
      return sr_ | (Busy() ? kSrBusy : 0);
    case kCr:
      return cr_ | (Busy() && (cr_ & (kCrSer | kCrMer)) != 0 ? kCrStrt : 0);
    case kOptcr: {
      const uint32_t nwrp = (f7_ ? 0xFFu : 0xFFFu)
                            << 16;  // 0: the sector is protected
      uint32_t value = optcr_ | 1;
      value = (value & ~nwrp) | (~(protection_.write_sectors << 16) & nwrp);
      return protection_.readout ? (value & ~0xFF00u) | 0x5500 : value;
    }
    case kOptcr1:
      return f7_ ? 0x00400080 : 0;  // boot addresses 0x00100000, 0x00200000
    default:
      return 0;
  }
}

void FlashController::WriteWord(uint32_t offset, uint32_t value,
                                uint32_t mask) {
  switch (offset) {
    case kAcr:
      // The manuals' writable bits; ART and cache resets act at once.
      Merge(&acr_, value, mask & (f7_ ? 0xB0Fu : 0x1F0Fu));
      break;
    case kKeyr:
      WriteKey(value);
      break;
    case kSr:
      sr_ &= ~(value & (kSrErrors | kSrEop));
      UpdateInterrupt();
      break;
    case kCr:
      WriteControl(value, mask);
      break;
    default:
      LOG_DEBUG("flash", "write of {:#010x} to +{:#x}: not emulated", value,
                offset);
      break;
  }
}

void FlashController::WriteKey(uint32_t value) {
  if (locked_until_reset_ || (cr_ & kCrLock) == 0) {
    return;
  }
  if (value != (keys_seen_ == 0 ? kKey1 : kKey2)) {
    locked_until_reset_ = true;
    LOG_DEBUG("flash", "wrong key {:#010x}: locked until reset", value);
  } else if (++keys_seen_ == 2) {
    keys_seen_ = 0;
    cr_ &= ~kCrLock;
  }
}

void FlashController::WriteControl(uint32_t value, uint32_t mask) {
  if ((cr_ & kCrLock) != 0 || Busy()) {
    LOG_DEBUG("flash", "CR written while {}: ignored",
              Busy() ? "busy" : "locked");
    return;
  }
  Merge(&cr_, value, mask & kCrWritable & ~kCrStrt);
  if ((value & kCrStrt) != 0) {
    Erase();
  }
  cr_ |= value & kCrLock;
  UpdateInterrupt();
}

void FlashController::Erase() {
  const bool mass = (cr_ & kCrMer) != 0;
  const size_t sector = (cr_ >> 3) & 0x1F;
  if (((cr_ & kCrSer) != 0) == mass || (cr_ & kCrPg) != 0 ||
      (!mass && sector >= store_.sector_count())) {
    return Raise(kSrPgserr);
  }
  if (mass ? protection_.write_sectors != 0 : Protected(sector)) {
    return Raise(kSrWrperr);
  }
  if (hooks_.interrupted()) {
    store_.EraseHalf(mass ? 0 : sector);
    hooks_.changed(0, store_.size_bytes());
    return;
  }
  uint64_t busy_ms = 0;
  for (size_t i = 0; i < store_.sector_count(); ++i) {
    if (mass || i == sector) {
      store_.EraseSector(i);
      busy_ms += board_.flash.erase_ms_typical[i];
      hooks_.changed(store_.SectorOffset(i), store_.SectorBytes(i));
    }
  }
  BusyFor(busy_ms * kNsPerMs);
}

void FlashController::Program(uint32_t offset, unsigned size_bytes,
                              uint32_t value) {
  if ((cr_ & kCrPg) == 0 || (cr_ & (kCrSer | kCrMer)) != 0) {
    return Raise(kSrPgserr);
  }
  if (Protected(store_.SectorAt(offset))) {
    return Raise(kSrWrperr);
  }
  const unsigned parallelism_bytes = 1u << ((cr_ >> 8) & 3);
  if (size_bytes != parallelism_bytes) {
    return Raise(kSrPgperr);
  }
  if (Busy()) {
    return Raise(kSrOperr);
  }
  if (hooks_.interrupted()) {
    return;
  }
  std::array<uint8_t, 4> bytes{};
  base::StoreLe32(bytes.data(), value);
  store_.Program(offset, {bytes.data(), size_bytes});
  hooks_.changed(offset, size_bytes);
  BusyFor(board_.flash.word_program_us_typical * uint64_t{1000});
}

void FlashController::Raise(uint32_t error) {
  LOG_DEBUG("flash", "error flags {:#x}, CR {:#010x}", error, cr_);
  sr_ |= error;
  if ((cr_ & kCrErrie) != 0) {
    sr_ |= kSrOperr;
  }
  UpdateInterrupt();
}

void FlashController::BusyFor(uint64_t nanoseconds) {
  const uint64_t cycles = typical_ ? rcc_.CyclesFor(nanoseconds) : 0;
  busy_until_cycles_ = events_.NowCycles() + cycles;
  if ((cr_ & kCrEopie) != 0) {  // EOP is set only with its interrupt enabled
    events_.At(busy_until_cycles_, [this] {
      sr_ |= kSrEop;
      UpdateInterrupt();
    });
  }
}

void FlashController::UpdateInterrupt() {
  const bool end = (sr_ & kSrEop) != 0 && (cr_ & kCrEopie) != 0;
  const bool error = (sr_ & kSrOperr) != 0 && (cr_ & kCrErrie) != 0;
  hooks_.interrupt(end || error);
}

}  // namespace tinyrig::emulator
