// ST's ROM bootloader on a USART (AN3155), as a state machine over bytes: no
// clock, no I/O. What it does to the chip goes through LoaderTarget.
//
// Like the ROM: the first 0x7F synchronises, a second one is a command byte;
// every fault is a NACK and back to waiting for a command; it waits for the
// next byte for ever. NOT emulated: baud rate detection (every rate fits),
// parity (a PTY has none), the other interfaces (I2C, SPI, CAN, USB).
// Source: AN3155; RAM use, ids and alignment per chip from AN2606.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "boards/board.h"

namespace tinyrig::emulator {

/// What the bootloader can do to the chip.
class LoaderTarget {
 public:
  enum class Outcome {
    kOk,
    kRefused,  ///< no such memory, or write protected: NACK
    kReset,    ///< the board was reset meanwhile (fault plan): no answer
  };
  virtual ~LoaderTarget() = default;
  virtual bool ReadMemory(uint32_t address, std::span<uint8_t> bytes) = 0;
  virtual Outcome WriteMemory(uint32_t address,
                              std::span<const uint8_t> bytes) = 0;
  virtual Outcome EraseSectors(std::span<const uint16_t> sectors) = 0;
  virtual Outcome EraseAll() = 0;
  [[nodiscard]] virtual bool ReadoutProtected() const = 0;
  virtual void SetReadoutProtection(bool on) = 0;
  virtual void SetWriteProtection(uint32_t sectors) = 0;
  virtual void SystemReset() = 0;
  virtual void Go(uint32_t vector_table) = 0;
};

class Bootloader {
 public:
  static constexpr uint8_t kSync = 0x7F;
  static constexpr uint8_t kAck = 0x79;
  static constexpr uint8_t kNack = 0x1F;
  static constexpr uint32_t kVoltageRegister = 0xFFFF0000;

  Bootloader(const boards::Board& board, LoaderTarget& target);

  /// System reset: waits for 0x7F again.
  void Reset();

  /// Takes one byte. Answer bytes are appended to `output`; when flash was
  /// erased or programmed, they come only after `busy_us` of typical flash
  /// time, which the caller may honour or ignore.
  void Feed(uint8_t byte, std::vector<uint8_t>* output, int64_t* busy_us);

 private:
  using Handler = void (Bootloader::*)();
  enum class Command : uint8_t;

  void Expect(size_t byte_count, Handler handler);
  void ExpectCommand() { Expect(2, &Bootloader::OnCommand); }
  void Send(std::span<const uint8_t> bytes);
  void Ack() { output_->push_back(kAck); }
  void Nack();
  [[nodiscard]] bool ChecksumGood() const;
  /// Takes the 5 bytes of an address; false after NACK.
  bool TakeAddress();

  void OnSync();
  void OnCommand();
  void Dispatch(uint8_t command);
  void Get();
  void OnReadAddress();
  void OnReadLength();
  void OnGoAddress();
  void OnWriteAddress();
  void OnWriteLength();
  void OnWriteData();
  void OnEraseCount();
  void OnErasePages();
  void OnEraseSpecial();
  void OnProtectCount();
  void OnProtectSectors();
  void Finish(LoaderTarget::Outcome outcome);

  enum class Area { kNone, kFlash, kRam, kSystem, kOtp, kVoltage };
  [[nodiscard]] Area AreaOf(uint32_t address, uint32_t size_bytes) const;
  [[nodiscard]] int64_t ProgramMicros(size_t size_bytes) const;
  [[nodiscard]] bool WriteFits(uint32_t size_bytes) const;

  const boards::Board& board_;
  LoaderTarget& target_;
  std::vector<uint8_t> buffer_;
  size_t needed_ = 1;
  Handler handler_ = &Bootloader::OnSync;
  uint32_t address_ = 0;
  uint16_t erase_code_ = 0;
  uint8_t voltage_range_ = 0;
  std::vector<uint8_t>* output_ = nullptr;
  int64_t* busy_us_ = nullptr;
};

}  // namespace tinyrig::emulator
