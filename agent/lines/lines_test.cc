#include <cstring>
#include <thread>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "agent/lines/board_lines.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include <sys/socket.h>
#include <sys/un.h>

namespace tinyrig::agent {
namespace {

/// Answers one connection with one text and keeps what it was asked.
class ControlServer {
 public:
  ControlServer(const std::string& path, std::string answer)
      : answer_(std::move(answer)) {
    listener_.Reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address),
                     sizeof address),
              0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::thread([this] {
      const base::UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      char text[256];
      const ssize_t n = ::read(peer.get(), text, sizeof text);
      asked.assign(text, n > 0 ? static_cast<size_t>(n) : 0);
      EXPECT_EQ(::write(peer.get(), answer_.data(), answer_.size()),
                static_cast<ssize_t>(answer_.size()));
    });
  }
  void Join() { thread_.join(); }
  std::string asked;

 private:
  std::string answer_;
  base::UniqueFd listener_;
  std::thread thread_;
};

class ControlLinesTest : public ::testing::Test {
 protected:
  base::TempDir folder_ = *base::TempDir::Create("lines");
  std::string path_ = folder_.path() / "control";
  std::unique_ptr<BoardLines> lines_ = MakeControlLines(path_);
};

TEST_F(ControlLinesTest, PullsBoot0) {
  ControlServer server(path_, "ok\n");
  EXPECT_TRUE(lines_->SetBoot0(true).ok());
  server.Join();
  EXPECT_EQ(server.asked, "boot0 1\n");
}

TEST_F(ControlLinesTest, ReadsTheTimingModel) {
  ControlServer server(
      path_, R"({"mode":"flash","timing_model" : "m4-trm-v1","resets":3})"
             "\n");
  EXPECT_EQ(*lines_->TimingModel(), "m4-trm-v1");
  server.Join();
  EXPECT_EQ(server.asked, "status\n");
}

TEST_F(ControlLinesTest, AnErrorReplyIsFailedPrecondition) {
  ControlServer server(path_, "error no such pin\n");
  const auto reset = lines_->Reset();
  server.Join();
  EXPECT_TRUE(absl::IsFailedPrecondition(reset));
  EXPECT_THAT(reset.message(), ::testing::HasSubstr("no such pin"));
}

TEST_F(ControlLinesTest, NobodyThereIsUnavailableAndHalfALineToo) {
  EXPECT_TRUE(absl::IsUnavailable(lines_->Reset()));
  ControlServer server(path_, "o");
  EXPECT_TRUE(absl::IsUnavailable(lines_->Reset()));
  server.Join();
}

TEST_F(ControlLinesTest, APathTooLongForASocketSaysSo) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      ControlCommand(std::string(200, 'x'), "reset").status()));
}

class LineRecorder : public SerialPort {
 public:
  absl::StatusOr<size_t> Read(std::span<uint8_t>, int64_t) override {
    return absl::DeadlineExceededError("");
  }
  absl::Status Write(std::span<const uint8_t>, int64_t) override {
    return absl::OkStatus();
  }
  absl::Status Configure(const PortSettings&) override {
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }
  absl::Status SetLines(bool dtr, bool rts) override {
    steps.push_back({dtr, rts});
    return absl::OkStatus();
  }
  void Interrupt() override {}
  void ClearInterrupt() override {}
  std::vector<std::pair<bool, bool>> steps;
};

TEST(ModemLines, PulsesResetAndHoldsBoot0) {
  LineRecorder port;
  const auto lines = MakeModemLines(&port, {});
  ASSERT_TRUE(lines->SetBoot0(true).ok());
  ASSERT_TRUE(lines->Reset().ok());
  ASSERT_TRUE(lines->SetBoot0(false).ok());
  const std::vector<std::pair<bool, bool>> expected{
      {true, false}, {true, true}, {true, false}, {false, false}};
  EXPECT_EQ(port.steps, expected);
}

TEST(ModemLines, AMissingWireSaysWhatToDo) {
  LineRecorder port;
  const auto lines = MakeModemLines(&port, {ModemLine::kNone, ModemLine::kDtr});
  EXPECT_TRUE(absl::IsFailedPrecondition(lines->Reset()));
}

}  // namespace
}  // namespace tinyrig::agent
