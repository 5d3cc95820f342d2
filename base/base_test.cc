#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "base/sha256.h"
#include "base/sha256_stream.h"

namespace tinyrig::base {
namespace {

TEST(Sha256, MatchesFips180Vector) {
  const uint8_t abc[] = {'a', 'b', 'c'};
  EXPECT_EQ(Sha256Hex(abc),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PieceByPieceIsTheSame) {
  Sha256Stream stream;
  stream.Add("a");
  stream.Add("");
  stream.Add("bc");
  const std::vector<uint8_t> abc = {'a', 'b', 'c'};
  EXPECT_EQ(stream.Hex(), Sha256Hex(abc));
  EXPECT_EQ(Sha256Stream().Hex(), Sha256Hex({}));
}

TEST(Sha256, HexIsSafeInAPath) {
  EXPECT_TRUE(IsSha256Hex(std::string(64, 'a')));
  EXPECT_FALSE(IsSha256Hex("../" + std::string(61, 'a')));
  EXPECT_FALSE(IsSha256Hex(std::string(64, 'A')));
}

TEST(Bytes, RoundTripLittleEndian) {
  uint8_t bytes[8];
  StoreLe64(bytes, 0x0123456789abcdefULL);
  EXPECT_EQ(bytes[0], 0xef);
  EXPECT_EQ(LoadLe64(bytes), 0x0123456789abcdefULL);
  EXPECT_EQ(LoadLe16(bytes), 0xcdef);
}

TEST(File, WriteIsReadBackAndLeavesNoTemporary) {
  const auto folder = TempDir::Create();
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "x", "hello").ok());
  EXPECT_EQ(*ReadTextFile(folder->path() / "x"), "hello");
  EXPECT_EQ(
      std::distance(std::filesystem::directory_iterator(folder->path()), {}),
      1);
}

TEST(File, MissingFileIsNotFoundAndNamed) {
  const auto status = ReadFile("/no/such/file").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("/no/such/file"), std::string::npos);
}

TEST(File, FullDiskIsResourceExhausted) {
  const auto status = ErrnoStatus(ENOSPC, "write x");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(Process, CapturesOutputAndExitCode) {
  const auto result =
      RunProcess({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out, "out\n");
  EXPECT_EQ(result->err, "err\n");
}

TEST(Process, ChildSeesTheGivenEnvironment) {
  const auto result = RunProcess({.argv = {"sh", "-c", "echo $HOME $PATH"},
                                  .environment = {"HOME=/nowhere"}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out.substr(0, 9), "/nowhere ");
  EXPECT_GT(result->out.size(), 12U) << "the rest is the parent's";
}

TEST(Process, MissingProgramIsNotFound) {
  const auto result = RunProcess({.argv = {"no-such-program-here"}});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
}

TEST(Process, SlowChildIsKilledAtItsDeadline) {
  const auto result =
      RunProcess({.argv = {"sh", "-c", "sleep 600"}, .timeout_ms = 50});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->timed_out);
}

}  // namespace
}  // namespace tinyrig::base
