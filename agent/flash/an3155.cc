#include "agent/flash/an3155.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace tinyrig::agent {
namespace {

constexpr uint8_t kSync = 0x7F;
constexpr uint8_t kAck = 0x79;
constexpr uint8_t kNack = 0x1F;
constexpr uint8_t kGetIdCode = 0x02;
constexpr uint8_t kRead = 0x11;
constexpr uint8_t kWrite = 0x31;
constexpr uint8_t kExtendedErase = 0x44;

uint8_t XorOf(std::span<const uint8_t> bytes) {
  uint8_t sum = 0;
  for (const uint8_t byte : bytes) {
    sum ^= byte;
  }
  return sum;
}

uint8_t Complement(uint8_t value) {
  return static_cast<uint8_t>(~value);
}

void AppendBe16(std::vector<uint8_t>* out, size_t value) {
  out->push_back(static_cast<uint8_t>(value >> 8));
  out->push_back(static_cast<uint8_t>(value));
}

}  // namespace

absl::Status An3155::ReadExactly(std::span<uint8_t> into, const char* what) {
  while (!into.empty()) {
    const auto n = port_->Read(into, timeouts_.command_ms);
    if (!n.ok()) {
      return base::WithContext(n.status(), what);
    }
    into = into.subspan(*n);
  }
  return absl::OkStatus();
}

absl::Status An3155::ExpectAck(int64_t timeout_ms, const char* what) {
  uint8_t answer = 0;
  const auto n = port_->Read({&answer, 1}, timeout_ms);
  if (!n.ok()) {
    return base::WithContext(n.status(), what);
  }
  if (answer == kAck) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrFormat("%s: loader answered 0x%02X (%s), wanted ACK 0x79", what,
                      answer, answer == kNack ? "NACK" : "neither"));
}

absl::Status An3155::SendChecked(std::vector<uint8_t> bytes, uint8_t checksum,
                                 int64_t timeout_ms, const char* what) {
  bytes.push_back(checksum);
  RETURN_IF_ERROR(
      base::WithContext(port_->Write(bytes, timeouts_.command_ms), what));
  return ExpectAck(timeout_ms, what);
}

absl::Status An3155::Command(uint8_t code) {
  return SendChecked({code}, Complement(code), timeouts_.command_ms,
                     "loader command");
}

absl::Status An3155::SendAddress(uint32_t address) {
  std::vector<uint8_t> bytes;
  AppendBe16(&bytes, address >> 16);
  AppendBe16(&bytes, address & 0xFFFF);
  const uint8_t sum = XorOf(bytes);
  return SendChecked(std::move(bytes), sum, timeouts_.command_ms,
                     "loader address");
}

absl::Status An3155::Sync() {
  RETURN_IF_ERROR(port_->Flush());
  absl::Status last;
  for (int attempt = 0; attempt < 2; ++attempt) {
    RETURN_IF_ERROR(port_->Write({&kSync, 1}, timeouts_.command_ms));
    uint8_t answer = 0;
    const auto n = port_->Read({&answer, 1}, timeouts_.sync_ms);
    if (n.ok() && (answer == kAck || answer == kNack)) {
      return absl::OkStatus();
    }
    last = n.ok() ? absl::DataLossError(absl::StrFormat(
                        "loader sync: got 0x%02X, wanted ACK", answer))
                  : base::WithContext(n.status(), "loader sync");
    if (!n.ok() && !absl::IsDeadlineExceeded(n.status())) {
      return last;
    }
  }
  return last;
}

absl::StatusOr<uint16_t> An3155::GetId() {
  RETURN_IF_ERROR(Command(kGetIdCode));
  uint8_t reply[3] = {};
  RETURN_IF_ERROR(ReadExactly(reply, "loader Get ID"));
  RETURN_IF_ERROR(ExpectAck(timeouts_.command_ms, "loader Get ID"));
  return static_cast<uint16_t>(reply[1] << 8 | reply[2]);
}

absl::Status An3155::EraseSectors(std::span<const uint16_t> sectors) {
  RETURN_IF_ERROR(Command(kExtendedErase));
  std::vector<uint8_t> bytes;
  AppendBe16(&bytes, sectors.size() - 1);
  for (const uint16_t sector : sectors) {
    AppendBe16(&bytes, sector);
  }
  const uint8_t sum = XorOf(bytes);
  const int64_t timeout_ms =
      timeouts_.command_ms +
      timeouts_.erase_per_sector_ms * static_cast<int64_t>(sectors.size());
  return SendChecked(std::move(bytes), sum, timeout_ms, "loader erase");
}

absl::Status An3155::Write(uint32_t address, std::span<const uint8_t> bytes) {
  RETURN_IF_ERROR(Command(kWrite));
  RETURN_IF_ERROR(SendAddress(address));
  std::vector<uint8_t> frame{static_cast<uint8_t>(bytes.size() - 1)};
  frame.insert(frame.end(), bytes.begin(), bytes.end());
  const uint8_t sum = XorOf(frame);
  return SendChecked(std::move(frame), sum, timeouts_.write_ms, "loader write");
}

absl::Status An3155::Read(uint32_t address, std::span<uint8_t> into) {
  RETURN_IF_ERROR(Command(kRead));
  RETURN_IF_ERROR(SendAddress(address));
  const auto count = static_cast<uint8_t>(into.size() - 1);
  RETURN_IF_ERROR(SendChecked({count}, Complement(count), timeouts_.command_ms,
                              "loader read"));
  return ReadExactly(into, "loader read");
}

}  // namespace tinyrig::agent
