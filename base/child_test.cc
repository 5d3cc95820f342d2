#include "base/child.h"

#include <csignal>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/file.h"
#include <sys/stat.h>
#include <sys/wait.h>

namespace tinyrig::base {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kLongMs = 60'000;

class ChildTest : public ::testing::Test {
 protected:
  /// A shell script, its output in log().
  absl::StatusOr<Child> Shell(const std::string& script) {
    return Child::Start(
        {.argv = {"/bin/sh", "-c", script}, .log_file = File("log")});
  }
  std::string File(const std::string& name) const {
    return (folder_->path() / name).string();
  }
  /// A script that says so when it runs, then waits for ever.
  std::string ReadyThenWait() const {
    return "echo 7 > '" + File("tmp") + "'; mv '" + File("tmp") + "' '" +
           File("ready") + "'; while :; do read x < '" + File("fifo") +
           "'; done";
  }
  void SetUp() override {
    ASSERT_TRUE(folder_.ok());
    ASSERT_EQ(::mkfifo(File("fifo").c_str(), 0600), 0);
  }
  absl::StatusOr<TempDir> folder_ = TempDir::Create("child");
};

TEST_F(ChildTest, TellsHowItEnded) {
  auto child = Shell("exit 3");
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_EQ(child->Wait().code, 3);
  EXPECT_EQ(child->pid(), -1);
  EXPECT_FALSE(child->Running());
  child = Shell("kill -USR1 $$");
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child->Wait().signal, SIGUSR1);
}

TEST_F(ChildTest, ProgramOrLogThatIsNotThere) {
  EXPECT_TRUE(
      absl::IsNotFound(Child::Start({.argv = {File("none")}}).status()));
  EXPECT_TRUE(absl::IsNotFound(
      Child::Start({.argv = {"/bin/true"}, .log_file = File("none/log")})
          .status()));
}

TEST_F(ChildTest, ReadyFileIsWaitedFor) {
  auto child = Shell(ReadyThenWait());
  ASSERT_TRUE(child.ok());
  const auto text = child->WaitForFile(File("ready"), kLongMs);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "7\n");
  EXPECT_TRUE(child->Running());
  EXPECT_EQ(child->End(kLongMs).signal, SIGTERM);
}

TEST_F(ChildTest, EndBeforeReadyShowsTheEndOfTheLog) {
  auto child = Shell("for i in 1 2 3 4 5 6 7; do echo line $i; done; exit 1");
  ASSERT_TRUE(child.ok());
  const auto status = child->WaitForFile(File("ready"), kLongMs).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("log: line 7"));
  EXPECT_EQ(std::string(status.message()).find("line 2"), std::string::npos);
}

TEST_F(ChildTest, NeverReady) {
  auto child = Shell("read x < '" + File("fifo") + "'");
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(child->WaitForFile(File("ready"), 20).status()));
}

TEST_F(ChildTest, WhoIgnoresTermIsKilledAfterTheGrace) {
  auto child = Shell("trap '' TERM; " + ReadyThenWait());
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(child->WaitForFile(File("ready"), kLongMs).ok());
  EXPECT_EQ(child->End(20).signal, SIGKILL);
}

TEST_F(ChildTest, WhatItLeavesInItsGroupGoesToo) {
  // The grandchild holds the pipe's write end: its end is the end of the file.
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  auto child =
      Child::Start({.argv = {"/bin/sh", "-c",
                             "{ read x < '" + File("fifo") + "'; } & exit 5"},
                    .output_fd = write_end.get()});
  ASSERT_TRUE(child.ok());
  write_end.Reset();
  EXPECT_EQ(child->Wait().code, 5);
  char byte = 0;
  EXPECT_EQ(::read(read_end.get(), &byte, 1), 0);
}

TEST_F(ChildTest, DiesWithTheThreadThatStartedIt) {
  absl::StatusOr<Child> child = Child();
  std::thread([&] {
    child = Shell(ReadyThenWait());
    ASSERT_TRUE(child.ok());
    ASSERT_TRUE(child->WaitForFile(File("ready"), kLongMs).ok());
  }).join();
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(child->WaitEnd(kLongMs));
  EXPECT_EQ(child->Wait().signal, SIGKILL);
}

TEST_F(ChildTest, MovedAndDestroyedOnlyOnce) {
  auto started = Shell(ReadyThenWait());
  ASSERT_TRUE(started.ok());
  const pid_t pid = started->pid();
  {
    Child moved = *std::move(started);
    EXPECT_EQ(moved.pid(), pid);
    EXPECT_EQ(started->pid(), -1);
  }
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(ChildTest, LeadsAGroupOfItsOwn) {
  auto child = Shell(ReadyThenWait());
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(::getpgid(child->pid()), child->pid());
  EXPECT_EQ(child->Kill().signal, SIGKILL);
}

}  // namespace
}  // namespace tinyrig::base
