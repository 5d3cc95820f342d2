// The flash interface registers, and what stores to the flash do.
//
// Emulated: keys and lock, ACR, sector and mass erase, programming by 8, 16 or
// 32 bits with the parallelism check, error flags, the end-of-operation and
// error interrupt, write protection, busy time (flash timing "typical").
// NOT emulated: the stall of a CPU that reads flash while it is busy, x64
// programming (it needs an external Vpp), PCROP, option bytes that change
// anything but protection, ART contents.
// Sources: RM0402 chapter 3, RM0385 chapter 3.
#pragma once

#include <cstdint>
#include <functional>

#include "boards/board.h"
#include "emulator/chip/flash_store.h"
#include "emulator/chip/rcc.h"

namespace tinyrig::emulator {

/// Option bytes as far as they matter here.
struct FlashProtection {
  bool readout = false;        ///< RDP level 1
  uint32_t write_sectors = 0;  ///< bit per protected sector
};

class FlashController : public RegisterDevice {
 public:
  struct Hooks {
    /// The contents of [offset, offset + size) changed.
    std::function<void(uint32_t offset, uint32_t size_bytes)> changed;
    /// An erase or a first program store begins; true: the fault plan resets
    /// the board here and the operation stays half-done.
    std::function<bool()> interrupted;
    std::function<void(bool high)> interrupt;
  };

  FlashController(const boards::Board& board, FlashStore& store, const Rcc& rcc,
                  EventQueue& events, Hooks hooks);

  void Reset() override;
  void set_timing_typical(bool typical) { typical_ = typical; }
  [[nodiscard]] uint32_t wait_states() const { return acr_ & 0xF; }
  FlashProtection& protection() { return protection_; }

  /// What stores to the flash go to (Memory::store_device).
  [[nodiscard]] Device* store_port() { return &store_port_; }

 protected:
  uint32_t ReadWord(uint32_t offset_bytes) override;
  void WriteWord(uint32_t offset_bytes, uint32_t value, uint32_t mask) override;

 private:
  class StorePort : public Device {
   public:
    explicit StorePort(FlashController& owner) : owner_(owner) {}
    bool Read(uint32_t, unsigned, uint32_t*) override { return false; }
    bool Write(uint32_t offset, unsigned size, uint32_t value) override {
      owner_.Program(offset, size, value);
      return true;
    }
    void Reset() override {}

   private:
    FlashController& owner_;
  };

  void WriteKey(uint32_t value);
  void WriteControl(uint32_t value, uint32_t mask);
  void Erase();
  void Program(uint32_t offset, unsigned size_bytes, uint32_t value);
  void Raise(uint32_t error);
  void BusyFor(uint64_t nanoseconds);
  void UpdateInterrupt();
  [[nodiscard]] bool Busy() const;
  [[nodiscard]] bool Protected(size_t sector) const {
    return (protection_.write_sectors >> sector & 1) != 0;
  }

  const boards::Board& board_;
  FlashStore& store_;
  const Rcc& rcc_;
  EventQueue& events_;
  Hooks hooks_;
  bool f7_;
  bool typical_ = false;
  FlashProtection protection_;
  StorePort store_port_;

  uint32_t acr_ = 0, sr_ = 0, cr_ = 0, optcr_ = 0;
  int keys_seen_ = 0;
  bool locked_until_reset_ = false;
  uint64_t busy_until_cycles_ = 0;
};

}  // namespace tinyrig::emulator
