// Every frame as AN3155 has it, against memory that a test can look into.
#include "emulator/chip/bootloader.h"

#include <map>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tinyrig::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Bytes = std::vector<uint8_t>;

constexpr uint8_t kAck = Bootloader::kAck;
constexpr uint8_t kNack = Bootloader::kNack;

class FakeTarget : public LoaderTarget {
 public:
  bool ReadMemory(uint32_t address, std::span<uint8_t> bytes) override {
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto found = memory.find(address + static_cast<uint32_t>(i));
      bytes[i] = found == memory.end() ? 0xFF : found->second;
    }
    return true;
  }
  Outcome WriteMemory(uint32_t address,
                      std::span<const uint8_t> bytes) override {
    for (size_t i = 0; i < bytes.size(); ++i) {
      memory[address + static_cast<uint32_t>(i)] = bytes[i];
    }
    return outcome;
  }
  Outcome EraseSectors(std::span<const uint16_t> sectors) override {
    erased.insert(erased.end(), sectors.begin(), sectors.end());
    return outcome;
  }
  Outcome EraseAll() override {
    ++mass_erases;
    return outcome;
  }
  [[nodiscard]] bool ReadoutProtected() const override { return readout; }
  void SetReadoutProtection(bool on) override { readout = on; }
  void SetWriteProtection(uint32_t sectors) override { write = sectors; }
  void SystemReset() override { ++resets; }
  void Go(uint32_t vector_table) override { started = vector_table; }

  std::map<uint32_t, uint8_t> memory;
  std::vector<uint16_t> erased;
  int mass_erases = 0, resets = 0;
  bool readout = false;
  uint32_t write = 0, started = 0;
  Outcome outcome = Outcome::kOk;
};

class BootloaderTest : public ::testing::Test {
 protected:
  explicit BootloaderTest(const char* id = "nucleo_f746zg")
      : board_(**boards::FindBoard(id)), loader_(board_, target_) {
    loader_.Reset();
  }
  Bytes Send(const Bytes& bytes) {
    Bytes answer;
    for (const uint8_t byte : bytes) {
      loader_.Feed(byte, &answer, &busy_us_);
    }
    return answer;
  }
  void Sync() { ASSERT_THAT(Send({0x7F}), ElementsAre(kAck)); }
  static Bytes WithXor(Bytes bytes) {
    bytes.push_back(std::accumulate(
        bytes.begin(), bytes.end(), uint8_t{0},
        [](uint8_t a, uint8_t b) { return static_cast<uint8_t>(a ^ b); }));
    return bytes;
  }
  static Bytes Address(uint32_t address) {
    return WithXor({static_cast<uint8_t>(address >> 24),
                    static_cast<uint8_t>(address >> 16),
                    static_cast<uint8_t>(address >> 8),
                    static_cast<uint8_t>(address)});
  }
  /// Write Memory as far as the address; what the loader says to it.
  Bytes WriteTo(uint32_t address) {
    EXPECT_THAT(Send({0x31, 0xCE}), ElementsAre(kAck));
    return Send(Address(address));
  }
  Bytes Write(uint32_t address, const Bytes& data) {
    EXPECT_THAT(WriteTo(address), ElementsAre(kAck));
    Bytes frame = {static_cast<uint8_t>(data.size() - 1)};
    frame.insert(frame.end(), data.begin(), data.end());
    return Send(WithXor(frame));
  }
  Bytes Erase(const Bytes& frame) {
    EXPECT_THAT(Send({0x44, 0xBB}), ElementsAre(kAck));
    return Send(WithXor(frame));
  }

  const boards::Board& board_;
  FakeTarget target_;
  Bootloader loader_;
  int64_t busy_us_ = 0;
};

TEST_F(BootloaderTest, SaysNothingBeforeTheSyncByte) {
  EXPECT_THAT(Send({0x00, 0xFF, 0x31}), IsEmpty());
  Sync();
}

TEST_F(BootloaderTest, SecondSyncByteIsACommandByte) {
  Sync();
  EXPECT_THAT(Send({0x7F}), IsEmpty());
  EXPECT_THAT(Send({0x7F}), ElementsAre(kNack));
  EXPECT_THAT(Send({0x01, 0xFE}), ElementsAre(kAck, 0x31, 0, 0, kAck));
}

