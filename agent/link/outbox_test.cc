#include "agent/link/outbox.h"

#include "gtest/gtest.h"

namespace tinyrig::agent {
namespace {

v1::PredictionBatch Batch(const std::string& job, int64_t fence, int64_t i) {
  v1::PredictionBatch batch;
  batch.set_job_id(job);
  batch.set_fence(fence);
  batch.add_predictions()->set_sample_index(i);
  return batch;
}

v1::JobFinished End(const std::string& job, int64_t fence) {
  v1::JobFinished end;
  end.set_job_id(job);
  end.set_fence(fence);
  return end;
}

v1::JobUpdate News(const std::string& job, int64_t done,
                   const std::string& line) {
  v1::JobUpdate update;
  update.set_job_id(job);
  update.mutable_progress()->set_done(done);
  update.add_log(line);
  return update;
}

TEST(Outbox, KeepsPredictionsAndEndsUntilTheyAreAcknowledged) {
  Outbox box;
  box.StartStream(2);
  box.PutPredictions(Batch("j", 1, 0));
  box.PutFinished(End("j", 1));
  EXPECT_EQ(box.Next()->message_id(), 2);
  EXPECT_EQ(box.Next()->message_id(), 3);
  EXPECT_FALSE(box.Next().has_value());
  EXPECT_EQ(box.unacknowledged_batches(), 1U);
  box.Acknowledge(2);
  EXPECT_EQ(box.unacknowledged_batches(), 0U);
  EXPECT_FALSE(box.empty());
  box.Acknowledge(3);
  EXPECT_TRUE(box.empty());
}

TEST(Outbox, ANewStreamSaysAllAgainInOrder) {
  Outbox box;
  box.StartStream(2);
  box.PutPredictions(Batch("j", 1, 0));
  box.PutPredictions(Batch("j", 1, 1));
  box.Next();
  box.Next();
  box.StartStream(2);
  EXPECT_EQ(box.Next()->predictions().predictions(0).sample_index(), 0);
  box.PutFinished(End("j", 1));
  EXPECT_EQ(box.Next()->predictions().predictions(0).sample_index(), 1);
  EXPECT_TRUE(box.Next()->has_finished());
  EXPECT_EQ(box.FinishedLeases().size(), 1U);
}

TEST(Outbox, AnAckOfTheOldStreamDoesNotCount) {
  Outbox box;
  box.StartStream(2);
  box.PutFinished(End("j", 1));
  box.Next();
  box.StartStream(2);
  box.Acknowledge(2);
  EXPECT_FALSE(box.empty());
  box.Acknowledge(0);
  EXPECT_FALSE(box.empty()) << "not sent yet";
}

TEST(Outbox, OfUpdatesOnlyTheNewestGoesButAllItsLines) {
  Outbox box;
  box.PutUpdate(News("j", 1, "a"));
  box.PutUpdate(News("k", 5, "x"));
  box.PutUpdate(News("j", 2, "b"));
  const auto first = box.Next();
  EXPECT_EQ(first->job_update().progress().done(), 2);
  ASSERT_EQ(first->job_update().log_size(), 2);
  EXPECT_EQ(first->job_update().log(0), "a");
  EXPECT_EQ(first->job_update().log(1), "b");
  EXPECT_EQ(box.Next()->job_update().job_id(), "k");
  EXPECT_TRUE(box.empty()) << "never said twice";
}

TEST(Outbox, RevokedLeasesAreForgottenButNotNewerOnes) {
  Outbox box;
  box.PutPredictions(Batch("j", 1, 0));
  box.PutFinished(End("j", 1));
  box.PutPredictions(Batch("j", 2, 0));
  box.PutFinished(End("k", 1));
  box.Drop("j", 1);
  EXPECT_EQ(box.Next()->predictions().fence(), 2);
  EXPECT_EQ(box.Next()->finished().job_id(), "k");
  EXPECT_FALSE(box.Next().has_value());
}

}  // namespace
}  // namespace tinyrig::agent
