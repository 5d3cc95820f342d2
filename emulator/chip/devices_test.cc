// The chip's devices as firmware sees them: through the bus, by address.
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "emulator/chip/chip.h"
#include "emulator/chip/testing.h"

namespace tinyrig::emulator {
namespace {

using ::testing::ElementsAre;

constexpr uint32_t kRcc = 0x40023800;
constexpr uint32_t kCr = kRcc + 0x00, kPllcfgr = kRcc + 0x04;
constexpr uint32_t kCfgr = kRcc + 0x08, kAhb1enr = kRcc + 0x30;
constexpr uint32_t kApb1enr = kRcc + 0x40, kCsr = kRcc + 0x74;
constexpr uint32_t kPwrCr = 0x40007000, kPwrCsr = 0x40007004;
constexpr uint32_t kFlash = 0x40023C00, kAcr = kFlash;
constexpr uint32_t kKeyr = kFlash + 0x04, kSr = kFlash + 0x0C;
constexpr uint32_t kFlashCr = kFlash + 0x10;
constexpr uint32_t kGpioD = 0x40020C00;
constexpr uint32_t kUsart3 = 0x40004800;
constexpr uint32_t kIwdg = 0x40003000;
constexpr uint64_t kMs16 = 16'000;  // cycles of a millisecond at 16 MHz

class ChipTest : public ::testing::Test {
 protected:
  explicit ChipTest(const char* id)
      : board_(**boards::FindBoard(id)),
        store_(*FlashStore::Open(board_.flash.sector_bytes, "")),
        chip_(board_, *store_, events_, lines_, listener_, "VIRTtest0000") {}

  std::optional<uint32_t> Read(uint32_t address, unsigned size = 4) {
    uint32_t value = 0;
    for (const DeviceWindow& window : chip_.map().devices) {
      if (address - window.base < window.size_bytes) {
        return window.device->Read(address - window.base, size, &value)
                   ? std::optional(value)
                   : std::nullopt;
      }
    }
    std::vector<uint8_t> bytes(size);
    if (!chip_.ReadBytes(address, bytes)) {
      return std::nullopt;
    }
    for (unsigned i = 0; i < size; ++i) {
      value |= uint32_t{bytes[i]} << (8 * i);
    }
    return value;
  }
  bool Write(uint32_t address, uint32_t value, unsigned size = 4) {
    for (const DeviceWindow& window : chip_.map().devices) {
      if (address - window.base < window.size_bytes) {
        return window.device->Write(address - window.base, size, value);
      }
    }
    for (const Memory& memory : chip_.map().memories) {
      if (address - memory.base < memory.size_bytes &&
          memory.store_device != nullptr) {
        return memory.store_device->Write(address - memory.base, size, value);
      }
    }
    return false;
  }
  void SetBits(uint32_t address, uint32_t bits) {
    Write(address, *Read(address) | bits);
  }
  /// The clock set-up of the board file, as firmware does it.
  void FullSpeed() {
    SetBits(kApb1enr, Bit(28));
    Write(kPwrCr, 0xC000);
    SetBits(kCr, Bit(16) | Bit(18));
    events_.Advance(kMs16);
    ASSERT_TRUE(*Read(kCr) & Bit(17));
    Write(kPllcfgr, board_.clock.pllcfgr);
    SetBits(kCr, Bit(24));
    EXPECT_FALSE(*Read(kCr) & Bit(25));
    EXPECT_FALSE(*Read(kPwrCsr) & Bit(14));
    events_.Advance(kMs16);
    EXPECT_TRUE(*Read(kCr) & Bit(25));
    EXPECT_TRUE(*Read(kPwrCsr) & Bit(14));
    Write(kAcr, board_.clock.flash_acr);
    ASSERT_EQ(Read(kAcr), board_.clock.flash_acr);
    Write(kCfgr, board_.clock.cfgr | 2);
    EXPECT_EQ(*Read(kCfgr) & 0xC, 8u);
  }
  /// USART3 at PD8, PD9 with this BRR and these CR1 bits.
  void OpenConsole(uint32_t brr, uint32_t cr1) {
    SetBits(kAhb1enr, Bit(3));
    Write(kGpioD + 0x00, 2u << 16 | 2u << 18);
    Write(kGpioD + 0x24, 7u << 0 | 7u << 4);
    SetBits(kApb1enr, Bit(18));
    const bool v2 = board_.family == boards::Family::kStm32F7;
    Write(kUsart3 + (v2 ? 0x0C : 0x08), brr);
    Write(kUsart3 + (v2 ? 0x00 : 0x0C), cr1);
  }
  void Unlock() {
    Write(kKeyr, 0x45670123);
    Write(kKeyr, 0xCDEF89AB);
  }

