#include "firmware/session.h"

#include <vector>

#include "gtest/gtest.h"

#include "firmware/testing/fake_hal.h"
#include "firmware/testing/fake_model.h"
#include "proto/wire/host_message.h"

namespace tinyrig::firmware {
namespace {

using testing::Fake;
using wire::Payload;
using wire::Type;

const Payload kInput = {1, 2, 3, 4, 5, 6, 7, 8};

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override { testing::ResetFake(); }

  /// \return what the session sent; `reset` says what Take returned last.
  std::vector<uint8_t> Feed(const std::vector<uint8_t>& bytes) {
    Fake().sent.clear();
    for (uint8_t byte : bytes) {
      reset_ = session_.Take(byte) || reset_;
    }
    return Fake().sent;
  }
  std::vector<uint8_t> Request(Type type, uint16_t sequence,
                               const Payload& payload = {}) {
    return Feed(wire::EncodeRequest(type, sequence, payload));
  }
  static Payload RunOnce() {
    return wire::RunPayload({0, 1, 0, {}, wire::Crc32(kInput.data(), 8)});
  }

  TinyrigModel model_ = testing::FakeModel();
  Session session_{model_};
  bool reset_ = false;
};

TEST_F(SessionTest, BeginsWithABootEvent) {
  Fake().facts.boot_id = 5;
  session_.Begin();
  EXPECT_EQ(Fake().sent,
            wire::EncodeRequest(Type::kBootEvent, 0, {5, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_F(SessionTest, ARepeatedRequestIsAnsweredButNotExecuted) {
  Request(Type::kSetInput, 1, wire::SetInputPayload(0, kInput.data(), 8));
  const int before = testing::FakeInvocations();
  const auto first = Request(Type::kRun, 2, RunOnce());
  const auto second = Request(Type::kRun, 2, RunOnce());
  EXPECT_EQ(first, second);
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(testing::FakeInvocations() - before, 1);
  Request(Type::kRun, 3, RunOnce());
  EXPECT_EQ(testing::FakeInvocations() - before, 2);
}

TEST_F(SessionTest, TheSameSequenceWithAnotherTypeIsANewRequest) {
  Request(Type::kSetInput, 1, wire::SetInputPayload(0, kInput.data(), 8));
  const int before = testing::FakeInvocations();
  Request(Type::kRun, 1, RunOnce());
  EXPECT_EQ(testing::FakeInvocations() - before, 1);
}

TEST_F(SessionTest, AHelloIsAlwaysFresh) {
  const auto first = Request(Type::kHello, 1);
  Fake().fault_pending = true;
  const auto second = Request(Type::kHello, 1);
  EXPECT_NE(first, second);
}

TEST_F(SessionTest, DamagedFramesAndEchoesAreSilence) {
  auto frame = wire::EncodeRequest(Type::kHello, 1, {});
  frame[4] ^= 0x10;
  EXPECT_TRUE(Feed(frame).empty());
  EXPECT_TRUE(Request(static_cast<Type>(0x81), 1, {0}).empty());
  EXPECT_TRUE(Request(Type::kHello, 0).empty());
  EXPECT_FALSE(Request(Type::kHello, 1).empty());
}

TEST_F(SessionTest, ResetIsAnsweredFirst) {
  const auto reply = Request(Type::kReset, 4);
  EXPECT_EQ(reply, wire::EncodeRequest(static_cast<Type>(0x88), 4, {0}));
  EXPECT_TRUE(reset_);
  reset_ = false;
  Request(Type::kReset, 5, {1});
  EXPECT_FALSE(reset_) << "a malformed reset does not reset";
}

}  // namespace
}  // namespace tinyrig::firmware
