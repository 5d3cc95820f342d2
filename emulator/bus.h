// The contract between the CPU core (emulator/core.h) and the chip around it
// (emulator/chip): a map of memories and devices. The CPU keeps raw pointers to
// memories for speed; devices are called, from the thread that is in Run().
//
// NOT here: cycle costs (emulator/cpu/timing.h), the Private Peripheral Bus at
// 0xE0000000 (emulator/cpu/ppb.cc), our serial protocol (the virtual board runs
// the firmware's bytes and knows no protocol of ours).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tinyrig::emulator {

/// A register block. `offset_bytes` counts from the block's base and is
/// aligned to `size_bytes` (1, 2 or 4). Returning false is a bus fault.
class Device {
 public:
  virtual ~Device() = default;
  virtual bool Read(uint32_t offset_bytes, unsigned size_bytes,
                    uint32_t* value) = 0;
  virtual bool Write(uint32_t offset_bytes, unsigned size_bytes,
                     uint32_t value) = 0;
  /// Power-on or system reset: registers to their reset values.
  virtual void Reset() = 0;
};

/// Plain storage that the CPU may read, and write when `writable`. Flash is a
/// memory that is not writable: stores to it go to `store_device` (the flash
/// controller, offset from the memory's base), or are a bus fault without one.
struct Memory {
  std::string name;  ///< "flash", "sram1", "dtcm"
  uint32_t base = 0;
  uint32_t size_bytes = 0;
  uint8_t* data = nullptr;  ///< size_bytes long, owned by the chip
  bool writable = true;
  Device* store_device = nullptr;
};

struct DeviceWindow {
  std::string name;
  uint32_t base = 0;
  uint32_t size_bytes = 0;
  Device* device = nullptr;
};

/// The whole map. Built once by the chip before the CPU starts; windows never
/// overlap. An address in no window is a precise bus fault.
struct AddressMap {
  std::vector<Memory> memories;
  std::vector<DeviceWindow> devices;
};

/// Things that happen at a cycle: a byte leaves the USART, the watchdog bites.
/// Cycles are CPU clocks since power-on, 64 bit, never reset by a system reset.
class EventQueue {
 public:
  using Handle = uint64_t;
  virtual ~EventQueue() = default;
  [[nodiscard]] virtual uint64_t NowCycles() const = 0;
  /// Runs `action` when NowCycles() >= at_cycles, between two instructions.
  virtual Handle At(uint64_t at_cycles, std::function<void()> action) = 0;
  virtual void Cancel(Handle handle) = 0;
};

/// Interrupt lines into the NVIC (external IRQ numbers, 0 = first vendor IRQ).
class InterruptLines {
 public:
  virtual ~InterruptLines() = default;
  /// Level-sensitive, as STM32 peripherals drive them.
  virtual void SetLine(unsigned irq, bool high) = 0;
};

/// What the core tells the chip.
class CoreListener {
 public:
  virtual ~CoreListener() = default;
  /// AIRCR.SYSRESETREQ or LOCKUP: the chip shall reset the system soon.
  virtual void SystemResetRequested(bool lockup) = 0;
};

}  // namespace tinyrig::emulator
