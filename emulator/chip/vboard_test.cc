// A whole board in this process: firmware of a few instructions, wires pulled,
// time let pass by hand.
#include "emulator/chip/vboard.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/bytes.h"
#include "base/file.h"

namespace tinyrig::emulator {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

constexpr int64_t kMsNs = 1'000'000;

// Thumb instructions behind a vector table with SP 0x20010000, PC at +8.
Bytes Program(const std::vector<uint16_t>& code) {
  Bytes image(8);
  base::StoreLe32(image.data(), 0x20010000);
  base::StoreLe32(image.data() + 4, 0x08000009);
  for (const uint16_t word : code) {
    image.push_back(static_cast<uint8_t>(word));
    image.push_back(static_cast<uint8_t>(word >> 8));
  }
  image.resize((image.size() + 7) / 8 * 8, 0xFF);
  return image;
}

const std::vector<uint16_t> kSleepForEver = {0xBF30, 0xE7FD};  // wfi; b .-2
// ldr r0,=0xE000ED0C; ldr r1,=0x05FA0004; str r1,[r0]; b .
const std::vector<uint16_t> kResetItself = {0x4801, 0x4902, 0x6001, 0xE7FE,
                                            0xED0C, 0xE000, 0x0004, 0x05FA};
// movs r0,#0; ldr r0,=0x60000000; ldr r0,[r0] (bus fault, no handler); b .
const std::vector<uint16_t> kLockUp = {0x2000, 0x4801, 0x6800,
                                       0xE7FE, 0x0000, 0x6000};
// IWDG: start with the reset values (/4, 4096): 512 ms; b .
// ldr r0,=0x40003000; ldr r1,=0xCCCC; str r1,[r0]; b .
const std::vector<uint16_t> kWatchdog = {0x4801, 0x4902, 0x6001, 0xE7FE,
                                         0x3000, 0x4000, 0xCCCC, 0x0000};
// IDCODE into r1, then sleep: ldr r0,=0xE0042000; ldr r1,[r0]; wfi; b .-2
const std::vector<uint16_t> kIdcode = {0x4801, 0x6801, 0xBF30,
                                       0xE7FD, 0x2000, 0xE004};

class VBoardTest : public ::testing::TestWithParam<const char*> {
 protected:
  VBoardTest() { options_.board = *boards::FindBoard(GetParam()); }

