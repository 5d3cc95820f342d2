#include "agent/config/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/file.h"

namespace tinyrig::agent {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::string& yaml) {
  const auto config = ParseConfig(yaml, "agent.yaml");
  EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << config.status();
  return std::string(config.status().message());
}

TEST(Config, ReadsTheExampleFile) {
  const auto text =
      base::ReadTextFile(TINYRIG_SOURCE_DIR "/agent/agent.example.yaml");
  ASSERT_TRUE(text.ok()) << text.status();
  const auto config = ParseConfig(*text, "agent.example.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(CheckConfig(*config).ok());
  EXPECT_EQ(config->agent_id, "bench-1");
  ASSERT_EQ(config->boards.size(), 3U);
  EXPECT_EQ(config->boards[0].virtual_board->uid, "LAB1");
  EXPECT_EQ(config->boards[1].usb_serial, "0669FF303532");
  EXPECT_EQ(config->boards[1].modem->reset, ModemLine::kRts);
}

TEST(Config, RefusesUnknownKeysWithTheirLine) {
  EXPECT_THAT(ErrorOf("server: a:1\nsevrer: b:2\n"),
              HasSubstr("agent.yaml:2: unknown key 'sevrer'"));
  EXPECT_THAT(ErrorOf("boards:\n"
                      "  - name: a\n"
                      "    board: nucleo_f746zg\n"
                      "    virtual: {uid: A, flash: x}\n"),
              HasSubstr("agent.yaml:4: unknown key 'flash' in virtual"));
}

TEST(Config, RefusesWhatIsWrong) {
  EXPECT_THAT(ErrorOf("boards: [\n"), HasSubstr("agent.yaml:"));
  EXPECT_THAT(ErrorOf("boards: {a: b}\n"), HasSubstr("not a list"));
  EXPECT_THAT(ErrorOf("cache_limit_mb: -4\n"), HasSubstr("agent.yaml:1:"));
  EXPECT_THAT(ErrorOf("server: a:1\nserver: b:1\n"), HasSubstr("twice"));
  const auto board = [](const std::string& rest) {
    return "boards:\n  - {name: a, board: nucleo_f746zg" + rest + "}\n";
  };
  EXPECT_THAT(ErrorOf(board("")), HasSubstr("exactly one"));
  EXPECT_THAT(ErrorOf(board(", virtual: {}, port: /dev/x")),
              HasSubstr("exactly one"));
  EXPECT_THAT(ErrorOf(board(", port: /dev/x")), HasSubstr("loader_port"));
  EXPECT_THAT(ErrorOf(board(", virtual: {uid: far-too-long}")),
              HasSubstr("uid"));
  EXPECT_THAT(ErrorOf(board(", virtual: {}, control: x")),
              HasSubstr("come with it"));
  EXPECT_THAT(ErrorOf(board(", port: a, loader_port: b, lines: {reset: dtr}")),
              HasSubstr("same line"));
  EXPECT_THAT(ErrorOf("boards:\n  - {name: ../x, board: nucleo_f746zg, "
                      "virtual: {}}\n"),
              HasSubstr("board name"));
  EXPECT_THAT(
      ParseConfig("boards:\n  - {name: a, board: nope, virtual: {}}", "f")
          .status()
          .message(),
      HasSubstr("nope"));
}

TEST(Config, ShorthandMakesVirtualBoards) {
  const auto board = ParseBoardShorthand("b1=nucleo_f412zg:virtual");
  ASSERT_TRUE(board.ok());
  EXPECT_EQ(board->name, "b1");
  EXPECT_EQ(board->board, "nucleo_f412zg");
  EXPECT_TRUE(board->virtual_board.has_value());
  EXPECT_FALSE(ParseBoardShorthand("b1").ok());
  EXPECT_FALSE(ParseBoardShorthand("b1=nucleo_f412zg:real").ok());
}

TEST(Config, WantsAServerWithAPortThatThereIs) {
  AgentConfig config;
  config.agent_id = "a";
  config.boards = {*ParseBoardShorthand("x=nucleo_f412zg")};
  EXPECT_TRUE(CheckConfig(config).ok());
  config.server = "lab.local:65536";
  EXPECT_THAT(CheckConfig(config).message(), HasSubstr("server: lab.local"));
  config.server = "lab.local";
  EXPECT_THAT(CheckConfig(config).message(), HasSubstr("HOST:PORT is wanted"));
}

TEST(Config, WantsBoardsOnceEach) {
  AgentConfig config;
  config.agent_id = "a";
  EXPECT_THAT(CheckConfig(config).message(), HasSubstr("0 boards"));
  config.boards = {*ParseBoardShorthand("x=nucleo_f412zg"),
                   *ParseBoardShorthand("x=nucleo_f746zg")};
  EXPECT_THAT(CheckConfig(config).message(), HasSubstr("name x"));
}

}  // namespace
}  // namespace tinyrig::agent
