// The client library as another program gets it: installed, found by CMake,
// compiled against, and talking to a real server.
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"
#include "tests/integration/server_harness.h"

namespace tinyrig::servertest {
namespace {

std::string OutputOf(std::vector<std::string> argv) {
  const auto result =
      base::RunProcess({.argv = std::move(argv), .timeout_ms = 240'000});
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) {
    return "";
  }
  EXPECT_EQ(result->exit_code, 0) << result->out << result->err;
  return result->out;
}

TEST(ClientInstallTest, AnotherProgramListsTheBoards) {
  const auto folder = base::TempDir::Create("client-install");
  ASSERT_TRUE(folder.ok()) << folder.status();
  const std::string prefix = folder->path() / "prefix";
  const std::string build = folder->path() / "build";
  OutputOf({TINYRIG_CMAKE, "--install", TINYRIG_BINARY_DIR, "--component",
            "client", "--prefix", prefix});
  OutputOf({TINYRIG_CMAKE, "-G", "Ninja", "-S",
            TINYRIG_SOURCE_DIR "/examples/client", "-B", build,
            "-DCMAKE_PREFIX_PATH=" + prefix});
  OutputOf({TINYRIG_CMAKE, "--build", build});

  const ServerProcess server({"--http", "off"});
  FakeAgent agent(server.address(), "a", "i1");
  agent.Board("b1", kF746);
  ASSERT_TRUE(agent.Attach().ok());
  EXPECT_EQ(OutputOf({build + "/list_boards", server.address()}),
            "a/b1 nucleo_f746zg IDLE\n1 boards\n");
}

}  // namespace
}  // namespace tinyrig::servertest