  const boards::Board& board_;
  FakeEvents events_;
  FakeLines lines_;
  FakeListener listener_;
  std::unique_ptr<FlashStore> store_;
  Chip chip_;
};

class F412 : public ChipTest {
 protected:
  F412() : ChipTest("nucleo_f412zg") {}
};
class F746 : public ChipTest {
 protected:
  F746() : ChipTest("nucleo_f746zg") {}
};

TEST_F(F412, ClockSetupReachesTheBoardsClock) {
  FullSpeed();
  const Clocks& clocks = chip_.rcc().clocks();
  EXPECT_EQ(clocks.hclk_hz, board_.clock_hz);
  EXPECT_EQ(clocks.pclk1_hz, board_.clock.apb1_hz);
  EXPECT_EQ(clocks.pclk2_hz, board_.clock.apb2_hz);
}

TEST_F(F746, ClockSetupReachesTheBoardsClockWithOverdrive) {
  FullSpeed();
  SetBits(kPwrCr, Bit(16));
  EXPECT_EQ(*Read(kPwrCsr) & (Bit(16) | Bit(17)), Bit(16));
  SetBits(kPwrCr, Bit(17));
  EXPECT_TRUE(*Read(kPwrCsr) & Bit(17));
  EXPECT_EQ(chip_.rcc().clocks().hclk_hz, board_.clock_hz);
  EXPECT_EQ(chip_.rcc().UsartKernelHz(3), 54'000'000u);
  Write(kRcc + 0x90, 2u << 4);  // USART3SEL = HSI
  EXPECT_EQ(chip_.rcc().UsartKernelHz(3), 16'000'000u);
}

TEST_F(F412, UnclockedBlocksReadZeroAndIgnoreWrites) {
  Write(kGpioD, 0x12345678);
  EXPECT_EQ(Read(kGpioD), 0u);
  SetBits(kAhb1enr, Bit(3));
  EXPECT_EQ(Read(kGpioD), 0u);
  Write(kGpioD, 0x12345678);
  EXPECT_EQ(Read(kGpioD), 0x12345678u);
}

TEST_F(F412, HolesReadZeroOnApbAndFaultOnAhb) {
  EXPECT_EQ(Read(0x40001400), 0u);
  EXPECT_TRUE(Write(0x40001400, 1));
  EXPECT_EQ(Read(0x40022800), std::nullopt);
  EXPECT_FALSE(Write(0x40022800, 1));
  EXPECT_EQ(Read(0x40026000), 0u);  // DMA1: there, not emulated
}

TEST_F(F412, ResetFlagsStayUntilRemoved) {
  EXPECT_EQ(*Read(kCsr) >> 25, 0x7u);  // POR, PIN, BOR
  chip_.Reset();
  chip_.rcc().SetResetCause(reset_flag::kIwdg);
  EXPECT_TRUE(*Read(kCsr) & reset_flag::kIwdg);
  Write(kCsr, Bit(24));
  EXPECT_EQ(*Read(kCsr) >> 25, 0u);
}

TEST_F(F412, IdentityReadsAsOnTheChip) {
  EXPECT_EQ(Read(0x1FFF7A10), 0x54524956u);  // "VIRT"
  EXPECT_EQ(Read(0x1FFF7A22, 2), 1024u);
  EXPECT_EQ(Read(0xE0042000), 0x30000441u);
  EXPECT_EQ(Read(0x1FFF76DE, 1), 0x91u);
}

TEST_F(F412, BootAliasShowsFlashOrSystemMemory) {
  store_->Program(0, std::vector<uint8_t>{0x11, 0x22, 0x33, 0x44});
  EXPECT_EQ(Read(0), 0x44332211u);
  chip_.MapBoot(true);
  EXPECT_EQ(Read(0), 0xFFFFFFFFu);
  EXPECT_EQ(Read(0x76DE, 1), 0x91u);
  chip_.MapBoot(false);
  EXPECT_EQ(Read(0), 0x44332211u);
}

TEST_F(F746, FlashShowsAtItsItcmAlias) {
  store_->Program(8, std::vector<uint8_t>{0x11, 0x22, 0x33, 0x44});
  EXPECT_EQ(Read(0x00200008), 0x44332211u);
  EXPECT_FALSE(Write(0x00200008, 0));  // not writable there
  EXPECT_EQ(Read(0x00100000), std::nullopt);
  EXPECT_EQ(Read(0x1FF0F442, 2), 1024u);
  EXPECT_EQ(Read(0x1FF0EDBE, 1), 0x90u);
}

TEST_F(F412, FlashProgramsOnlyFromOneToZero) {
  Unlock();
  Write(kFlashCr, 0x201);  // PG, x32
  EXPECT_TRUE(Write(0x08000010, 0xF0F0F0F0));
  EXPECT_TRUE(Write(0x08000010, 0x0FF0FFFF));
  EXPECT_EQ(Read(0x08000010), 0x00F0F0F0u);
  EXPECT_EQ(*Read(kSr), 0u);
}

TEST_F(F412, FlashNeedsKeysAndLocksAfterAWrongOne) {
  Write(kFlashCr, 0x201);
  EXPECT_EQ(Read(kFlashCr), 0x80000000u);
  Write(kKeyr, 0x45670123);
  Write(kKeyr, 0x45670123);
  Unlock();
  EXPECT_EQ(Read(kFlashCr), 0x80000000u);
  chip_.Reset();
  Unlock();
  EXPECT_EQ(Read(kFlashCr), 0u);
}

TEST_F(F412, FlashErrorsByName) {
  EXPECT_TRUE(Write(0x08000000, 0));
  EXPECT_EQ(Read(kSr), Bit(7));  // PGSERR: PG not set
  Write(kSr, Bit(7));
  EXPECT_EQ(Read(kSr), 0u);
  Unlock();
  Write(kFlashCr, 0x201);
  Write(0x08000000, 0, 1);
  EXPECT_EQ(Read(kSr), Bit(6));  // PGPERR: byte store at x32
  Write(kSr, ~0u);
  chip_.flash().protection().write_sectors = 1;
  Write(0x08000000, 0);
  EXPECT_EQ(Read(kSr), Bit(4));  // WRPERR
  EXPECT_EQ(Read(0x08000000), 0xFFFFFFFFu);
}

TEST_F(F412, FlashErasesTheNamedSectorAndTellsTheCore) {
  chip_.flash().set_timing_typical(true);
  store_->Program(0x3FFC, std::vector<uint8_t>{0});
  store_->Program(0x4000, std::vector<uint8_t>{0});
  store_->Program(0x8000, std::vector<uint8_t>{0});
  Unlock();
  Write(kFlashCr, 0x200 | 2 | 1 << 3);
  SetBits(kFlashCr, Bit(16));
  EXPECT_TRUE(*Read(kSr) & Bit(16));
  events_.Advance(249 * kMs16);
  EXPECT_TRUE(*Read(kSr) & Bit(16));
  events_.Advance(2 * kMs16);
  EXPECT_FALSE(*Read(kSr) & Bit(16));
  EXPECT_EQ(Read(0x08003FFC, 1), 0u);
  EXPECT_EQ(Read(0x08004000, 1), 0xFFu);
  EXPECT_EQ(Read(0x08008000, 1), 0u);
  EXPECT_THAT(listener_.changed, ElementsAre(std::pair(0x08004000u, 0x4000u)));
  EXPECT_EQ(store_->erase_counts()[1], 1u);
}

TEST_F(F412, PinsFollowModeAndDriver) {
  SetBits(kAhb1enr, Bit(3) | Bit(2));
  Write(kGpioD + 0x00, 1);  // PD0 output
  Write(kGpioD + 0x18, 1);  // BSRR
  EXPECT_EQ(*Read(kGpioD + 0x10) & 1, 1u);
  Write(kGpioD + 0x1A, 1, 2);  // upper half: reset
  EXPECT_EQ(*Read(kGpioD + 0x10) & 1, 0u);
  EXPECT_FALSE(*Read(0x40020810) & Bit(13));
  chip_.PressButton(true);
  EXPECT_TRUE(*Read(0x40020810) & Bit(13));
}

TEST_F(F412, UsartSendsAtItsBaudRate) {
  OpenConsole(160, Bit(13) | Bit(3));  // 16 MHz / 160 = 100 kBd
  Write(kUsart3 + 4, 'a');
  EXPECT_TRUE(*Read(kUsart3) & Bit(7));  // TXE: the shift register took it
  Write(kUsart3 + 4, 'b');
  EXPECT_FALSE(*Read(kUsart3) & Bit(7));
  events_.Advance(1599);
  EXPECT_TRUE(listener_.sent.empty());
  events_.Advance(1);
  EXPECT_THAT(listener_.sent, ElementsAre('a'));
  EXPECT_TRUE(*Read(kUsart3) & Bit(7));
  events_.Advance(1600);
  EXPECT_THAT(listener_.sent, ElementsAre('a', 'b'));
  EXPECT_TRUE(*Read(kUsart3) & Bit(6));  // TC
}

TEST_F(F412, UsartIsMuteWithoutItsPins) {
  OpenConsole(160, Bit(13) | Bit(3) | Bit(2));
  Write(kGpioD, 0);
  Write(kUsart3 + 4, 'a');
  chip_.console().LineByte('x');
  events_.Advance(5000);
  EXPECT_TRUE(listener_.sent.empty());
  EXPECT_EQ(chip_.console().counters().unheard, 1u);
}

TEST_F(F412, UsartReceivesPacedAndOverrunsOnlyWhenLate) {
  OpenConsole(160, Bit(13) | Bit(2) | Bit(5));
  for (const char c : {'a', 'b', 'c'}) {
    chip_.console().LineByte(static_cast<uint8_t>(c));
  }
  events_.Advance(1600);
  EXPECT_TRUE(lines_.High(39));
  EXPECT_TRUE(*Read(kUsart3) & Bit(5));
  EXPECT_EQ(Read(kUsart3 + 4), uint32_t{'a'});
  EXPECT_FALSE(lines_.High(39));
  events_.Advance(3200);                 // b and c, b not read
  EXPECT_TRUE(*Read(kUsart3) & Bit(3));  // ORE
  EXPECT_EQ(Read(kUsart3 + 4), uint32_t{'b'});
  EXPECT_FALSE(*Read(kUsart3) & Bit(3));
  events_.Advance(1600);
  EXPECT_TRUE(*Read(kUsart3) & Bit(4));  // IDLE
  EXPECT_EQ(chip_.console().counters().overruns, 1u);
}

TEST_F(F746, UsartV2ClearsFlagsThroughIcr) {
  OpenConsole(160, Bit(0) | Bit(2) | Bit(3));
  EXPECT_EQ(*Read(kUsart3 + 0x1C) & (Bit(21) | Bit(22)), Bit(21) | Bit(22));
  chip_.console().LineByte('a');
  chip_.console().LineByte('b');
  events_.Advance(3200);
  EXPECT_TRUE(*Read(kUsart3 + 0x1C) & Bit(3));
  Read(kUsart3 + 0x24);
  EXPECT_TRUE(*Read(kUsart3 + 0x1C) & Bit(3));  // reading does not clear it
  Write(kUsart3 + 0x20, Bit(3));
  EXPECT_FALSE(*Read(kUsart3 + 0x1C) & Bit(3));
  Write(kUsart3 + 0x28, 'z', 1);
  EXPECT_FALSE(*Read(kUsart3 + 0x1C) & Bit(6));
  events_.Advance(1600);
  EXPECT_THAT(listener_.sent, ElementsAre('z'));
}

TEST_F(F412, WatchdogBitesAfterItsTimeWhateverTheClock) {
  Write(kIwdg, 0x5555);
  Write(kIwdg + 4, 3);    // /32: one count per millisecond
  Write(kIwdg + 8, 999);  // one second
  Write(kIwdg, 0xCCCC);
  events_.Advance(400 * kMs16);
  Write(kIwdg, 0xAAAA);
  events_.Advance(400 * kMs16);
  FullSpeed();
  events_.Advance(590 * uint64_t{100'000});
  EXPECT_EQ(listener_.bites, 0);
  events_.Advance(20 * uint64_t{100'000});
  EXPECT_EQ(listener_.bites, 1);
}

TEST_F(F412, TimerCountsAndInterrupts) {
  constexpr uint32_t kTim2 = 0x40000000;
  SetBits(kApb1enr, 1);
  Write(kTim2 + 0x28, 15);  // 1 MHz
  Write(kTim2 + 0x2C, 999);
  Write(kTim2 + 0x14, 1);
  Write(kTim2 + 0x10, 0);
  Write(kTim2 + 0x0C, 1);
  Write(kTim2 + 0x00, 1);
  events_.Advance(16 * 500);
  EXPECT_EQ(Read(kTim2 + 0x24), 500u);
  EXPECT_FALSE(lines_.High(28));
  events_.Advance(16 * 500);
  EXPECT_TRUE(lines_.High(28));
  EXPECT_EQ(Read(kTim2 + 0x24), 0u);
  Write(kTim2 + 0x10, 0);
  EXPECT_FALSE(lines_.High(28));
}

}  // namespace
}  // namespace tinyrig::emulator
