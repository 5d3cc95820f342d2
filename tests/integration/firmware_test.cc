// The real image on the virtual board over its PTY: hello, run, overheads,
// faults and the watchdog, on every board.
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

#include "gtest/gtest.h"

#include "base/child.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "boards/board.h"
#include "boards/generate.h"
#include "boards/image_header.h"
#include "proto/wire/host_message.h"
#include <sys/socket.h>
#include <sys/un.h>

namespace tinyrig {
namespace {

using wire::Payload;
using wire::Type;

constexpr int kInputBytes = 2000;

struct Received {
  uint8_t type;
  uint16_t sequence;
  Payload payload;
};

/// One tinyrig-vboard with an image already in its flash.
class VirtualBoard {
 public:
  VirtualBoard(const boards::Board& board, const std::string& image)
      : folder_(*base::TempDir::Create()) {
    const auto file =
        base::ReadFile(std::string(TINYRIG_BINARY_DIR) + "/firmware_test/" +
                       board.id + "/" + image + ".bin");
    EXPECT_TRUE(file.ok()) << file.status();
    std::vector<uint8_t> flash = *file;
    hash_ = *boards::CheckImageHeader(flash);
    flash.resize(board.image.flash_bytes, 0xFF);
    const std::string flash_path = folder_.path() / "flash";
    EXPECT_TRUE(base::WriteFileAtomic(flash_path, flash).ok());
    link_ = folder_.path() / "tty";
    Start({TINYRIG_BINARY_DIR "/bin/tinyrig-vboard", "--board", board.id,
           "--link", link_, "--flash-file", flash_path, "--uid", "FWTEST"});
    Open();
  }
  ~VirtualBoard() { child_.Kill(); }

  std::optional<Received> Receive(int timeout_ms) {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(timeout_ms);
    wire::Frame frame;
    while (std::chrono::steady_clock::now() < end) {
      pollfd ready = {port_.get(), POLLIN, 0};
      uint8_t byte = 0;
      if (::poll(&ready, 1, 20) == 1 && ::read(port_.get(), &byte, 1) == 1 &&
          decoder_.Push(byte, &frame)) {
        return Received{
            frame.type, frame.sequence,
            Payload(frame.payload, frame.payload + frame.payload_bytes)};
      }
    }
    return std::nullopt;
  }

  void Send(Type type, const Payload& payload) {
    sequence_ = wire::NextSequence(sequence_);
    const auto bytes = wire::EncodeRequest(type, sequence_, payload);
    ASSERT_EQ(::write(port_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  /// Status and body; empty when nothing came in time.
  Payload Ask(Type type, const Payload& payload = {}) {
    Send(type, payload);
    while (auto received = Receive(5000)) {
      if (received->sequence == sequence_) {
        return received->payload;
      }
    }
    return {};
  }

  template <typename T>
  T AskFor(Type type, const Payload& payload = {}) {
    const Payload reply = Ask(type, payload);
    EXPECT_EQ(reply.size(), 1 + sizeof(T));
    return reply.size() == 1 + sizeof(T)
               ? *wire::ReadStruct<T>(reply.data() + 1, sizeof(T))
               : T{};
  }

  /// Sets the input; its first byte is `first`. \return its CRC.
  uint32_t SetInput(uint8_t first) {
    input_.assign(kInputBytes, first);
    for (int i = 1; i < kInputBytes; ++i) {
      input_[static_cast<size_t>(i)] = static_cast<uint8_t>(i * 7);
    }
    for (uint32_t at = 0; at < kInputBytes; at += 1000) {
      EXPECT_EQ(Ask(Type::kSetInput,
                    wire::SetInputPayload(at, input_.data() + at, 1000)),
                Payload{0});
    }
    return wire::Crc32(input_.data(), input_.size());
  }

  /// Instructions executed since the board's start, by the control channel.
  uint64_t Instructions() const {
    base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof(address.sun_path), "%s.control",
                  link_.c_str());
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                        sizeof(address)),
              0);
    EXPECT_EQ(::write(fd.get(), "status\n", 7), 7);
    std::string reply;
    char c = 0;
    while (::read(fd.get(), &c, 1) == 1 && c != '\n') {
      reply += c;
    }
    const std::string key = "\"instructions\":";
    const size_t at = reply.find(key);
    EXPECT_NE(at, std::string::npos) << reply;
    return at == std::string::npos ? 0
                                   : std::stoull(reply.substr(at + key.size()));
  }

