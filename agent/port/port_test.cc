// The two ports' common promises, over a real PTY.
#include <fcntl.h>
#include <stdlib.h>
#include <thread>
#include <unistd.h>

#include "gtest/gtest.h"

#include "agent/port/serial_port.h"
#include "base/clock.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {
namespace {

struct Pty {
  Pty() : master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    EXPECT_EQ(::grantpt(master.get()), 0);
    EXPECT_EQ(::unlockpt(master.get()), 0);
    path = ::ptsname(master.get());
  }
  base::UniqueFd master;
  std::string path;
};

TEST(Port, CarriesEveryByteValueBothWays) {
  Pty pty;
  auto port = OpenPort(pty.path, {115200, Parity::kEven});
  ASSERT_TRUE(port.ok()) << port.status();
  std::vector<uint8_t> all(256);
  for (int i = 0; i < 256; ++i) {
    all[static_cast<size_t>(i)] = static_cast<uint8_t>(i);
  }
  ASSERT_TRUE((*port)->Write(all, 1000).ok());
  std::vector<uint8_t> got(256);
  ASSERT_EQ(::read(pty.master.get(), got.data(), 256), 256);
  EXPECT_EQ(got, all);
  ASSERT_EQ(::write(pty.master.get(), all.data(), 256), 256);
  std::vector<uint8_t> back;
  while (back.size() < 256) {
    uint8_t chunk[256];
    const auto n = (*port)->Read(chunk, 1000);
    ASSERT_TRUE(n.ok()) << n.status();
    back.insert(back.end(), chunk, chunk + *n);
  }
  EXPECT_EQ(back, all);
}

TEST(Port, ReadEndsAtItsDeadline) {
  Pty pty;
  auto port = OpenPort(pty.path, {});
  ASSERT_TRUE(port.ok());
  const int64_t start_us = base::SystemClock().MonotonicMicros();
  uint8_t byte = 0;
  EXPECT_TRUE(absl::IsDeadlineExceeded((*port)->Read({&byte, 1}, 30).status()));
  EXPECT_GE(base::SystemClock().MonotonicMicros() - start_us, 29'000);
}

TEST(Port, InterruptEndsAWaitingReadAndStaysUntilCleared) {
  Pty pty;
  auto port = OpenPort(pty.path, {});
  ASSERT_TRUE(port.ok());
  std::thread other([&] { (*port)->Interrupt(); });
  uint8_t byte = 0;
  EXPECT_TRUE(absl::IsCancelled((*port)->Read({&byte, 1}, 60'000).status()));
  other.join();
  EXPECT_TRUE(absl::IsCancelled((*port)->Read({&byte, 1}, 60'000).status()));
  (*port)->ClearInterrupt();
  ASSERT_EQ(::write(pty.master.get(), "x", 1), 1);
  EXPECT_TRUE((*port)->Read({&byte, 1}, 1000).ok());
}

TEST(Port, ReportsAHangUpAsUnavailable) {
  auto pty = std::make_unique<Pty>();
  auto port = OpenPort(pty->path, {});
  ASSERT_TRUE(port.ok());
  pty.reset();
  uint8_t byte = 0;
  EXPECT_TRUE(absl::IsUnavailable((*port)->Read({&byte, 1}, 1000).status()));
}

TEST(Port, MissingPathNamesIt) {
  const auto port = OpenPort("/dev/no-such-port", {});
  ASSERT_TRUE(absl::IsUnavailable(port.status()));
  EXPECT_NE(port.status().message().find("/dev/no-such-port"),
            std::string::npos);
}

TEST(Port, UnknownUsbSerialIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(FindUsbSerialPort("no-such-probe").status()));
}

}  // namespace
}  // namespace tinyrig::agent