  void Make() {
    auto board = VBoard::Create(options_);
    ASSERT_TRUE(board.ok()) << board.status();
    board_ = *std::move(board);
  }
  Bytes Loader(const Bytes& bytes) {
    Bytes answer;
    for (const uint8_t byte : bytes) {
      const VBoard::LoaderAnswer got = board_->LoaderByte(byte);
      answer.insert(answer.end(), got.bytes.begin(), got.bytes.end());
    }
    return answer;
  }
  void EnterRom() {
    Reply("boot0 1");
    Reply("reset");
    ASSERT_EQ(Loader({0x7F}), Bytes{0x79});
  }
  /// Erases sector 0 and writes `image` there through the ROM bootloader.
  Bytes Flash(const Bytes& image) {
    EnterRom();
    Loader({0x44, 0xBB, 0, 0, 0, 0, 0});
    Loader({0x31, 0xCE, 8, 0, 0, 0, 8});
    Bytes frame = {static_cast<uint8_t>(image.size() - 1)};
    frame.insert(frame.end(), image.begin(), image.end());
    frame.push_back(std::accumulate(
        frame.begin(), frame.end(), uint8_t{0},
        [](uint8_t a, uint8_t b) { return static_cast<uint8_t>(a ^ b); }));
    return Loader(frame);
  }
  void FlashAndStart(const std::vector<uint16_t>& code) {
    ASSERT_EQ(Flash(Program(code)), Bytes{0x79});
    Reply("boot0 0");
    Reply("reset");
  }
  std::string Reply(const char* line) {
    return ControlReply(*board_, line, &quit_);
  }
  uint32_t Csr() {
    uint32_t value = 0;
    board_->chip().rcc().Read(0x74, 4, &value);
    return value;
  }
  void Run(int slices = 4) {
    for (int i = 0; i < slices; ++i) {
      last_ = board_->Run(100'000);
    }
  }

  VBoardOptions options_;
  std::unique_ptr<VBoard> board_;
  VBoard::Activity last_ = VBoard::Activity::kRunning;
  bool quit_ = false;
};

TEST_P(VBoardTest, BootsFromFlashAndSleeps) {
  Make();
  FlashAndStart(kSleepForEver);
  Run();
  EXPECT_EQ(board_->mode(), VBoard::Mode::kFlash);
  EXPECT_EQ(last_, VBoard::Activity::kWaiting);
  EXPECT_EQ(board_->NanosToNextEvent(), INT64_MAX);
  const uint64_t before = board_->core().NowCycles();
  board_->LetPass(5 * kMsNs);
  EXPECT_EQ(board_->core().NowCycles() - before, 80'000u);  // 16 MHz HSI
}

// One call, not one for each byte: nobody waits for naps on a busy line.
TEST_P(VBoardTest, NapsBetweenBytesPassAtOnce) {
  Make();
  FlashAndStart(kSleepForEver);
  Run();
  const uint64_t before = board_->core().NowCycles();
  for (uint8_t i = 0; i < 100; ++i) {
    board_->ConsoleByte(i);
  }
  EXPECT_EQ(board_->Run(100'000), VBoard::Activity::kWaiting);
  EXPECT_EQ(board_->ConsoleRoom(), Usart::kLineBytes);
  const uint64_t frame_cycles = 16'000'000 * 10 / board_->board().console.baud;
  EXPECT_GE(board_->core().NowCycles() - before, 100 * frame_cycles);
  // A nap is charged a little, so that a long line does not hold us for ever.
  for (uint8_t i = 0; i < 100; ++i) {
    board_->ConsoleByte(i);
  }
  EXPECT_EQ(board_->Run(1000), VBoard::Activity::kRunning);
  EXPECT_LT(board_->ConsoleRoom(), Usart::kLineBytes);
}

TEST_P(VBoardTest, GoStartsWithoutAReset) {
  Make();
  ASSERT_EQ(Flash(Program(kSleepForEver)), Bytes{0x79});
  EXPECT_EQ(Loader({0x21, 0xDE, 8, 0, 0, 0, 8}), (Bytes{0x79, 0x79}));
  EXPECT_EQ(board_->mode(), VBoard::Mode::kFlash);
  Run();
  EXPECT_EQ(last_, VBoard::Activity::kWaiting);
}

TEST_P(VBoardTest, ErasedFlashLocksUpAndAResetBringsTheRom) {
  Make();
  Run();
  EXPECT_EQ(board_->mode(), VBoard::Mode::kLockup);
  EnterRom();
  EXPECT_EQ(board_->mode(), VBoard::Mode::kRom);
}

TEST_P(VBoardTest, SoftwareResetSetsItsFlag) {
  Make();
  FlashAndStart(kResetItself);
  board_->chip().rcc().Write(0x74, 4, Bit(24));
  for (int i = 0; i < 4 && (Csr() & reset_flag::kSoftware) == 0; ++i) {
    Run(1);
  }
  EXPECT_TRUE(Csr() & reset_flag::kSoftware);
  EXPECT_EQ(board_->mode(), VBoard::Mode::kFlash);
}

TEST_P(VBoardTest, FaultWithoutAHandlerLocksUpAndStaysSo) {
  Make();
  FlashAndStart(kLockUp);
  Run();
  EXPECT_EQ(board_->mode(), VBoard::Mode::kLockup);
  EXPECT_EQ(last_, VBoard::Activity::kWaiting);
  Reply("reset");
  EXPECT_EQ(board_->mode(), VBoard::Mode::kFlash);
}

TEST_P(VBoardTest, WatchdogResetsAHungFirmware) {
  Make();
  FlashAndStart(kWatchdog);
  Run(1);
  board_->chip().rcc().Write(0x74, 4, Bit(24));
  // 4096 counts of 125 us: 512 ms, 8.192 million cycles of 16 MHz.
  for (int i = 0; i < 80; ++i) {
    board_->Run(100'000);
  }
  EXPECT_FALSE(Csr() & reset_flag::kIwdg);
  Run(3);
  EXPECT_TRUE(Csr() & reset_flag::kIwdg);
}

TEST_P(VBoardTest, HangStopsTheCoreButNotTheWatchdog) {
  options_.faults = *FaultPlan::Parse("hang-after=50000cycles");
  Make();
  FlashAndStart(kWatchdog);
  Run(1);
  const uint64_t instructions = board_->core().InstructionCount();
  Run(3);
  EXPECT_EQ(board_->core().InstructionCount(), instructions);
  EXPECT_EQ(board_->faults().counters().hang, 1u);
  EXPECT_FALSE(Csr() & reset_flag::kIwdg);
  while (!(Csr() & reset_flag::kIwdg) &&
         board_->core().NowCycles() < 20'000'000) {
    board_->LetPass(100 * kMsNs);
  }
  EXPECT_TRUE(Csr() & reset_flag::kIwdg);
  Run(1);
  EXPECT_GT(board_->core().InstructionCount(), instructions);
}

TEST_P(VBoardTest, FirmwareReadsTheChipsIdcode) {
  Make();
  FlashAndStart(kIdcode);
  Run();
  EXPECT_EQ(board_->core().ReadRegisters().r[1],
            options_.board->identity.dbgmcu_idcode);
}

TEST_P(VBoardTest, ResetInFlashLeavesHalfABlockAndNoAnswer) {
  options_.faults = *FaultPlan::Parse("reset-in-flash=2");
  Make();
  EXPECT_EQ(Flash(Bytes(16, 0x55)), Bytes{});
  Bytes cells(16);
  EXPECT_TRUE(board_->chip().ReadBytes(0x08000000, cells));
  EXPECT_EQ(cells[7], 0x55);
  EXPECT_EQ(cells[8], 0xFF);
  EXPECT_EQ(Loader({0x7F}), Bytes{0x79});  // the ROM again, not synchronised
  EXPECT_THAT(Reply("status"), HasSubstr("\"reset_in_flash\":1"));
}

TEST_P(VBoardTest, DeadBoardSaysNothingUntilRevived) {
  Make();
  EnterRom();
  Reply("faults dead");
  EXPECT_EQ(Loader({0x01, 0xFE}), Bytes{});
  Reply("reset");
  EXPECT_EQ(Loader({0x7F}), Bytes{});
  EXPECT_EQ(Reply("faults none"), "ok");
  EXPECT_EQ(Loader({0x7F}), Bytes{0x79});
}

TEST_P(VBoardTest, PowerOffLosesRamAndKeepsFlash) {
  Make();
  FlashAndStart(kSleepForEver);
  const uint32_t ram = options_.board->image.ram_base + 0x8000;
  Bytes word = {1, 2, 3, 4};
  board_->chip().WriteBytes(ram, word);
  Reply("reset");
  EXPECT_TRUE(board_->chip().ReadBytes(ram, word));
  EXPECT_EQ(word, (Bytes{1, 2, 3, 4}));
  Reply("power off");
  EXPECT_EQ(board_->mode(), VBoard::Mode::kOff);
  EXPECT_EQ(board_->Run(1000), VBoard::Activity::kStopped);
  EXPECT_EQ(Loader({0x7F}), Bytes{});
  Reply("power on");
  EXPECT_TRUE(board_->chip().ReadBytes(ram, word));
  EXPECT_NE(word, (Bytes{1, 2, 3, 4}));
  Run();
  EXPECT_EQ(last_, VBoard::Activity::kWaiting);
  EXPECT_TRUE(Csr() & reset_flag::kPowerOn);
}

TEST_P(VBoardTest, FlashFileSurvivesAndIsChecked) {
  const auto folder = base::TempDir::Create();
  ASSERT_TRUE(folder.ok());
  options_.flash_file = (folder->path() / "flash.bin").string();
  Make();
  ASSERT_EQ(Flash(Bytes(8, 0x5A)), Bytes{0x79});
  EXPECT_EQ(VBoard::Create(options_).status().code(),
            absl::StatusCode::kFailedPrecondition);  // in use
  board_.reset();
  Make();
  Bytes cells(8);
  EXPECT_TRUE(board_->chip().ReadBytes(0x08000000, cells));
  EXPECT_EQ(cells, Bytes(8, 0x5A));
  board_.reset();
  ASSERT_TRUE(base::WriteFileAtomic(options_.flash_file, "short").ok());
  const absl::Status status = VBoard::Create(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has 5 bytes"));
}

TEST_P(VBoardTest, SameRunSameCycles) {
  std::vector<uint64_t> cycles;
  for (const uint64_t slice : {1'000'000, 777}) {
    Make();
    FlashAndStart(kSleepForEver);
    while (board_->Run(slice) == VBoard::Activity::kRunning) {
    }
    cycles.push_back(board_->core().NowCycles());
  }
  EXPECT_EQ(cycles[0], cycles[1]);
}

TEST_P(VBoardTest, ControlRefusesWhatItDoesNotKnow) {
  Make();
  EXPECT_THAT(Reply("boot0 2"), HasSubstr("error unknown command"));
  EXPECT_THAT(Reply(""), HasSubstr("error"));
  EXPECT_THAT(Reply("faults drop=7"), HasSubstr("error fault plan"));
  EXPECT_FALSE(quit_);
  EXPECT_EQ(Reply("quit"), "ok");
  EXPECT_TRUE(quit_);
}

TEST_P(VBoardTest, UidIsChecked) {
  options_.uid_text = "a b";
  EXPECT_EQ(VBoard::Create(options_).status().code(),
            absl::StatusCode::kInvalidArgument);
  options_.uid_text = "123456789";
  EXPECT_FALSE(VBoard::Create(options_).ok());
  options_.uid_text = "rig-7";
  Make();
  EXPECT_EQ(board_->uid(), "VIRTrig-7000");
}

INSTANTIATE_TEST_SUITE_P(Boards, VBoardTest,
                         ::testing::Values("nucleo_f412zg", "nucleo_f746zg"));

}  // namespace
}  // namespace tinyrig::emulator
