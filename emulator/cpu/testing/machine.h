// A small machine for tests and benchmarks: a core with 256 KiB of code memory
// at 0 and 256 KiB of RAM at 0x20000000, and a listener that remembers.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "emulator/core.h"

namespace tinyrig::emulator::testing {

constexpr uint32_t kCodeBase = 0;
constexpr uint32_t kRamBase = 0x20000000;
constexpr uint32_t kMemoryBytes = 256 * 1024;
constexpr uint32_t kStackTop = kRamBase + kMemoryBytes;
constexpr uint32_t kProgramStart = 0x200;  // behind the vector table

class Machine : public CoreListener {
 public:
  explicit Machine(CoreKind kind = CoreKind::kCortexM4F)
      : code(kMemoryBytes), ram(kMemoryBytes) {
    core = CreateCore({.kind = kind, .cpuid = 0x410FC241});
    map.memories = {
        {"code", kCodeBase, kMemoryBytes, code.data(), true, nullptr},
        {"ram", kRamBase, kMemoryBytes, ram.data(), true, nullptr}};
  }

  void Connect() { core->Connect(map, this); }

  void PutWord(uint32_t address, uint32_t value) {
    std::memcpy(At(address), &value, 4);
  }
  uint32_t Word(uint32_t address) {
    uint32_t value = 0;
    std::memcpy(&value, At(address), 4);
    return value;
  }
  /// Places halfwords at `address` and returns the address behind them.
  uint32_t Put(uint32_t address, std::initializer_list<uint32_t> halfwords) {
    for (uint32_t half : halfwords) {
      const auto value = static_cast<uint16_t>(half);
      std::memcpy(At(address), &value, 2);
      address += 2;
    }
    return address;
  }
  uint8_t* At(uint32_t address) {
    return address >= kRamBase ? &ram[address - kRamBase] : &code[address];
  }
  /// Vector table at 0: stack, start, and `handler` for everything else.
  void Start(uint32_t start = kProgramStart, uint32_t handler = 0x100) {
    PutWord(0, kStackTop);
    PutWord(4, start | 1);
    for (uint32_t i = 2; i < 64; ++i) {
      PutWord(4 * i, handler | 1);
    }
    core->Reset(0);
  }
  void SystemResetRequested(bool lockup) override {
    ++(lockup ? lockups : resets);
    core->RequestStop();
  }

  std::vector<uint8_t> code;
  std::vector<uint8_t> ram;
  AddressMap map;
  std::unique_ptr<Core> core;
  int resets = 0;
  int lockups = 0;
};

}  // namespace tinyrig::emulator::testing
