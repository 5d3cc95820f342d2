// One STM32F4 or F7 around a core: memories and devices of a boards::Board,
// wired to the board's console pins and the user button.
//
// Everything that differs between boards comes from the board file; what
// differs between the families (USART and GPIO ports there are, boot from an
// alias at 0 or from 0x00200000) stands in chip.cc.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "boards/board.h"
#include "emulator/bus.h"
#include "emulator/chip/flash_controller.h"
#include "emulator/chip/gpio.h"
#include "emulator/chip/iwdg.h"
#include "emulator/chip/peripheral_bus.h"
#include "emulator/chip/plain_registers.h"
#include "emulator/chip/pwr.h"
#include "emulator/chip/timer.h"
#include "emulator/chip/usart.h"

namespace tinyrig::emulator {

/// What the chip tells the board. Called from inside Core::Run: record and
/// return, do not act.
class ChipListener {
 public:
  virtual ~ChipListener() = default;
  virtual void WatchdogBites() = 0;
  virtual void ConsoleSent(uint8_t byte) = 0;
  /// Decoded code in [base, base + size) is stale.
  virtual void CodeChanged(uint32_t base, uint32_t size_bytes) = 0;
  /// A flash operation begins; true: the board is reset in the middle of it.
  virtual bool FlashInterrupted() = 0;
};

/// Bytes of the read-only region with UID and flash size, from the UID on.
uint32_t EngineeringBytes(const boards::Board& board);

class Chip {
 public:
  /// All arguments outlive the chip. `uid` is exactly 12 characters.
  Chip(const boards::Board& board, FlashStore& store, EventQueue& events,
       InterruptLines& lines, ChipListener& listener, const std::string& uid);
  ~Chip();
  Chip(const Chip&) = delete;
  Chip& operator=(const Chip&) = delete;

  [[nodiscard]] const AddressMap& map() const { return map_; }

  /// System reset of all devices; memories keep their contents.
  void Reset();
  /// The RAMs hold noise after power-on, always the same.
  void ScrambleRam();
  /// F4: what the alias at 0 shows. F7: nothing changes.
  void MapBoot(bool system_memory);
  /// Where the core finds its vector table after a reset with BOOT0 low.
  [[nodiscard]] uint32_t boot_address() const { return boot_address_; }

  /// The bytes behind [address, address + size), all readable memory; false
  /// when part of it is no memory.
  [[nodiscard]] bool ReadBytes(uint32_t address,
                               std::span<uint8_t> bytes) const;
  /// RAM and OTP (1 -> 0 only) from the ROM bootloader; false elsewhere.
  bool WriteBytes(uint32_t address, std::span<const uint8_t> bytes);

  Rcc& rcc() { return rcc_; }
  FlashController& flash() { return flash_; }
  Usart& console() { return *console_; }
  Gpio& port(char letter) { return *ports_[static_cast<size_t>(letter - 'A')]; }
  /// The blue button of a Nucleo-144 board, PC13, high while pressed.
  void PressButton(bool pressed) { port('C').DrivePin(13, pressed); }

 private:
  struct Storage;
  void AddMemories(const std::string& uid);
  void AddMemory(Memory memory);
  void AddBootAlias();
  void FillRom(const boards::MemoryRegion& region, uint8_t* data) const;
  void AttachSystem();
  void AttachUsart(int number);
  void AttachTimer(int number);
  void AttachUnmodelled(const char* name, uint32_t base, uint32_t size_bytes);
  void ClocksChanged();
  [[nodiscard]] const Memory* Find(uint32_t address) const;
  PeripheralBus& BusOf(uint32_t address);
  std::function<void(bool)> Line(unsigned irq);

  const boards::Board& board_;
  bool f7_;
  FlashStore& store_;
  EventQueue& events_;
  InterruptLines& lines_;
  ChipListener& listener_;
  uint32_t boot_address_ = 0;

  std::vector<std::unique_ptr<Storage>> storages_;
  uint8_t* boot_alias_ = nullptr;  // a mapping; F4 only
  int system_memory_fd_ = -1;
  AddressMap map_;

  Rcc rcc_;
  Pwr pwr_;
  FlashController flash_;
  Iwdg iwdg_;
  PlainRegisters syscfg_, dbgmcu_;
  std::vector<std::unique_ptr<Gpio>> ports_;
  std::vector<std::unique_ptr<Usart>> usarts_;
  std::vector<std::unique_ptr<Timer>> timers_;
  std::vector<std::unique_ptr<Unmodelled>> unmodelled_;
  std::vector<std::unique_ptr<PeripheralBus>> buses_;
  std::vector<uint32_t> bus_bases_;
  Usart* console_ = nullptr;
  uint32_t last_hclk_hz_ = 0;
};

}  // namespace tinyrig::emulator
