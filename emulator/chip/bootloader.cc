#include "emulator/chip/bootloader.h"

#include <algorithm>
#include <numeric>

#include "base/log.h"
#include "emulator/chip/chip.h"

namespace tinyrig::emulator {

enum class Bootloader::Command : uint8_t {
  kGet = 0x00,
  kGetVersion = 0x01,
  kGetId = 0x02,
  kReadMemory = 0x11,
  kGo = 0x21,
  kWriteMemory = 0x31,
  kExtendedErase = 0x44,
  kWriteProtect = 0x63,
  kWriteUnprotect = 0x73,
  kReadoutProtect = 0x82,
  kReadoutUnprotect = 0x92,
};

namespace {

constexpr std::array<uint8_t, 11> kCommands = {
    0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92};
constexpr uint16_t kEraseAll = 0xFFFF;
constexpr uint16_t kFirstSpecialErase = 0xFFF0;

uint8_t Xor(std::span<const uint8_t> bytes) {
  return std::accumulate(
      bytes.begin(), bytes.end(), uint8_t{0},
      [](uint8_t a, uint8_t b) { return static_cast<uint8_t>(a ^ b); });
}

uint32_t LoadBe32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | p[3];
}

bool Inside(const boards::MemoryRegion& region, uint32_t address,
            uint32_t size_bytes) {
  return address >= region.base && address - region.base <= region.bytes &&
         size_bytes <= region.bytes - (address - region.base);
}

}  // namespace

Bootloader::Bootloader(const boards::Board& board, LoaderTarget& target)
    : board_(board), target_(target) {}

void Bootloader::Reset() {
  voltage_range_ = 0;
  Expect(1, &Bootloader::OnSync);
}

void Bootloader::Feed(uint8_t byte, std::vector<uint8_t>* output,
                      int64_t* busy_us) {
  output_ = output;
  busy_us_ = busy_us;
  buffer_.push_back(byte);
  if (buffer_.size() >= needed_) {
    (this->*handler_)();
  }
}

void Bootloader::Expect(size_t byte_count, Handler handler) {
  buffer_.clear();
  needed_ = byte_count;
  handler_ = handler;
}

void Bootloader::Send(std::span<const uint8_t> bytes) {
  output_->insert(output_->end(), bytes.begin(), bytes.end());
}

void Bootloader::Nack() {
  output_->push_back(kNack);
  ExpectCommand();
}

bool Bootloader::ChecksumGood() const {
  return Xor({buffer_.data(), buffer_.size() - 1}) == buffer_.back();
}

void Bootloader::OnSync() {
  if (buffer_[0] != kSync) {
    LOG_DEBUG("loader", "{:#04x} before 0x7F: ignored", buffer_[0]);
    return Expect(1, &Bootloader::OnSync);
  }
  Ack();
  ExpectCommand();
}

void Bootloader::OnCommand() {
  const uint8_t code = buffer_[0];
  const bool known =
      std::find(kCommands.begin(), kCommands.end(), code) != kCommands.end();
  if ((code ^ buffer_[1]) != 0xFF || !known) {
    return Nack();
  }
  const bool always = code <= 0x02 || code == 0x92;
  if (!always && target_.ReadoutProtected()) {
    return Nack();
  }
  Dispatch(code);
}

void Bootloader::Dispatch(uint8_t code) {
  Ack();
  switch (static_cast<Command>(code)) {
    case Command::kGet:
      return Get();
    case Command::kGetVersion:
      Send(std::array<uint8_t, 4>{board_.bootloader.protocol_version, 0, 0,
                                  kAck});
      return ExpectCommand();
    case Command::kGetId:
      Send(std::array<uint8_t, 4>{
          0x01, static_cast<uint8_t>(board_.bootloader.product_id >> 8),
          static_cast<uint8_t>(board_.bootloader.product_id), kAck});
      return ExpectCommand();
    case Command::kReadMemory:
      return Expect(5, &Bootloader::OnReadAddress);
    case Command::kGo:
      return Expect(5, &Bootloader::OnGoAddress);
    case Command::kWriteMemory:
      return Expect(5, &Bootloader::OnWriteAddress);
    case Command::kExtendedErase:
      return Expect(2, &Bootloader::OnEraseCount);
    case Command::kWriteProtect:
      return Expect(1, &Bootloader::OnProtectCount);
    case Command::kWriteUnprotect:
      Ack();
      target_.SetWriteProtection(0);
      return target_.SystemReset();
    case Command::kReadoutProtect:
      Ack();
      target_.SetReadoutProtection(true);
      return target_.SystemReset();
    case Command::kReadoutUnprotect:
      Ack();  // sent before the work, as ST's own code does
      target_.SetReadoutProtection(false);
      target_.EraseAll();
      return target_.SystemReset();
  }
}