TEST_F(BootloaderTest, GetListsElevenCommands) {
  Sync();
  EXPECT_THAT(Send({0x00, 0xFF}),
              ElementsAre(kAck, 11, 0x31, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31,
                          0x44, 0x63, 0x73, 0x82, 0x92, kAck));
}

TEST_F(BootloaderTest, GetIdSendsTheProductId) {
  Sync();
  EXPECT_THAT(Send({0x02, 0xFD}), ElementsAre(kAck, 1, 0x04, 0x49, kAck));
}

TEST_F(BootloaderTest, RefusesUnknownCommandsAndWrongComplements) {
  Sync();
  EXPECT_THAT(Send({0x43, 0xBC}), ElementsAre(kNack));
  EXPECT_THAT(Send({0xA1, 0x5E}), ElementsAre(kNack));
  EXPECT_THAT(Send({0x00, 0xFE}), ElementsAre(kNack));
}

TEST_F(BootloaderTest, WritesAndReadsBack) {
  Sync();
  Bytes data(256);
  std::iota(data.begin(), data.end(), uint8_t{0});
  EXPECT_THAT(Write(0x08000100, data), ElementsAre(kAck));
  EXPECT_THAT(Send({0x11, 0xEE}), ElementsAre(kAck));
  EXPECT_THAT(Send(Address(0x08000100)), ElementsAre(kAck));
  Bytes expected = {kAck};
  expected.insert(expected.end(), data.begin(), data.end());
  EXPECT_THAT(Send({0xFF, 0x00}), ElementsAreArray(expected));
}

TEST_F(BootloaderTest, RefusesAddressesOutsideMemory) {
  Sync();
  // Unmapped, past the flash, the loader's own RAM, past the RAM, system
  // memory (never written), wrong alignment on an F7.
  for (const uint32_t address :
       {0x60000000u, 0x08100000u, 0x20003FFCu, 0x20050000u, 0x1FF00000u,
        0x08000004u, 0x20004002u}) {
    EXPECT_THAT(WriteTo(address), ElementsAre(kNack)) << std::hex << address;
  }
  EXPECT_THAT(WriteTo(0x20004000), ElementsAre(kAck));
}

TEST_F(BootloaderTest, RefusesABlockThatRunsPastTheEnd) {
  Sync();
  EXPECT_THAT(Write(0x080FFFF8, Bytes(16)), ElementsAre(kNack));
  EXPECT_THAT(Write(0x080FFFF8, Bytes(8)), ElementsAre(kAck));
}

TEST_F(BootloaderTest, RefusesOddLengths) {
  Sync();
  EXPECT_THAT(Write(0x08000000, Bytes(3)), ElementsAre(kNack));
  EXPECT_THAT(Write(0x08000000, Bytes(12)), ElementsAre(kNack));  // 8 on F7
  EXPECT_THAT(Write(0x20004000, Bytes(12)), ElementsAre(kAck));   // 4 in RAM
}

TEST_F(BootloaderTest, RefusesWrongChecksums) {
  Sync();
  EXPECT_THAT(Send({0x31, 0xCE}), ElementsAre(kAck));
  EXPECT_THAT(Send({0x08, 0, 0, 0, 0x09}), ElementsAre(kNack));
  EXPECT_THAT(WriteTo(0x08000000), ElementsAre(kAck));
  EXPECT_THAT(Send({7, 1, 2, 3, 4, 5, 6, 7, 8, 0x00}), ElementsAre(kNack));
  EXPECT_TRUE(target_.memory.empty());
}

TEST_F(BootloaderTest, ErasesListedSectors) {
  Sync();
  EXPECT_THAT(Erase({0, 2, 0, 0, 0, 3, 0, 7}), ElementsAre(kAck));
  EXPECT_THAT(target_.erased, ElementsAre(0, 3, 7));
  EXPECT_EQ(busy_us_, (250 + 250 + 1000) * 1000);
}

TEST_F(BootloaderTest, RefusesSectorsThatAreNotThere) {
  Sync();
  EXPECT_THAT(Erase({0, 1, 0, 0, 0, 8}), ElementsAre(kNack));
  EXPECT_THAT(target_.erased, IsEmpty());
}

