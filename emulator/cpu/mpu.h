// The memory protection unit as values: its registers, and what they permit at
// an address (ARMv7-M Architecture Reference Manual, DDI 0403, B3.5).
// Whether a page keeps its fast way is decided in mpu.cc, once per change.
#pragma once

#include <array>
#include <cstdint>

namespace tinyrig::emulator {

struct MpuRights {
  bool read = false;
  bool write = false;
  bool execute = false;
};

struct Mpu {
  static constexpr unsigned kMostRegions = 16;

  uint32_t ctrl = 0;  ///< ENABLE, HFNMIENA, PRIVDEFENA
  uint32_t rnr = 0;
  std::array<uint32_t, kMostRegions> rbar{};
  std::array<uint32_t, kMostRegions> rasr{};
  unsigned region_count = 8;

  [[nodiscard]] bool Enabled() const { return (ctrl & 1) != 0; }
  /// Also in HardFault, NMI and with FAULTMASK.
  [[nodiscard]] bool AlwaysOn() const { return (ctrl & 2) != 0; }
  /// With the unit enabled. The private peripheral bus is always open here;
  /// execute-never areas of the default map are not looked at.
  [[nodiscard]] MpuRights RightsAt(uint32_t address, bool privileged) const;
  /// Rights do not change within aligned blocks of so many bytes (a power of
  /// two, 32 to 4096) of the 4 KiB page at `page_base`.
  [[nodiscard]] uint32_t BlockBytes(uint32_t page_base) const;
};

}  // namespace tinyrig::emulator