  const Payload& input() const { return input_; }
  const std::array<uint8_t, 32>& hash() const { return hash_; }

 private:
  void Start(std::vector<std::string> arguments) {
    auto child = base::Child::Start({.argv = std::move(arguments)});
    ASSERT_TRUE(child.ok()) << child.status();
    child_ = *std::move(child);
  }
  void Open() {
    for (int i = 0; i < 500 && !port_.valid(); ++i) {
      port_.Reset(::open(link_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(port_.valid()) << "no PTY at " << link_;
    termios settings = {};
    ::tcgetattr(port_.get(), &settings);
    ::cfmakeraw(&settings);
    ::tcsetattr(port_.get(), TCSANOW, &settings);
  }

  base::TempDir folder_;
  std::string link_;
  base::Child child_;
  base::UniqueFd port_;
  wire::FrameDecoder decoder_;
  uint16_t sequence_ = 0;
  Payload input_;
  std::array<uint8_t, 32> hash_ = {};
};

class FirmwareTest : public ::testing::TestWithParam<const char*> {
 protected:
  const boards::Board& board_ = **boards::FindBoard(GetParam());
};

TEST_P(FirmwareTest, HelloRunOutputAndSamples) {
  VirtualBoard device(board_, "echo");
  const auto hello = device.AskFor<wire::HelloReply>(Type::kHello);
  EXPECT_EQ(std::string(hello.board_id), board_.id);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(hello.uid), 4), "VIRT");
  EXPECT_EQ(hello.core_clock_hz, board_.clock_hz);
  EXPECT_EQ(hello.flash_acr, board_.clock.flash_acr);
  EXPECT_EQ(hello.cpuid, board_.cpuid);
  EXPECT_EQ((hello.ccr >> 16) & 3, board_.icache_bytes != 0 ? 3u : 0u);
  EXPECT_TRUE(
      std::equal(device.hash().begin(), device.hash().end(), hello.image_hash));
  EXPECT_GT(hello.run_overhead_cycles, 0u);
  EXPECT_LT(hello.run_overhead_cycles, 60u);
  std::printf("%s: overhead %u cycles\n", GetParam(),
              hello.run_overhead_cycles);

  const uint32_t crc = device.SetInput(5);
  const auto run = device.AskFor<wire::RunReply>(
      Type::kRun, wire::RunPayload({1, 8, 0, {}, crc}));
  EXPECT_EQ(run.runs, 8);
  const Payload output =
      device.Ask(Type::kGetOutput, wire::GetOutputPayload(1000, 1000));
  ASSERT_EQ(output.size(), 1001u);
  for (size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(output[1 + i],
              static_cast<uint8_t>(device.input()[1000 + i] * 3 + 1));
  }
  const Payload reply = device.Ask(Type::kGetSamples, wire::RangePayload(0, 8));
  const auto samples =
      *wire::ReadArray<wire::SampleRecord>(reply.data() + 1, reply.size() - 1);
  ASSERT_EQ(samples.size(), 8u);
  for (const auto& sample : samples) {
    EXPECT_EQ(sample.cycles, samples[0].cycles);
    EXPECT_GT(sample.cycles, uint32_t{kInputBytes} * 4);
    EXPECT_GT(sample.instructions_low, uint32_t{kInputBytes} * 8);
  }
}

// A core that polls while a reply goes out executes several hundred thousand
// instructions a hello; one that sleeps, about a hundred for each byte.
TEST_P(FirmwareTest, TheCoreSleepsWhileBytesAreUnderWay) {
  VirtualBoard device(board_, "echo");
  device.AskFor<wire::HelloReply>(Type::kHello);
  constexpr int kHellos = 20;
  const uint64_t before = device.Instructions();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kHellos; ++i) {
    device.AskFor<wire::HelloReply>(Type::kHello);
  }
  const std::chrono::duration<double, std::milli> spent =
      std::chrono::steady_clock::now() - start;
  const uint64_t instructions = (device.Instructions() - before) / kHellos;
  std::printf("%s: a hello takes %.2f ms and %llu instructions\n", GetParam(),
              spent.count() / kHellos,
              static_cast<unsigned long long>(instructions));
  EXPECT_LT(instructions, 40'000u);
}

TEST_P(FirmwareTest, FaultIsReportedAndTheBoardComesBack) {
  VirtualBoard device(board_, "fault");
  const uint32_t boot_id =
      device.AskFor<wire::HelloReply>(Type::kHello).boot_id;
  const uint32_t crc = device.SetInput(0xDB);
  device.Send(Type::kRun, wire::RunPayload({0, 1, 0, {}, crc}));
  const auto event = device.Receive(5000);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, static_cast<uint8_t>(Type::kFaultEvent));
  const auto boot = device.Receive(5000);
  ASSERT_TRUE(boot);
  EXPECT_EQ(boot->type, static_cast<uint8_t>(Type::kBootEvent));
  const auto fault = device.AskFor<wire::FaultRecord>(
      Type::kGetFault, wire::GetFaultPayload(true));
  EXPECT_EQ(fault.kind, static_cast<uint8_t>(wire::FaultKind::kUsageFault));
  EXPECT_NE(fault.cfsr & (1u << 25), 0u) << "DIVBYZERO";
  EXPECT_GE(fault.pc, board_.image.flash_base);
  EXPECT_EQ(fault.boot_id, boot_id);
  const auto hello = device.AskFor<wire::HelloReply>(Type::kHello);
  EXPECT_NE(hello.boot_id, boot_id);
  EXPECT_EQ(hello.fault_pending, 0);
}

// The MPU's guard below the stack; the record lies elsewhere and survives.
TEST_P(FirmwareTest, AStackOverflowIsReportedAsMemManage) {
  VirtualBoard device(board_, "fault");
  const auto before = device.AskFor<wire::HelloReply>(Type::kHello);
  const uint32_t crc = device.SetInput(0x50);
  device.Send(Type::kRun, wire::RunPayload({0, 1, wire::kRunProfile, {}, crc}));
  const auto event = device.Receive(5000);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, static_cast<uint8_t>(Type::kFaultEvent));
  const auto boot = device.Receive(5000);
  ASSERT_TRUE(boot);
  EXPECT_EQ(boot->type, static_cast<uint8_t>(Type::kBootEvent));
  const auto fault = device.AskFor<wire::FaultRecord>(
      Type::kGetFault, wire::GetFaultPayload(true));
  EXPECT_EQ(fault.kind, static_cast<uint8_t>(wire::FaultKind::kMemManage));
  EXPECT_EQ(fault.layer, 1);
  EXPECT_EQ(fault.boot_id, before.boot_id);
  EXPECT_NE(fault.cfsr & (1u << 1), 0u) << "DACCVIOL";
  EXPECT_NE(fault.cfsr & (1u << 7), 0u) << "MMARVALID";
  const uint32_t stack_bottom =
      board_.image.ram_base + board_.image.ram_bytes - board_.image.stack_bytes;
  EXPECT_LT(fault.mmfar, stack_bottom);
  EXPECT_GE(fault.mmfar, stack_bottom - boards::kStackGuardBytes);
  // Nothing below the guard was written: the next run is right.
  EXPECT_EQ(device.AskFor<wire::HelloReply>(Type::kHello).fault_pending, 0);
  const uint32_t good = device.SetInput(5);
  EXPECT_EQ(device
                .AskFor<wire::RunReply>(Type::kRun,
                                        wire::RunPayload({0, 1, 0, {}, good}))
                .runs,
            1);
}

TEST_P(FirmwareTest, HangEndsInTheWatchdogThatNamesTheLayer) {
  VirtualBoard device(board_, "hang");
  device.AskFor<wire::HelloReply>(Type::kHello);
  const uint32_t crc = device.SetInput(0xDB);
  device.Send(Type::kRun, wire::RunPayload({0, 1, wire::kRunProfile, {}, crc}));
  const auto boot = device.Receive(static_cast<int>(board_.watchdog_ms) * 3);
  ASSERT_TRUE(boot) << "the watchdog did not bite";
  EXPECT_EQ(boot->type, static_cast<uint8_t>(Type::kBootEvent));
  const auto fault = device.AskFor<wire::FaultRecord>(
      Type::kGetFault, wire::GetFaultPayload(true));
  EXPECT_EQ(fault.kind, static_cast<uint8_t>(wire::FaultKind::kWatchdog));
  EXPECT_EQ(fault.layer, 1);
}

INSTANTIATE_TEST_SUITE_P(Boards, FirmwareTest,
                         ::testing::Values("nucleo_f746zg", "nucleo_f412zg"));

}  // namespace
}  // namespace tinyrig
