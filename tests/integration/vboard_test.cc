// tinyrig-vboard as a process: PTYs, control socket, signals, the flash file,
// stm32flash against its ROM bootloader, and firmware on its console.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <random>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/child.h"
#include "base/file.h"
#include "base/process.h"
#include "base/unique_fd.h"
#include <sys/socket.h>
#include <sys/un.h>

namespace tinyrig {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Bytes = std::vector<uint8_t>;
using SteadyClock = std::chrono::steady_clock;

const std::string kProgram = TINYRIG_BINARY_DIR "/bin/tinyrig-vboard";

/// One running tinyrig-vboard; killed at the end of its life.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    base::UniqueFd write_end(ends[1]);
    std::vector<std::string> argv = {kProgram};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto child = base::Child::Start(
        {.argv = std::move(argv), .output_fd = write_end.get()});
    EXPECT_TRUE(child.ok()) << child.status();
    if (child.ok()) {
      child_ = *std::move(child);
    }
    write_end.Reset();
    FILE* out = fdopen(ends[0], "r");
    char line[1024] = "";
    if (std::fgets(line, sizeof(line), out) != nullptr) {
      ready_ = line;
    }
    std::fclose(out);
  }
  ~Process() { child_.Kill(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Sends the signal (0: none) and reaps.
  base::ChildExit End(int signal) {
    child_.Signal(signal);
    return child_.Wait();
  }
  [[nodiscard]] const std::string& ready() const { return ready_; }
  /// User and system time so far, in clock ticks of 10 ms.
  [[nodiscard]] int64_t CpuTicks() const {
    std::ifstream file("/proc/" + std::to_string(child_.pid()) + "/stat");
    std::string word;
    int64_t ticks = 0;
    for (int field = 1; file >> word; ++field) {
      ticks += field == 14 || field == 15 ? std::stoll(word) : 0;
    }
    return ticks;
  }

 private:
  base::Child child_;
  std::string ready_;
};

class VBoardProcess : public ::testing::TestWithParam<const char*> {
 protected:
  VBoardProcess() : folder_(*base::TempDir::Create("vboard")) {
    link_ = (folder_.path() / "board").string();
  }
  std::vector<std::string> Arguments() const {
    return {"--board", GetParam(), "--link", link_, "--uid", "test"};
  }
  void Start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = Arguments();
    arguments.insert(arguments.end(), more.begin(), more.end());
    process_ = std::make_unique<Process>(arguments);
    ASSERT_THAT(process_->ready(), StartsWith("ready board="));
  }
  std::string Control(const std::string& line) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = link_ + ".control";
    std::memcpy(address.sun_path, path.data(), path.size());
    base::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                      sizeof(address)),
              0);
    EXPECT_GT(write(fd.get(), (line + "\n").data(), line.size() + 1), 0);
    std::string reply;
    char c = 0;
    while (read(fd.get(), &c, 1) == 1 && c != '\n') {
      reply += c;
    }
    return reply;
  }
  base::UniqueFd Open(const std::string& path) const {
    base::UniqueFd fd(open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_TRUE(fd.valid()) << path;
    return fd;
  }
  /// `count` bytes, or what came within the time.
  static Bytes Read(int fd, size_t count, int timeout_ms = 2000) {
    Bytes bytes;
    pollfd entry{fd, POLLIN, 0};
    while (bytes.size() < count && poll(&entry, 1, timeout_ms) == 1) {
      uint8_t byte = 0;
      if (read(fd, &byte, 1) != 1) {
        break;
      }
      bytes.push_back(byte);
    }
    return bytes;
  }
  static Bytes Ask(int fd, const Bytes& request, size_t count) {
    EXPECT_EQ(write(fd, request.data(), request.size()),
              static_cast<ssize_t>(request.size()));
    return Read(fd, count);
  }
  void EnterRom() {
    EXPECT_EQ(Control("boot0 1"), "ok");
    EXPECT_EQ(Control("reset"), "ok");
  }
  std::string Stm32flash(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"stm32flash", "-m", "8n1"});
    arguments.push_back(link_ + ".loader");
    const auto result =
        base::RunProcess({.argv = arguments, .timeout_ms = 60'000});
    if (!result.ok()) {
      return "no stm32flash";
    }
    EXPECT_EQ(result->exit_code, 0) << result->err;
    return result->out;
  }
  /// The firmware's test image, or empty with a loud word.
  static std::string Image() {
    const fs::path path = fs::path(TINYRIG_BINARY_DIR) / "firmware_test" /
                          GetParam() / "echo.bin";
    if (!fs::exists(path)) {
      std::fprintf(stderr, "SKIPPED: this test needs %s\n", path.c_str());
      return "";
    }
    return path.string();
  }

  base::TempDir folder_;
  std::string link_;
  std::unique_ptr<Process> process_;
};

