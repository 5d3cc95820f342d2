// Statuses and the hand-over to a stream's writer, without gRPC's threads.
#include <thread>

#include <gtest/gtest.h>

#include "server/rpc/convert.h"
#include "server/rpc/outbox.h"

namespace tinyrig::server {
namespace {

TEST(Convert, EveryCodeIsTheSameCode) {
  for (int code = 0; code <= 16; ++code) {
    const grpc::Status status =
        ToGrpc(absl::Status(static_cast<absl::StatusCode>(code), "why"));
    EXPECT_EQ(static_cast<int>(status.error_code()), code);
    EXPECT_EQ(status.error_message(), code == 0 ? "" : "why");
  }
}

TEST(Convert, AnErrorLeavesTheAnswerAsItIs) {
  std::string answer = "before";
  const grpc::Status status =
      Answer(absl::StatusOr<std::string>(absl::NotFoundError("no")), &answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer, "before");
  EXPECT_TRUE(Answer(absl::StatusOr<std::string>("after"), &answer).ok());
  EXPECT_EQ(answer, "after");
}

TEST(Outbox, GivesInTheOrderOfTheCalls) {
  Outbox<int> outbox(10);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(outbox.Put(i));
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(outbox.Take(), i);
  }
}

TEST(Outbox, RefusesWhatIsTooMuchAndNeverBlocks) {
  Outbox<int> outbox(2);
  EXPECT_TRUE(outbox.Put(1));
  EXPECT_TRUE(outbox.Put(2));
  EXPECT_FALSE(outbox.Put(3));
  EXPECT_EQ(outbox.Take(), 1);
  EXPECT_TRUE(outbox.Put(4)) << "there is room again";
}

TEST(Outbox, WhatWaitsIsGivenBeforeTheEnd) {
  Outbox<int> outbox(2);
  outbox.Put(1);
  outbox.Close();
  EXPECT_FALSE(outbox.Put(2));
  EXPECT_EQ(outbox.Take(), 1);
  EXPECT_EQ(outbox.Take(), std::nullopt);
}

TEST(Outbox, AnEndWakesWhoWaits) {
  Outbox<int> outbox(1);
  std::optional<int> taken = 7;
  std::thread taker([&] { taken = outbox.Take(); });
  outbox.Close();
  taker.join();
  EXPECT_EQ(taken, std::nullopt);
}

}  // namespace
}  // namespace tinyrig::server