void Bootloader::Get() {
  output_->push_back(static_cast<uint8_t>(kCommands.size()));
  output_->push_back(board_.bootloader.protocol_version);
  Send(kCommands);
  Ack();
  ExpectCommand();
}

bool Bootloader::TakeAddress() {
  if (!ChecksumGood()) {
    Nack();
    return false;
  }
  address_ = LoadBe32(buffer_.data());
  return true;
}

void Bootloader::OnReadAddress() {
  if (!TakeAddress()) {
    return;
  }
  if (AreaOf(address_, 1) == Area::kNone) {
    return Nack();
  }
  Ack();
  Expect(2, &Bootloader::OnReadLength);
}

void Bootloader::OnReadLength() {
  std::vector<uint8_t> bytes(size_t{buffer_[0]} + 1);
  const auto size_bytes = static_cast<uint32_t>(bytes.size());
  if ((buffer_[0] ^ buffer_[1]) != 0xFF) {
    return Nack();
  }
  const Area area = AreaOf(address_, size_bytes);
  if (area == Area::kVoltage) {
    std::fill(bytes.begin(), bytes.end(), uint8_t{0xFF});
    bytes[0] = voltage_range_;
  } else if (area == Area::kNone || !target_.ReadMemory(address_, bytes)) {
    return Nack();
  }
  Ack();
  Send(bytes);
  ExpectCommand();
}

void Bootloader::OnGoAddress() {
  if (!TakeAddress()) {
    return;
  }
  const Area area = AreaOf(address_, 8);
  if ((area != Area::kFlash && area != Area::kRam) || address_ % 4 != 0) {
    return Nack();
  }
  Ack();
  Reset();
  target_.Go(address_);
}

void Bootloader::OnWriteAddress() {
  if (!TakeAddress()) {
    return;
  }
  const Area area = AreaOf(address_, 1);
  const uint32_t alignment_bytes =
      area == Area::kFlash ? board_.bootloader.write_alignment_bytes : 4;
  if (area == Area::kNone || area == Area::kSystem ||
      address_ % alignment_bytes != 0) {
    return Nack();
  }
  Ack();
  Expect(1, &Bootloader::OnWriteLength);
}

void Bootloader::OnWriteLength() {
  const size_t needed = size_t{buffer_[0]} + 3;  // itself, data, checksum
  needed_ = needed;
  handler_ = &Bootloader::OnWriteData;
}

bool Bootloader::WriteFits(uint32_t size_bytes) const {
  switch (AreaOf(address_, size_bytes)) {
    case Area::kVoltage:
      return size_bytes == 4 && buffer_[1] <= 4 && buffer_[2] == 0xFF &&
             buffer_[3] == 0xFF && buffer_[4] == 0xFF;
    case Area::kFlash:
      return size_bytes % board_.bootloader.write_alignment_bytes == 0;
    case Area::kRam:
    case Area::kOtp:
      return size_bytes % 4 == 0;
    default:
      return false;
  }
}

void Bootloader::OnWriteData() {
  const std::span<const uint8_t> data(buffer_.data() + 1, buffer_.size() - 2);
  const auto size_bytes = static_cast<uint32_t>(data.size());
  if (!ChecksumGood() || !WriteFits(size_bytes)) {
    return Nack();
  }
  const Area area = AreaOf(address_, size_bytes);
  if (area == Area::kVoltage) {
    voltage_range_ = data[0];
    Ack();
    return ExpectCommand();
  }
  *busy_us_ += area == Area::kFlash ? ProgramMicros(size_bytes) : 0;
  Finish(target_.WriteMemory(address_, data));
}

void Bootloader::OnEraseCount() {
  erase_code_ = static_cast<uint16_t>(buffer_[0] << 8 | buffer_[1]);
  if (erase_code_ >= kFirstSpecialErase) {
    needed_ = 3;
    handler_ = &Bootloader::OnEraseSpecial;
  } else {
    needed_ = 2 + 2 * (size_t{erase_code_} + 1) + 1;
    handler_ = &Bootloader::OnErasePages;
  }
}

