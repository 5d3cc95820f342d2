#include "emulator/chip/usart.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kOre = Bit(3);
constexpr uint32_t kIdle = Bit(4);
constexpr uint32_t kRxne = Bit(5);
constexpr uint32_t kTc = Bit(6);
constexpr uint32_t kTxe = Bit(7);
constexpr uint32_t kErrorFlags = 0x0F;
constexpr uint32_t kResetFlags = kTc | kTxe;
constexpr uint32_t kTeack = Bit(21);
constexpr uint32_t kReack = Bit(22);

constexpr uint32_t kCr1Re = Bit(2);
constexpr uint32_t kCr1Te = Bit(3);
constexpr uint32_t kCr1Rxneie = Bit(5);
constexpr uint32_t kCr1M0 = Bit(12);
constexpr uint32_t kCr1Over8 = Bit(15);
constexpr uint32_t kCr1UeV1 = Bit(13);
constexpr uint32_t kCr1UeV2 = Bit(0);
constexpr uint32_t kCr3Eie = Bit(0);
constexpr uint32_t kCr3OvrdisV2 = Bit(12);

}  // namespace

Usart::Usart(Version version, int number, const Rcc& rcc, EventQueue& events,
             uint32_t line_baud, Hooks hooks)
    : version_(version),
      number_(number),
      rcc_(rcc),
      events_(events),
      line_baud_(line_baud),
      hooks_(std::move(hooks)) {
  flags_ = kResetFlags;
}

void Usart::Reset() {
  flags_ = kResetFlags;
  cr1_ = cr2_ = cr3_ = brr_ = gtpr_ = rtor_ = 0;
  status_read_ = holding_ = idle_pending_ = false;
  if (shifting_) {
    events_.Cancel(tx_event_);
    shifting_ = false;
  }
  UpdateInterrupt();
}

bool Usart::Enabled() const {
  return (cr1_ & (version_ == Version::kV1 ? kCr1UeV1 : kCr1UeV2)) != 0;
}

// BRR counts kernel clocks per bit, with 8-times oversampling per half bit.
uint64_t Usart::FrameCycles() const {
  const uint32_t hclk_hz = rcc_.clocks().hclk_hz;
  const uint32_t kernel_hz = rcc_.UsartKernelHz(number_);
  const unsigned stop_bits = (cr2_ & Bit(13)) != 0 ? 2 : 1;
  const unsigned bits = 1 + ((cr1_ & kCr1M0) != 0 ? 9 : 8) + stop_bits;
  uint64_t halves = uint64_t{2} * brr_;  // half kernel clocks per bit
  if ((cr1_ & kCr1Over8) != 0) {
    halves = (brr_ & 0xFFF0) | ((brr_ & 7) << 1);
  }
  if (!Enabled() || halves < 16 || kernel_hz == 0) {
    return std::max<uint64_t>(uint64_t{10} * hclk_hz / line_baud_, 1);
  }
  const uint64_t divisor = uint64_t{2} * kernel_hz;
  return (bits * halves * hclk_hz + divisor - 1) / divisor;
}

uint32_t Usart::ReadWord(uint32_t offset) {
  return version_ == Version::kV1 ? ReadV1(offset) : ReadV2(offset);
}

void Usart::WriteWord(uint32_t offset, uint32_t value, uint32_t mask) {
  if (version_ == Version::kV1) {
    WriteV1(offset, value, mask);
  } else {
    WriteV2(offset, value, mask);
  }
  UpdateInterrupt();
}

uint32_t Usart::ReadV1(uint32_t offset) {
  switch (offset) {
    case 0x00:
      status_read_ = true;
      return flags_;
    case 0x04:
      return ReadData();
    case 0x08:
      return brr_;
    case 0x0C:
      return cr1_;
    case 0x10:
      return cr2_;
    case 0x14:
      return cr3_;
    case 0x18:
      return gtpr_;
    default:
      return 0;
  }
}

void Usart::WriteV1(uint32_t offset, uint32_t value, uint32_t mask) {
  switch (offset) {
    case 0x00:  // RXNE and TC are cleared by writing 0
      flags_ &= ~(mask & ~value & (kRxne | kTc));
      break;
    case 0x04:
      if (status_read_) {
        flags_ &= ~kTc;
      }
      WriteData(value);
      break;
    case 0x08:
      Merge(&brr_, value, mask & 0xFFFF);
      break;
    case 0x0C:
      WriteControl(value, mask);
      break;
    case 0x10:
      Merge(&cr2_, value, mask);
      break;
    case 0x14:
      Merge(&cr3_, value, mask);
      break;
    case 0x18:
      Merge(&gtpr_, value, mask);
      break;
    default:
      break;
  }
}

uint32_t Usart::ReadV2(uint32_t offset) {
  switch (offset) {
    case 0x00:
      return cr1_;
    case 0x04:
      return cr2_;
    case 0x08:
      return cr3_;
    case 0x0C:
      return brr_;
    case 0x10:
      return gtpr_;
    case 0x14:
      return rtor_;
    case 0x1C: {
      const uint32_t te = Enabled() && (cr1_ & kCr1Te) != 0 ? kTeack : 0;
      const uint32_t re = Enabled() && (cr1_ & kCr1Re) != 0 ? kReack : 0;
      return flags_ | te | re;
    }
    case 0x24:
      return ReadData();
    case 0x28:
      return holding_data_;
    default:
      return 0;
  }
}

