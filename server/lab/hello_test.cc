// What an agent may say of itself, at the edges.
#include "server/lab/hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"

namespace tinyrig::server {
namespace {

using ::testing::HasSubstr;

v1::AgentHello Hello() {
  v1::AgentHello hello;
  hello.set_agent_id("a");
  hello.set_instance_id("i");
  v1::AgentBoard* board = hello.add_boards();
  board->set_name("b1");
  board->set_board_id(servertest::kF746);
  board->set_uid(servertest::kVirtualUid);
  board->set_state(v1::Board::IDLE);
  return hello;
}

// What CheckHello says after a change.
template <typename Change>
absl::Status After(const Change& change) {
  v1::AgentHello hello = Hello();
  change(hello);
  return CheckHello(hello, servertest::TwoKinds());
}

template <typename Change>
bool Refused(const Change& change) {
  return After(change).code() == absl::StatusCode::kInvalidArgument;
}

TEST(Hello, AnOrdinaryOneIsTaken) {
  EXPECT_EQ(After([](auto&) {}), absl::OkStatus());
}

TEST(Hello, NamesAreShortAndPlain) {
  EXPECT_TRUE(IsName(std::string(64, 'x')));
  EXPECT_FALSE(IsName(std::string(65, 'x')));
  EXPECT_TRUE(IsName("A-z_0.9"));
  for (const char* bad : {"", "../etc", "a/b", "a b", "\xC3\xA9"}) {
    EXPECT_FALSE(IsName(bad)) << bad;
    EXPECT_TRUE(Refused([bad](auto& h) { h.set_agent_id(bad); })) << bad;
    EXPECT_TRUE(Refused([bad](auto& h) { h.mutable_boards(0)->set_name(bad); }))
        << bad;
  }
}

TEST(Hello, AnInstanceHasAnId) {
  EXPECT_TRUE(Refused([](auto& h) { h.clear_instance_id(); }));
  EXPECT_EQ(After([](auto& h) { h.set_instance_id(std::string(128, 'i')); }),
            absl::OkStatus());
  EXPECT_TRUE(
      Refused([](auto& h) { h.set_instance_id(std::string(129, 'i')); }));
}

TEST(Hello, BoardsAreOfAKnownKindAndNamedOnce) {
  const absl::Status unknown =
      After([](auto& h) { h.mutable_boards(0)->set_board_id("z"); });
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr(servertest::kF412))
      << "the message tells the kinds";
  EXPECT_TRUE(Refused([](auto& h) { *h.add_boards() = h.boards(0); }));
}

TEST(Hello, AUidIsEmptyOr24LowerCaseHexDigits) {
  EXPECT_EQ(After([](auto& h) { h.mutable_boards(0)->clear_uid(); }),
            absl::OkStatus());
  for (const char* bad : {"VIRT", "56495254000000000000000",
                          "5649525400000000"
                          "000000012",
                          "5649525400000000000000AB"}) {
    EXPECT_TRUE(Refused([bad](auto& h) { h.mutable_boards(0)->set_uid(bad); }))
        << bad;
  }
}

TEST(Hello, AStateIsOneThatAnAgentCanTell) {
  for (const auto state : {v1::Board::STATE_UNSPECIFIED, v1::Board::OFFLINE}) {
    EXPECT_TRUE(
        Refused([&](auto& h) { h.mutable_boards(0)->set_state(state); }));
  }
  EXPECT_EQ(
      After([](auto& h) { h.mutable_boards(0)->set_state(v1::Board::FAULTY); }),
      absl::OkStatus());
}

TEST(Hello, AnAgentHasSoManyBoardsAndLeases) {
  const auto with_boards = [](int count) {
    return After([count](auto& h) {
      h.clear_boards();
      for (int i = 0; i < count; ++i) {
        *h.add_boards() = Hello().boards(0);
        h.mutable_boards(i)->set_name(absl::StrCat("b", i));
      }
    });
  };
  EXPECT_EQ(with_boards(0), absl::OkStatus());
  EXPECT_EQ(with_boards(kMaxBoardsPerAgent), absl::OkStatus());
  EXPECT_FALSE(with_boards(kMaxBoardsPerAgent + 1).ok());
  const auto with_held = [](int count) {
    return After([count](auto& h) {
      for (int i = 0; i < count; ++i) {
        h.add_held();
      }
    });
  };
  EXPECT_EQ(with_held(kMaxHeldLeases), absl::OkStatus());
  EXPECT_FALSE(with_held(kMaxHeldLeases + 1).ok());
}

}  // namespace
}  // namespace tinyrig::server