// 0xFFFF is everything. 0xFFFE and 0xFFFD name a bank: these chips have one.
void Bootloader::OnEraseSpecial() {
  if (!ChecksumGood() || erase_code_ != kEraseAll) {
    return Nack();
  }
  for (const uint32_t sector_ms : board_.flash.erase_ms_typical) {
    *busy_us_ += int64_t{sector_ms} * 1000;
  }
  Finish(target_.EraseAll());
}

void Bootloader::OnErasePages() {
  std::vector<uint16_t> sectors;
  for (size_t i = 2; i + 2 < buffer_.size(); i += 2) {
    sectors.push_back(static_cast<uint16_t>(buffer_[i] << 8 | buffer_[i + 1]));
  }
  const size_t sector_count = board_.flash.sector_bytes.size();
  const bool in_range =
      std::all_of(sectors.begin(), sectors.end(),
                  [&](uint16_t sector) { return sector < sector_count; });
  if (!ChecksumGood() || !in_range) {
    return Nack();
  }
  for (const uint16_t sector : sectors) {
    *busy_us_ += int64_t{board_.flash.erase_ms_typical[sector]} * 1000;
  }
  Finish(target_.EraseSectors(sectors));
}

void Bootloader::OnProtectCount() {
  needed_ = size_t{buffer_[0]} + 3;
  handler_ = &Bootloader::OnProtectSectors;
}

void Bootloader::OnProtectSectors() {
  uint32_t sectors = 0;
  bool in_range = true;
  for (size_t i = 1; i + 1 < buffer_.size(); ++i) {
    in_range = in_range && buffer_[i] < board_.flash.sector_bytes.size();
    sectors |= 1u << (buffer_[i] & 31);
  }
  if (!ChecksumGood() || !in_range) {
    return Nack();
  }
  Ack();
  target_.SetWriteProtection(sectors);
  target_.SystemReset();
}

void Bootloader::Finish(LoaderTarget::Outcome outcome) {
  switch (outcome) {
    case LoaderTarget::Outcome::kOk:
      Ack();
      return ExpectCommand();
    case LoaderTarget::Outcome::kRefused:
      return Nack();
    case LoaderTarget::Outcome::kReset:
      return;  // Reset() was called: not a word
  }
}

Bootloader::Area Bootloader::AreaOf(uint32_t address,
                                    uint32_t size_bytes) const {
  if (address == kVoltageRegister && size_bytes <= 4) {
    return Area::kVoltage;
  }
  // A block may run from one RAM into the next (DTCM, SRAM1, SRAM2).
  const boards::ImageLayout& layout = board_.image;
  const uint32_t ram_used = board_.bootloader.ram_used_bytes;
  const boards::MemoryRegion ram{.name = "ram",
                                 .kind = boards::MemoryKind::kRam,
                                 .base = layout.ram_base + ram_used,
                                 .bytes = layout.ram_bytes - ram_used,
                                 .of = {}};
  if (Inside(ram, address, size_bytes)) {
    return Area::kRam;
  }
  for (const boards::MemoryRegion& region : board_.memories) {
    if (!Inside(region, address, size_bytes)) {
      continue;
    }
    if (region.kind == boards::MemoryKind::kFlash) {
      return Area::kFlash;
    }
    if (region.kind == boards::MemoryKind::kRom) {
      return region.name == "otp" ? Area::kOtp : Area::kSystem;
    }
  }
  const boards::Identity& identity = board_.identity;
  if (address >= identity.uid_address &&
      address + size_bytes <= identity.uid_address + EngineeringBytes(board_)) {
    return Area::kSystem;  // engineering bytes: UID, flash size
  }
  return Area::kNone;
}

// Byte by byte at the reset voltage range, word by word at range 3.
int64_t Bootloader::ProgramMicros(size_t size_bytes) const {
  const int64_t words = static_cast<int64_t>(size_bytes) / 4;
  const int64_t operations = voltage_range_ >= 3   ? 1
                             : voltage_range_ == 0 ? 4
                                                   : 2;
  return words * operations * board_.flash.word_program_us_typical;
}

}  // namespace tinyrig::emulator
