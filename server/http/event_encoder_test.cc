#include "server/http/event_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(EventEncoder, OneTextForAllWhoAreGivenTheItem) {
  auto event = std::make_shared<v1::LabEvent>();
  event->mutable_job()->set_id("j-1");
  EventEncoder encoder;
  const auto first = encoder.Encode(event);
  EXPECT_EQ(encoder.Encode(event), first);
  const auto again = std::make_shared<v1::LabEvent>(*event);
  EXPECT_NE(encoder.Encode(again), first);
  EXPECT_EQ(encoder.Encode(again)->json, first->json);
}

TEST(EventEncoder, JobsAndBoardsSayWhatIsZeroToo) {
  auto event = std::make_shared<v1::LabEvent>();
  event->mutable_job()->set_id("j-1");
  EventEncoder encoder;
  const auto job = encoder.Encode(event);
  EXPECT_EQ(job->what, v1::LabEvent::kJob);
  EXPECT_THAT(job->json, StartsWith("{\"id\":\"j-1\","));
  EXPECT_THAT(job->json, HasSubstr("\"attempt\":0"));
  auto board = std::make_shared<v1::LabEvent>();
  board->mutable_board()->set_name("a/b1");
  EXPECT_EQ(encoder.Encode(board)->what, v1::LabEvent::kBoard);
  EXPECT_THAT(encoder.Encode(board)->json, HasSubstr("\"name\":\"a/b1\""));
}

TEST(EventEncoder, PositionsLeaveOutAStartThatNobodyKnows) {
  auto event = std::make_shared<v1::LabEvent>();
  v1::QueuePositions& queue = *event->mutable_queue();
  v1::QueuePositions::Entry* entry = queue.add_entries();
  entry->set_job_id("j-7");
  entry->set_position(1);
  entry->set_start_eta_s(2.5);
  entry = queue.add_entries();
  entry->set_job_id("j-9");
  entry->set_position(2);
  EXPECT_EQ(
      EventEncoder().Encode(event)->json,
      "{\"entries\":[{\"jobId\":\"j-7\",\"position\":1,\"startEtaS\":2.5},"
      "{\"jobId\":\"j-9\",\"position\":2}]}");
}

TEST(EventEncoder, AnEmptyQueueIsAnEmptyList) {
  auto event = std::make_shared<v1::LabEvent>();
  event->mutable_queue();
  const auto encoded = EventEncoder().Encode(event);
  EXPECT_EQ(encoded->what, v1::LabEvent::kQueue);
  EXPECT_EQ(encoded->json, "{\"entries\":[]}");
}

}  // namespace
}  // namespace tinyrig::server