TEST_P(VBoardProcess, SaysReadyAndLeavesNothingBehind) {
  Start();
  EXPECT_EQ(process_->ready(), std::string("ready board=") + GetParam() +
                                   " uid=VIRTtest0000 link=" + link_ +
                                   " loader=" + link_ +
                                   ".loader control=" + link_ + ".control\n");
  EXPECT_TRUE(fs::is_symlink(link_));
  EXPECT_THAT(Control("status"), HasSubstr("\"uid\":\"VIRTtest0000\""));
  const base::ChildExit end = process_->End(SIGTERM);
  EXPECT_TRUE(end.signal == 0 && end.code == 0);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_P(VBoardProcess, QuitEndsIt) {
  Start();
  EXPECT_EQ(Control("quit"), "ok");
  const base::ChildExit end = process_->End(0);
  EXPECT_TRUE(end.signal == 0 && end.code == 0);
}

TEST_P(VBoardProcess, RomAnswersAndSurvivesClosing) {
  Start();
  EnterRom();
  {
    const base::UniqueFd port = Open(link_ + ".loader");
    EXPECT_EQ(Ask(port.get(), {0x7F}, 1), Bytes{0x79});
  }
  {
    // A client that writes half a command and goes; the next ends it.
    const base::UniqueFd port = Open(link_ + ".loader");
    EXPECT_EQ(write(port.get(), "\x02", 1), 1);
  }
  const base::UniqueFd port = Open(link_ + ".loader");
  EXPECT_EQ(Ask(port.get(), {0xFD}, 5).size(), 5u);
  EXPECT_TRUE(Read(port.get(), 1, 50).empty());
}

TEST_P(VBoardProcess, RoundTripToTheRomIsShort) {
  Start();
  EnterRom();
  const base::UniqueFd port = Open(link_ + ".loader");
  ASSERT_EQ(Ask(port.get(), {0x7F}, 1), Bytes{0x79});
  std::vector<int64_t> micros;
  for (int i = 0; i < 200; ++i) {
    const auto start = SteadyClock::now();
    ASSERT_EQ(Ask(port.get(), {0x01, 0xFE}, 5).size(), 5u);
    micros.push_back(std::chrono::duration_cast<std::chrono::microseconds>(
                         SteadyClock::now() - start)
                         .count());
  }
  std::sort(micros.begin(), micros.end());
  std::printf("round trip to the ROM: median %ld us, p90 %ld us\n",
              static_cast<long>(micros[100]), static_cast<long>(micros[180]));
  EXPECT_LT(micros[100], 20'000);  // a hang, not a slow machine, fails
}

TEST_P(VBoardProcess, Stm32flashWritesVerifiesAndReadsBack) {
  Start();
  EnterRom();
  std::mt19937 random(1);
  Bytes image(20'000 / 8 * 8);
  for (uint8_t& byte : image) {
    byte = static_cast<uint8_t>(random());
  }
  const std::string file = (folder_.path() / "image.bin").string();
  const std::string back = (folder_.path() / "back.bin").string();
  ASSERT_TRUE(base::WriteFileAtomic(file, image).ok());
  const std::string said = Stm32flash({"-w", file, "-v"});
  if (said == "no stm32flash") {
    std::fprintf(stderr, "SKIPPED: this test needs stm32flash\n");
    GTEST_SKIP();
  }
  EXPECT_THAT(said, HasSubstr("(100.00%) Done."));
  EnterRom();
  Stm32flash({"-r", back, "-S", "0x08000000:" + std::to_string(image.size())});
  EXPECT_EQ(*base::ReadFile(back), image);
}

TEST_P(VBoardProcess, FlashSurvivesSigkill) {
  const std::string file = (folder_.path() / "flash.bin").string();
  Start({"--flash-file", file});
  EnterRom();
  const base::UniqueFd port = Open(link_ + ".loader");
  ASSERT_EQ(Ask(port.get(), {0x7F}, 1), Bytes{0x79});
  ASSERT_EQ(Ask(port.get(), {0x31, 0xCE}, 1), Bytes{0x79});
  ASSERT_EQ(Ask(port.get(), {8, 0, 0, 0, 8}, 1), Bytes{0x79});
  ASSERT_EQ(Ask(port.get(), {7, 1, 2, 3, 4, 5, 6, 7, 8, 15}, 1), Bytes{0x79});
  process_->End(SIGKILL);
  const auto cells = base::ReadFile(file);
  ASSERT_TRUE(cells.ok());
  EXPECT_EQ(Bytes(cells->begin(), cells->begin() + 9),
            (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 0xFF}));
  Start({"--flash-file", file});  // the stale link and socket are no hindrance
}

TEST_P(VBoardProcess, FirmwareSendsItsBootFrameAndIdlesForNothing) {
  const std::string image = Image();
  if (image.empty()) {
    GTEST_SKIP();
  }
  Start();
  EnterRom();
  ASSERT_THAT(Stm32flash({"-w", image, "-v"}), HasSubstr("Done."));
  const base::UniqueFd console = Open(link_);
  EXPECT_EQ(Control("boot0 0"), "ok");
  EXPECT_EQ(Control("reset"), "ok");
  const Bytes frame = Read(console.get(), 1000, 1500);
  ASSERT_GT(frame.size(), 8u);
  EXPECT_EQ(frame.back(), 0);  // COBS: frames end with a zero
  const std::string status = Control("status");
  EXPECT_THAT(status, HasSubstr("\"mode\":\"flash\""));
  EXPECT_THAT(status, HasSubstr("\"unheard\":0"));
  const int64_t ticks = process_->CpuTicks();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LE(process_->CpuTicks() - ticks, 5);  // 5 % at most
}

TEST_P(VBoardProcess, ASecondOneOfTheSameNameLeavesTheFirstAlone) {
  Start();
  const Process second(Arguments());
  EXPECT_EQ(second.ready(), "");
  EXPECT_TRUE(fs::is_symlink(link_));
  EXPECT_TRUE(fs::is_symlink(link_ + ".loader"));
  EXPECT_THAT(Control("status"), HasSubstr("cycles"));
}

TEST_P(VBoardProcess, RefusesWhatCannotBe) {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kProgram);
    const auto result =
        base::RunProcess({.argv = arguments, .timeout_ms = 10'000});
    EXPECT_EQ(result->exit_code, 2);
    return result->err;
  };
  EXPECT_THAT(run({"--board", "nucleo_x", "--link", link_}),
              HasSubstr("nucleo_f746zg"));
  EXPECT_THAT(run({"--board", GetParam(), "--link", "/nonexistent/board"}),
              HasSubstr("/nonexistent/board"));
  EXPECT_THAT(run({"--board", GetParam(), "--link", link_, "--control",
                   "/tmp/" + std::string(120, 'x')}),
              HasSubstr("give a shorter --control"));
  EXPECT_THAT(
      run({"--board", GetParam(), "--link", link_, "--faults", "drop=2"}),
      HasSubstr("drop=2"));
  EXPECT_THAT(
      run({"--board", GetParam(), "--link", link_, "--flash-timing", "fast"}),
      HasSubstr("fast"));
}

INSTANTIATE_TEST_SUITE_P(Boards, VBoardProcess,
                         ::testing::Values("nucleo_f412zg", "nucleo_f746zg"));

}  // namespace
}  // namespace tinyrig
