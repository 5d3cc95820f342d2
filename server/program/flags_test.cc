// The command line of tinyrig-server.
#include "server/program/flags.h"

#include <initializer_list>

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

std::variant<Flags, int> Parse(std::initializer_list<const char*> words) {
  std::vector<const char*> argv = {"tinyrig-server"};
  argv.insert(argv.end(), words);
  return ParseFlags(static_cast<int>(argv.size()), argv.data());
}

// -1: the flags are taken.
int ExitCode(std::initializer_list<const char*> words) {
  const auto parsed = Parse(words);
  const int* code = std::get_if<int>(&parsed);
  return code == nullptr ? -1 : *code;
}

TEST(ServerFlags, ListenOnLoopbackUnlessTold) {
  const Flags flags = std::get<Flags>(Parse({}));
  EXPECT_EQ(flags.listen, "127.0.0.1:7077");
  EXPECT_EQ(flags.http.listen, "127.0.0.1:7078");
  EXPECT_FALSE(flags.http_given);
}

TEST(ServerFlags, AddressesNeedAPortThatThereIs) {
  for (const char* flag : {"--listen", "--http"}) {
    EXPECT_EQ(ExitCode({flag, "127.0.0.1:0"}), -1);
    EXPECT_EQ(ExitCode({flag, "127.0.0.1:65535"}), -1);
    EXPECT_EQ(ExitCode({flag, "127.0.0.1:65536"}), 2);
    EXPECT_EQ(ExitCode({flag, "127.0.0.1:99999"}), 2);
    EXPECT_EQ(ExitCode({flag, "localhost"}), 2);
  }
}

TEST(ServerFlags, OnlyHttpCanBeSwitchedOff) {
  const Flags flags = std::get<Flags>(Parse({"--http", "off"}));
  EXPECT_EQ(flags.http.listen, kHttpOff);
  EXPECT_TRUE(flags.http_given);
  EXPECT_EQ(ExitCode({"--listen", "off"}), 2);
}

TEST(ServerFlags, NumbersStayInTheirRange) {
  EXPECT_EQ(ExitCode({"--compile-jobs", "64"}), -1);
  EXPECT_EQ(ExitCode({"--compile-jobs", "65"}), 2);
  EXPECT_EQ(ExitCode({"--max-queue", "0"}), 2);
  EXPECT_EQ(ExitCode({"--reserve-bytes", "-1"}), 2);
}

TEST(ServerFlags, ForceGoesWithARestoreOnly) {
  EXPECT_EQ(ExitCode({"--force"}), 2);
  EXPECT_EQ(ExitCode({"--force", "--restore-from", "backup"}), -1);
}

TEST(ServerFlags, HelpLeavesWithZero) {
  EXPECT_EQ(ExitCode({"--help"}), 0);
}

}  // namespace
}  // namespace tinyrig::server
