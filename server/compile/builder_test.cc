// The builder against children that behave in every way a compiler can.
#include "server/compile/builder.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include <sys/eventfd.h>
#include <sys/stat.h>

namespace tinyrig::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// $1 model, $3 board, $5 output, $7 status file.
class BuilderTest : public ::testing::Test {
 protected:
  CompileResult Compile(const std::string& script) {
    const auto program = folder_.path() / "compiler";
    EXPECT_TRUE(
        base::WriteFileAtomic(program, "#!/bin/sh\n" + script + "\n").ok());
    ::chmod(program.c_str(), 0755);
    ChildBuilder builder(program, folder_.path());
    version_ = builder.EngineVersion();
    return builder.Compile({.model_path = "m.tflite",
                            .board_id = "nucleo",
                            .timeout_ms = timeout_ms_,
                            .cancel_fd = cancel_fd_,
                            .on_line = [this](const std::string& line) {
                              lines_.push_back(line);
                            }});
  }
  base::TempDir folder_ = *base::TempDir::Create();
  int64_t timeout_ms_ = 10'000;
  int cancel_fd_ = -1;
  std::vector<std::string> lines_;
  absl::StatusOr<std::string> version_;
};

TEST_F(BuilderTest, GivesTheArtifactAndTheLines) {
  const CompileResult result = Compile(
      "if [ \"$1\" = --version ]; then echo v7; exit; fi\n"
      "echo reading; echo compiling; printf \"$3:$1\" > $5");
  EXPECT_EQ(result.artifact, "nucleo:m.tflite");
  EXPECT_EQ(result.failure.failure_class(), v1::FAILURE_CLASS_UNSPECIFIED);
  EXPECT_THAT(lines_, ElementsAre("reading", "compiling"));
  EXPECT_EQ(version_.value_or(""), "v7");
}

TEST_F(BuilderTest, ARefusalIsTheModelsFaultInItsOwnWords) {
  const CompileResult result = Compile(
      "echo '{\"code\": \"UNIMPLEMENTED\", \"message\": \"op 3: LSTM\"}' > "
      "$7; exit 3");
  EXPECT_EQ(result.failure.failure_class(), v1::MODEL);
  EXPECT_EQ(result.failure.code(), "UNIMPLEMENTED");
  EXPECT_EQ(result.failure.message(), "op 3: LSTM");
  EXPECT_EQ(result.failure.stage(), "compiling");
}

TEST_F(BuilderTest, EveryOtherEndHasAClass) {
  EXPECT_EQ(Compile("exit 4").failure.failure_class(), v1::LAB);
  EXPECT_EQ(Compile("exit 2").failure.failure_class(), v1::INTERNAL);
  EXPECT_EQ(Compile("kill -SEGV $$").failure.failure_class(), v1::INTERNAL);
  EXPECT_EQ(Compile("kill -KILL $$").failure.failure_class(), v1::LAB);
  EXPECT_EQ(Compile("exit 0").failure.failure_class(), v1::LAB) << "no file";
  EXPECT_THAT(Compile("echo boom >&2; exit 4").failure.message(),
              HasSubstr("boom"));
  ChildBuilder missing(folder_.path() / "none", folder_.path());
  EXPECT_EQ(missing.Compile({.timeout_ms = 1000}).failure.failure_class(),
            v1::LAB);
}

TEST_F(BuilderTest, AHangingCompilerIsATimeout) {
  timeout_ms_ = 200;
  EXPECT_EQ(
      Compile("[ \"$1\" = --version ] || sleep 60").failure.failure_class(),
      v1::TIMEOUT);
}

TEST_F(BuilderTest, ACancelKillsTheChild) {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  cancel_fd_ = fd;
  std::thread later([fd] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::eventfd_write(fd, 1);
  });
  EXPECT_TRUE(Compile("[ \"$1\" = --version ] || sleep 60").cancelled);
  later.join();
  ::close(fd);
}

}  // namespace
}  // namespace tinyrig::server