TEST_F(BootloaderTest, MassEraseOnlyAsAWhole) {
  Sync();
  EXPECT_THAT(Erase({0xFF, 0xFF}), ElementsAre(kAck));
  EXPECT_EQ(target_.mass_erases, 1);
  EXPECT_THAT(Erase({0xFF, 0xFE}), ElementsAre(kNack));  // bank 1
  EXPECT_THAT(Erase({0xFF, 0xFD}), ElementsAre(kNack));  // bank 2
  EXPECT_THAT(Erase({0xFF, 0xF0}), ElementsAre(kNack));  // reserved
  EXPECT_EQ(target_.mass_erases, 1);
}

TEST_F(BootloaderTest, GoStartsFlashOrRamOnly) {
  Sync();
  EXPECT_THAT(Send({0x21, 0xDE}), ElementsAre(kAck));
  EXPECT_THAT(Send(Address(0x1FF00000)), ElementsAre(kNack));
  EXPECT_THAT(Send({0x21, 0xDE}), ElementsAre(kAck));
  EXPECT_THAT(Send(Address(0x08000000)), ElementsAre(kAck));
  EXPECT_EQ(target_.started, 0x08000000u);
}

TEST_F(BootloaderTest, VoltageRangeMakesProgrammingFaster) {
  Sync();
  EXPECT_THAT(Write(0x08000000, Bytes(8)), ElementsAre(kAck));
  EXPECT_EQ(busy_us_, 2 * 4 * 16);  // byte by byte
  EXPECT_THAT(Write(0xFFFF0000, {3, 0xFF, 0xFF, 0}), ElementsAre(kNack));
  EXPECT_THAT(Write(0xFFFF0000, {3, 0xFF, 0xFF, 0xFF}), ElementsAre(kAck));
  busy_us_ = 0;
  EXPECT_THAT(Write(0x08000000, Bytes(8)), ElementsAre(kAck));
  EXPECT_EQ(busy_us_, 2 * 16);
}

TEST_F(BootloaderTest, ReadoutProtectionLeavesOnlyTheGets) {
  target_.readout = true;
  Sync();
  EXPECT_THAT(Send({0x11, 0xEE}), ElementsAre(kNack));
  EXPECT_THAT(Send({0x31, 0xCE}), ElementsAre(kNack));
  EXPECT_THAT(Send({0x02, 0xFD}), ElementsAre(kAck, 1, 0x04, 0x49, kAck));
  EXPECT_THAT(Send({0x92, 0x6D}), ElementsAre(kAck, kAck));
  EXPECT_EQ(target_.mass_erases, 1);
  EXPECT_EQ(target_.resets, 1);
  EXPECT_FALSE(target_.readout);
}

TEST_F(BootloaderTest, ProtectionsAnswerAndReset) {
  Sync();
  EXPECT_THAT(Send({0x63, 0x9C}), ElementsAre(kAck));
  EXPECT_THAT(Send(WithXor({1, 0, 5})), ElementsAre(kAck));
  EXPECT_EQ(target_.write, 0x21u);
  loader_.Reset();
  Sync();
  EXPECT_THAT(Send({0x73, 0x8C}), ElementsAre(kAck, kAck));
  EXPECT_EQ(target_.write, 0u);
  loader_.Reset();
  Sync();
  EXPECT_THAT(Send({0x82, 0x7D}), ElementsAre(kAck, kAck));
  EXPECT_TRUE(target_.readout);
  EXPECT_EQ(target_.resets, 3);
}

TEST_F(BootloaderTest, AResetInTheMiddleGivesNoAnswer) {
  Sync();
  target_.outcome = LoaderTarget::Outcome::kReset;
  EXPECT_THAT(Write(0x08000000, Bytes(8)), IsEmpty());
}

class F412Loader : public BootloaderTest {
 protected:
  F412Loader() : BootloaderTest("nucleo_f412zg") {}
};

TEST_F(F412Loader, NeedsWordAlignmentOnly) {
  Sync();
  EXPECT_THAT(Write(0x08000004, Bytes(12)), ElementsAre(kAck));
  EXPECT_THAT(Send({0x02, 0xFD}), ElementsAre(kAck, 1, 0x04, 0x41, kAck));
}

}  // namespace
}  // namespace tinyrig::emulator