void Usart::WriteV2(uint32_t offset, uint32_t value, uint32_t mask) {
  switch (offset) {
    case 0x00:
      WriteControl(value, mask);
      break;
    case 0x04:
      Merge(&cr2_, value, mask);
      break;
    case 0x08:
      Merge(&cr3_, value, mask);
      break;
    case 0x0C:
      if (Enabled()) {
        LOG_WARNING("usart", "BRR of USART{} written while UE is set: ignored",
                    number_);
      } else {
        Merge(&brr_, value, mask & 0xFFFF);
      }
      break;
    case 0x10:
      Merge(&gtpr_, value, mask);
      break;
    case 0x14:
      Merge(&rtor_, value, mask);
      break;
    case 0x18:  // RQR: RXFRQ drops the received byte
      flags_ &= (value & Bit(3)) != 0 ? ~kRxne : ~0u;
      break;
    case 0x20:  // ICR
      flags_ &= ~(value & (kErrorFlags | kIdle | kTc));
      break;
    case 0x28:
      flags_ &= ~kTc;
      WriteData(value);
      break;
    default:
      break;
  }
}

void Usart::WriteControl(uint32_t value, uint32_t mask) {
  const bool was_enabled = Enabled();
  Merge(&cr1_, value, mask);
  if (was_enabled && !Enabled()) {  // frames in flight are lost
    holding_ = false;
    if (shifting_) {
      events_.Cancel(tx_event_);
      shifting_ = false;
    }
    flags_ = kResetFlags;
  }
}

uint32_t Usart::ReadData() {
  flags_ &= ~kRxne;
  if (version_ == Version::kV1 && status_read_) {
    flags_ &= ~(kErrorFlags | kIdle);
  }
  status_read_ = false;
  UpdateInterrupt();
  return receive_data_;
}

void Usart::WriteData(uint32_t value) {
  status_read_ = false;
  if (!Enabled() || (cr1_ & kCr1Te) == 0) {
    return;
  }
  if (shifting_) {
    holding_data_ = static_cast<uint8_t>(value);  // a full one is overwritten
    holding_ = true;
    flags_ &= ~kTxe;
  } else {
    StartFrame(static_cast<uint8_t>(value));
  }
}

void Usart::StartFrame(uint8_t byte) {
  shift_data_ = byte;
  shifting_ = true;
  flags_ |= kTxe;
  tx_event_ =
      events_.At(events_.NowCycles() + FrameCycles(), [this] { FrameSent(); });
}

void Usart::FrameSent() {
  shifting_ = false;
  if (hooks_.tx_pin()) {
    ++counters_.sent;
    hooks_.transmit(shift_data_);
  } else {
    LOG_WARNING("usart", "USART{} sends, but its TX pin is not set to it",
                number_);
  }
  if (holding_) {
    holding_ = false;
    StartFrame(holding_data_);
  } else {
    flags_ |= kTc;
  }
  UpdateInterrupt();
}

void Usart::LineByte(uint8_t byte) {
  line_.push_back(byte);
  ScheduleLine();
}

void Usart::ScheduleLine() {
  if (!line_scheduled_ && !line_.empty()) {
    line_scheduled_ = true;
    events_.At(events_.NowCycles() + FrameCycles(), [this] {
      line_scheduled_ = false;
      FrameReceived();
    });
  }
}

void Usart::FrameReceived() {
  if (line_.empty()) {
    return;  // the line was cleared in between
  }
  const uint8_t byte = line_.front();
  line_.pop_front();
  if (!Enabled() || (cr1_ & kCr1Re) == 0 || !hooks_.rx_pin()) {
    ++counters_.unheard;
  } else {
    const bool late = (flags_ & kRxne) != 0;
    const bool keeps_new =
        version_ == Version::kV2 && (cr3_ & kCr3OvrdisV2) != 0;
    if (late) {
      ++counters_.overruns;
      LOG_DEBUG("usart", "USART{} overrun", number_);
      flags_ |= keeps_new ? 0 : kOre;
    }
    if (!late || keeps_new) {
      receive_data_ = byte;
      flags_ |= kRxne;
      ++counters_.received;
    }
    idle_pending_ = true;
  }
  if (line_.empty()) {
    LineIdle();
  } else {
    ScheduleLine();
  }
  UpdateInterrupt();
}

// IDLE: the line stayed high for a whole frame after the last one.
void Usart::LineIdle() {
  if (idle_event_ != 0) {
    events_.Cancel(idle_event_);
  }
  idle_event_ = events_.At(events_.NowCycles() + FrameCycles(), [this] {
    idle_event_ = 0;
    if (idle_pending_ && line_.empty() && Enabled()) {
      flags_ |= kIdle;
      idle_pending_ = false;
      UpdateInterrupt();
    }
  });
}

void Usart::UpdateInterrupt() {
  // Enables and flags of IDLE, RXNE, TC and TXE share bits 4 to 7.
  bool high = (flags_ & cr1_ & 0xF0) != 0;
  high = high || ((flags_ & kOre) != 0 && (cr1_ & kCr1Rxneie) != 0);
  high = high || ((flags_ & kErrorFlags) != 0 && (cr3_ & kCr3Eie) != 0);
  hooks_.interrupt(high);
}

}  // namespace tinyrig::emulator
