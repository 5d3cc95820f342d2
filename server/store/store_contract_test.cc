// What store.h promises, of every store: SQLite's and the fake of the tests.
#include <array>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/store/sqlite_store.h"
#include "server/store/testing/memory_store.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {
namespace {

using Job = v1::Job;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kWrongState = absl::StatusCode::kFailedPrecondition;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct OpenedStore {
  std::shared_ptr<void> owner;
  Store* store;
  WaitingStore* waiting;
};

OpenedStore OpenSqlite() {
  struct Owner {
    base::TempDir folder = *base::TempDir::Create("contract");
    std::unique_ptr<SqliteStore> store =
        *SqliteStore::Open(folder.path() / "t.db");
  };
  auto owner = std::make_shared<Owner>();
  return {owner, owner->store.get(), owner->store.get()};
}

OpenedStore OpenMemory() {
  auto store = std::make_shared<MemoryStore>();
  return {store, store.get(), store.get()};
}

class StoreContract : public testing::TestWithParam<OpenedStore (*)()> {
 protected:
  StoreContract() {
    v1::AgentHello hello;
    hello.set_agent_id("a");
    EXPECT_TRUE(store_.PutAgent(hello, 1).ok());
    EXPECT_TRUE(PutBoard("a/b1", "uid1").ok());
    EXPECT_TRUE(store_.AddBlob("model", 5, 1).ok());
    EXPECT_TRUE(store_.AddBlob("data", 5, 1).ok());
  }
  absl::Status PutBoard(const std::string& name, const std::string& uid,
                        const std::string& agent = "a") {
    v1::Board board;
    board.set_name(name);
    board.set_agent_id(agent);
    board.set_board_id("f746");
    board.set_uid(uid);
    return store_.PutBoard(board, 2'000'000);
  }
  v1::Dataset PutDataset(const std::string& name) {
    v1::Dataset dataset;
    dataset.set_name(name);
    dataset.set_sha256("data");
    dataset.set_sample_count(3);
    v1::DatasetFile file;
    for (const int label : {7, 8, 9}) {
      file.add_labels(label);
    }
    file.add_names("first");
    return store_.AddDataset(dataset, file, 3'000'000).value_or(v1::Dataset());
  }
  static JobRecord NewJob(int64_t samples, const std::string& request) {
    JobRecord record;
    record.job.set_request_id(request);
    v1::JobSpec& spec = *record.job.mutable_spec();
    spec.set_model_sha256("model");
    spec.set_model_name("net");
    spec.set_board_id("f746");
    spec.set_submitter("ann");
    record.dataset_sha256 = samples > 0 ? "data" : "";
    record.sample_count = samples;
    record.create_us = 10;
    return record;
  }
  int64_t Queued(int64_t samples = 0) {
    const std::string request = absl::StrCat("r", ++requests_);
    return store_.AddJob(NewJob(samples, request)).value_or(-1);
  }
  int64_t Compiled(int64_t samples = 0) {
    const int64_t id = Queued(samples);
    EXPECT_TRUE(store_.BeginCompile(id, 20).ok());
    EXPECT_TRUE(store_.EndCompile(id, "artifact", false, 50).ok());
    return id;
  }
  int64_t Lease(int64_t id, const std::string& board = "a/b1",
                int64_t now_us = 100) {
    const auto fence = store_.AddLease({id, "a", board, now_us});
    EXPECT_TRUE(fence.ok()) << fence.status();
    return fence.value_or(-1);
  }
  absl::Status Requeue(int64_t id, int64_t fence) {
    return store_.EndAttempt({.job_id = id,
                              .fence = fence,
                              .next = Job::QUEUED,
                              .end_reason = "agent lost",
                              .lost_count = 1,
                              .now_us = 160},
                             {Job::FLASHING, Job::RUNNING});
  }
  static std::vector<v1::Prediction> Batch(int64_t from, int64_t count) {
    std::vector<v1::Prediction> batch;
    for (int64_t i = from; i < from + count; ++i) {
      v1::Prediction& prediction = batch.emplace_back();
      prediction.set_sample_index(i);
      prediction.set_label(static_cast<int32_t>(i % 2));
      prediction.set_predicted(1);
      prediction.set_cycles(100 + i);
      prediction.set_output(absl::StrCat("out", i));
    }
    return batch;
  }
  static v1::Run NewRun(const std::string& model_name = "net",
                        int64_t cycles = 216) {
    v1::Run run;
    run.set_model_name(model_name);
    run.set_model_sha256("model");
    run.set_board_id("f746");
    run.set_dataset_sha256("data");
    run.mutable_environment()->set_clock_hz(216'000'000);
    run.mutable_latency()->set_cycles_p50(cycles);
    run.mutable_latency()->add_cycles(9);
    run.add_layers()->set_cycles(4);
    run.add_layers()->set_cycles(12);
    run.add_plan()->set_tensor("t");
    return run;
  }
  int64_t Finished(const v1::Run& run, int64_t now_us = 200) {
    const int64_t id = Compiled();
    return store_.AddRun(run, id, Lease(id), now_us).value_or(-1);
  }
  std::vector<std::string> RunIds(const std::string& filter,
                                  const std::string& order, int limit = 100) {
    ListRequest request = {.filter = *BindFilter(filter, RunFilterFields(), 0),
                           .order = *ParseOrder(order, RunOrderFields()),
                           .after = {},
                           .limit = limit};
    std::vector<std::string> ids;
    while (true) {
      const auto page = store_.ListRuns(request);
      EXPECT_TRUE(page.ok()) << page.status();
      for (const v1::Run& run : page->rows) {
        EXPECT_EQ(run.layers_size(), 0);
        ids.push_back(run.id());
      }
      if (!page->next.has_value()) {
        return ids;
      }
      request.after = page->next;
    }
  }

  OpenedStore opened_ = GetParam()();
  Store& store_ = *opened_.store;
  WaitingStore& waiting_ = *opened_.waiting;
  int requests_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(&OpenSqlite, &OpenMemory),
                         [](const auto& tested) {
                           return tested.param == &OpenSqlite ? "Sqlite"
                                                              : "Memory";
                         });

TEST_P(StoreContract, EveryWriteNamesTheStateItExpects) {
  Store& store = store_;
  const int64_t id = Queued();
  EXPECT_EQ(store.EndCompile(id, "x", false, 1).code(), kWrongState);
  EXPECT_EQ(store.AddLease({id, "a", "a/b1", 1}).status().code(), kWrongState);
  EXPECT_EQ(store.RequestCancel(id).code(), kWrongState);
  ASSERT_TRUE(store.BeginCompile(id, 20).ok());
  EXPECT_EQ(store.BeginCompile(id, 21).code(), kWrongState);
  ASSERT_TRUE(store.EndCompile(id, "x", false, 50).ok());
  EXPECT_EQ(store.GetJob(id)->used_us, 30);
  EXPECT_EQ(store.BeginCompile(id, 60).code(), kWrongState);
  const int64_t fence = Lease(id);
  EXPECT_EQ(fence, 1);
  EXPECT_EQ(store.SetStage(id, fence + 1, Job::RUNNING).code(), kWrongState);
  EXPECT_TRUE(store.SetStage(id, fence, Job::RUNNING).ok());
  EXPECT_TRUE(store.RequestCancel(id).ok());
  EXPECT_TRUE(store.GetJob(id)->cancel_requested);
  EXPECT_EQ(Requeue(id, fence + 1).code(), kWrongState);
  EXPECT_TRUE(Requeue(id, fence).ok());
  EXPECT_EQ(Requeue(id, fence).code(), kWrongState);
  EXPECT_EQ(store.GetJob(id)->used_us, 30 + 60);
  EXPECT_EQ(store.GetJob(id)->lost_count, 1);
  EXPECT_EQ(Lease(id), 2);
  EXPECT_EQ(store.GetJob(id + 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store.BeginCompile(id + 1, 1).code(), kWrongState);
}

TEST_P(StoreContract, EachChangeRaisesTheRevision) {
  Store& store = store_;
  const int64_t id = Queued();
  EXPECT_EQ(store.GetJob(id)->job.revision(), 1);
  ASSERT_TRUE(store.BeginCompile(id, 20).ok());
  ASSERT_TRUE(store.EndCompile(id, "x", false, 50).ok());
  EXPECT_EQ(store.GetJob(id)->job.revision(), 3);
  const int64_t fence = Lease(id);
  ASSERT_TRUE(store.SetStage(id, fence, Job::RUNNING).ok());
  EXPECT_EQ(store.GetJob(id)->job.revision(), 5);
  ASSERT_TRUE(Requeue(id, fence).ok());
  ASSERT_TRUE(store.RaiseRevisions().ok());
  EXPECT_EQ(store.GetJob(id)->job.revision(), 7);
}

TEST_P(StoreContract, AJobIsShownWithItsTimesAndNames) {
  const int64_t id = Compiled();
  Lease(id);
  const JobRecord record = *store_.GetJob(id);
  EXPECT_EQ(record.job.id(), absl::StrCat("j-", id));
  EXPECT_EQ(record.job.state(), Job::FLASHING);
  EXPECT_EQ(record.job.spec().submitter(), "ann");
  EXPECT_EQ(record.job.artifact_sha256(), "artifact");
  EXPECT_EQ(record.job.board_name(), "a/b1");
  EXPECT_EQ(record.job.agent_id(), "a");
  EXPECT_EQ(record.job.attempt(), 1);
  EXPECT_EQ(record.job.create_time().nanos(), 10'000);
  EXPECT_EQ(record.job.compile_end_time().nanos(), 50'000);
  EXPECT_EQ(record.job.lease_time().nanos(), 100'000);
  EXPECT_FALSE(record.job.has_end_time());
  EXPECT_FALSE(record.job.has_failure());
  EXPECT_EQ(record.job.run_id(), "");
}

TEST_P(StoreContract, ACachedArtifactMustStillBeThere) {
  Store& store = store_;
  const CompileKey key{"model", "f746", "", "e"};
  EXPECT_FALSE(store.CachedArtifact(key)->has_value());
  EXPECT_EQ(store.CacheArtifact(key, "gone", 1).code(), kWrongState);
  ASSERT_TRUE(store.AddBlob("artifact", 5, 1).ok());
  ASSERT_TRUE(store.CacheArtifact(key, "artifact", 1).ok());
  EXPECT_EQ(*store.CachedArtifact(key), "artifact");
  const int64_t id = Queued();
  EXPECT_EQ(store.EndCompile(id, "gone", true, 40).code(), kWrongState);
  ASSERT_TRUE(store.EndCompile(id, "artifact", true, 40).ok());
  EXPECT_TRUE(store.GetJob(id)->job.compile_cached());
  EXPECT_EQ(store.GetJob(id)->compile_start_us, 40);
  EXPECT_EQ(store.GetJob(id)->used_us, 0);
}

TEST_P(StoreContract, ABoardHasOneLiveLease) {
  Store& store = store_;
  const int64_t first = Compiled();
  const int64_t second = Compiled();
  const int64_t fence = Lease(first);
  EXPECT_EQ(store.GetBoard("a/b1")->current_job_id(), "j-1");
  EXPECT_EQ(store.AddLease({second, "a", "a/b1", 1}).status().code(),
            kWrongState);
  EXPECT_EQ(store.AddLease({second, "a", "a/none", 1}).status().code(),
            kWrongState);
  EXPECT_EQ(store.GetJob(second)->job.state(), Job::QUEUED) << "rolled back";
  EXPECT_EQ(store.GetJob(second)->fence, 0);
  EXPECT_EQ(store.LiveLeases()->size(), 1U);
  EXPECT_EQ(store.LiveLeases()->front().board_uid, "uid1");
  ASSERT_TRUE(Requeue(first, fence).ok());
  EXPECT_EQ(store.FindLease(first, fence)->value().end_reason, "agent lost");
  EXPECT_FALSE(store.FindLease(first, fence + 1)->has_value());
  EXPECT_THAT(*store.LiveLeases(), IsEmpty());
}

TEST_P(StoreContract, ManyLeasesAtOnceStandEachForItself) {
  ASSERT_TRUE(PutBoard("a/b2", "uid2").ok());
  const int64_t first = Compiled();
  const int64_t second = Compiled();
  const std::vector<NewLease> leases = {{first, "a", "a/b1", 100},
                                        {second, "a", "a/b1", 100},
                                        {second, "a", "a/b2", 100}};
  const auto fences = waiting_.AddLeases(leases);
  ASSERT_EQ(fences.size(), 3U);
  EXPECT_EQ(fences[0].value_or(-1), 1);
  EXPECT_EQ(fences[1].status().code(), kWrongState);
  EXPECT_EQ(fences[2].value_or(-1), 1);
}

TEST_P(StoreContract, WhatWaitsIsInStepWithWhatIsStored) {
  Store& store = store_;
  WaitingJobs& waiting = waiting_.waiting();
  EXPECT_EQ(waiting_.KindOf("a/b1"), "f746");
  EXPECT_EQ(waiting_.KindOf("a/none"), "");
  const int64_t id = Queued();
  EXPECT_FALSE(waiting.HasCompiled());
  EXPECT_THAT(waiting.NotCompiled(0), ElementsAre(id));
  ASSERT_TRUE(store.BeginCompile(id, 20).ok());
  EXPECT_EQ(*store.QueuedCount(), 0);
  EXPECT_THAT(*store.JobsIn(Job::COMPILING), ElementsAre(id));
  ASSERT_TRUE(store.EndCompile(id, "x", false, 50).ok());
  ASSERT_EQ(store.Queue()->size(), 1U);
  EXPECT_EQ(store.Queue()->front().artifact_sha256, "x");
  EXPECT_TRUE(waiting.HasCompiled());
  const int64_t fence = Lease(id);
  EXPECT_THAT(*store.Queue(), IsEmpty());
  ASSERT_EQ(store.Usage(0)->size(), 1U);
  EXPECT_EQ(store.Usage(0)->front().running, 1);
  EXPECT_EQ(store.Usage(101)->front().recent_count, 0);
  ASSERT_TRUE(store
                  .EndAttempt({.job_id = id,
                               .fence = fence,
                               .next = Job::QUEUED,
                               .failed_count = 1,
                               .now_us = 160},
                              {Job::FLASHING})
                  .ok());
  EXPECT_EQ(store.Queue()->front().avoid_board, "a/b1");
  EXPECT_EQ(store.Usage(0)->front().running, 0);
}

TEST_P(StoreContract, AFailureStaysWithTheJobAndCountsForTheBoard) {
  Store& store = store_;
  const int64_t id = Compiled();
  const int64_t fence = Lease(id);
  Ending ending{.job_id = id,
                .fence = fence,
                .next = Job::FAILED,
                .end_reason = "failed",
                .now_us = 160};
  ending.failure.set_message("smoke");
  EXPECT_EQ(store.EndAttempt(ending, {Job::RUNNING}).code(), kWrongState);
  EXPECT_EQ(store.EndAttempt(ending, {Job::SUCCEEDED}).code(),
            absl::StatusCode::kInternal);
  ASSERT_TRUE(store.EndAttempt(ending, {Job::FLASHING}).ok());
  EXPECT_EQ(store.GetJob(id)->job.failure().message(), "smoke");
  EXPECT_EQ(store.GetJob(id)->job.end_time().nanos(), 160'000);
  EXPECT_EQ(store.GetBoard("a/b1")->failed_job_count(), 1);
  // A job that no board holds.
  const int64_t waits = Queued();
  ASSERT_TRUE(
      store
          .EndAttempt({.job_id = waits, .next = Job::CANCELLED, .now_us = 5},
                      {Job::QUEUED})
          .ok());
  EXPECT_EQ(store.GetJob(waits)->job.state(), Job::CANCELLED);
  EXPECT_EQ(store.GetJob(waits)->used_us, 0);
}

TEST_P(StoreContract, PredictionsAreStoredOnceAndInOrder) {
  Store& store = store_;
  const int64_t id = Compiled(10);
  const int64_t fence = Lease(id);
  EXPECT_EQ(store.AddPredictions(id, fence, {}).value_or(-1), 0);
  for (const auto& [from, count, stored] :
       {std::array{0, 4, 4}, std::array{2, 4, 6}, std::array{0, 3, 6}}) {
    EXPECT_EQ(store.AddPredictions(id, fence, Batch(from, count)).value_or(-1),
              stored);
  }
  EXPECT_EQ(store.AddPredictions(id, fence, Batch(7, 1)).status().code(),
            kInvalid);
  EXPECT_EQ(store.AddPredictions(id, fence, Batch(6, 5)).status().code(),
            kInvalid);
  EXPECT_EQ(store.AddPredictions(id, fence + 1, Batch(6, 1)).status().code(),
            kWrongState);
  EXPECT_EQ(store.GetJob(id)->stored_samples, 6);
  const auto tallies = *store.Tallies(id);
  ASSERT_EQ(tallies.size(), 2U);
  EXPECT_EQ(tallies[1].label, 1);
  EXPECT_EQ(tallies[1].count, 3);
}

TEST_P(StoreContract, ProgressForgivesFormerLosses) {
  Store& store = store_;
  const int64_t id = Compiled(10);
  ASSERT_TRUE(Requeue(id, Lease(id)).ok());
  EXPECT_EQ(store.GetJob(id)->lost_count, 1);
  const int64_t fence = Lease(id);
  ASSERT_TRUE(store.AddPredictions(id, fence, Batch(0, 1)).ok());
  EXPECT_EQ(store.GetJob(id)->lost_count, 0);
}

TEST_P(StoreContract, AnotherBoardBeginsAtTheFirstSample) {
  Store& store = store_;
  const int64_t id = Compiled(10);
  int64_t fence = Lease(id);
  ASSERT_TRUE(store.AddPredictions(id, fence, Batch(0, 4)).ok());
  ASSERT_TRUE(Requeue(id, fence).ok());
  fence = Lease(id);  // the same board goes on
  EXPECT_EQ(store.GetJob(id)->stored_samples, 4);
  ASSERT_TRUE(Requeue(id, fence).ok());
  ASSERT_TRUE(PutBoard("a/b1", "uid2").ok());  // another chip
  fence = Lease(id);
  EXPECT_EQ(store.GetJob(id)->stored_samples, 0);
  EXPECT_EQ(store.AddPredictions(id, fence, Batch(0, 2)).value_or(-1), 2);
}

TEST_P(StoreContract, ARunIsStoredWholeOrNotAtAll) {
  Store& store = store_;
  PutDataset("d");
  const int64_t id = Compiled(2);
  const int64_t fence = Lease(id);
  ASSERT_TRUE(store.AddPredictions(id, fence, Batch(0, 1)).ok());
  EXPECT_EQ(store.AddRun(NewRun(), id, fence, 200).status().code(),
            kWrongState);
  EXPECT_THAT(RunIds("", ""), IsEmpty());
  ASSERT_TRUE(store.AddPredictions(id, fence, Batch(1, 1)).ok());
  EXPECT_EQ(store.AddRun(NewRun(), id, fence + 1, 200).status().code(),
            kWrongState);
  const auto run = store.AddRun(NewRun(), id, fence, 200);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(store.AddRun(NewRun(), id, fence, 200).status().code(),
            kWrongState);
  const auto back = store.GetRun(*run);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->latency().cycles(0), 9);
  EXPECT_EQ(back->layers(0).cycles(), 4);
  EXPECT_EQ(back->layers(0).share(), 0.25);
  EXPECT_EQ(back->plan(0).tensor(), "t");
  EXPECT_EQ(store.GetJob(id)->job.state(), Job::SUCCEEDED);
  EXPECT_EQ(store.GetJob(id)->job.run_id(), back->id());
  EXPECT_EQ(store.GetJob(id)->used_us, 30 + 100);
  EXPECT_THAT(*store.LiveLeases(), IsEmpty());
  EXPECT_EQ(store.GetBoard("a/b1")->finished_job_count(), 1);
  EXPECT_EQ(store.GetRun(*run + 1).status().code(),
            absl::StatusCode::kNotFound);
  const Filter wrong =
      *BindFilter("NOT correct = true", PredictionFilterFields(), 0);
  const auto predictions = *store.ListPredictions(*run, wrong, 0, 10);
  ASSERT_EQ(predictions.size(), 1U);
  EXPECT_EQ(predictions[0].sample_name(), "first");
  EXPECT_EQ(predictions[0].output(), "out0");
  EXPECT_EQ(store.ListPredictions(*run, Filter(), 1, 10)->size(), 1U);
  EXPECT_EQ(store.ListPredictions(*run, Filter(), 0, 1)->size(), 1U);
}

TEST_P(StoreContract, RunsAreListedByFilterAndOrderPageByPage) {
  Finished(NewRun("b", 2160), 100);
  Finished(NewRun("a", 216), 300);
  v1::Run unclocked = NewRun("c", 1);
  unclocked.clear_environment();
  Finished(unclocked, 200);
  EXPECT_THAT(RunIds("", ""), ElementsAre("r-2", "r-3", "r-1"));
  EXPECT_THAT(RunIds("", "us_p50", 1), ElementsAre("r-2", "r-1", "r-3"));
  EXPECT_THAT(RunIds("", "us_p50 desc", 1), ElementsAre("r-1", "r-2", "r-3"));
  EXPECT_THAT(RunIds("us_p50 > 2us", ""), ElementsAre("r-1"));
  EXPECT_THAT(RunIds("NOT us_p50 > 2us", ""), ElementsAre("r-2", "r-3"));
  EXPECT_THAT(RunIds("model_name = b* OR job_id = j-3", "model_name"),
              ElementsAre("r-1", "r-3"));
  EXPECT_THAT(RunIds("NOT top1:*", "board_id", 2),
              ElementsAre("r-1", "r-2", "r-3"));
}

TEST_P(StoreContract, JobsAreListedByFilterAndOrder) {
  Store& store = store_;
  Finished(NewRun());
  const int64_t waits = Queued();
  const auto ids = [&](const char* filter, const char* order) {
    std::vector<int64_t> found;
    const auto page =
        store.ListJobs({.filter = *BindFilter(filter, JobFilterFields(), 0),
                        .order = *ParseOrder(order, JobOrderFields()),
                        .after = {},
                        .limit = 10});
    for (const JobRecord& record : page->rows) {
      found.push_back(record.id);
    }
    return found;
  };
  EXPECT_THAT(ids("", ""), ElementsAre(waits, 1));
  EXPECT_THAT(ids("", "end_time desc"), ElementsAre(1, waits));
  EXPECT_THAT(ids("state = QUEUED", ""), ElementsAre(waits));
  EXPECT_THAT(ids("run_id = r-1", ""), ElementsAre(1));
  EXPECT_THAT(ids("NOT end_time:* AND submitter = ann", ""),
              ElementsAre(waits));
}

TEST_P(StoreContract, ARequestIdIsTakenOncePerBoard) {
  Store& store = store_;
  EXPECT_TRUE(store.AddJob(NewJob(0, "req")).ok());
  EXPECT_EQ(store.AddJob(NewJob(0, "req")).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(store.FindRequest("req", "f746")->has_value());
  EXPECT_FALSE(store.FindRequest("req", "f412")->has_value());
}

TEST_P(StoreContract, WhatIsNamedMustBeThere) {
  Store& store = store_;
  JobRecord record = NewJob(0, "req");
  record.job.mutable_spec()->set_model_sha256("never uploaded");
  EXPECT_EQ(store.AddJob(record).status().code(), kWrongState);
  EXPECT_EQ(PutBoard("x/b", "u", "x").code(), kWrongState);
  v1::Dataset dataset;
  dataset.set_name("d");
  dataset.set_sha256("never uploaded");
  EXPECT_EQ(store.AddDataset(dataset, {}, 1).status().code(), kWrongState);
  EXPECT_EQ(store.FindDataset("d").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(StoreContract, ADatasetsNameStandsForItsBytes) {
  Store& store = store_;
  EXPECT_EQ(PutDataset("d").create_time().seconds(), 3);
  EXPECT_EQ(PutDataset("d").name(), "d");
  v1::Dataset other;
  other.set_name("d");
  other.set_sha256("model");
  EXPECT_EQ(store.AddDataset(other, {}, 1).status().code(),
            absl::StatusCode::kAlreadyExists);
  PutDataset("e");
  EXPECT_EQ(store.FindDataset("data")->sample_count(), 3);
  EXPECT_EQ(store.ListDatasets("", 1)->front().name(), "d");
  EXPECT_EQ(store.ListDatasets("d", 9)->size(), 1U);
  EXPECT_THAT(*store.Labels("data", 1, 9), ElementsAre(8, 9));
  EXPECT_THAT(*store.Labels("none", 0, 9), IsEmpty());
}

TEST_P(StoreContract, BoardsAreListedByName) {
  Store& store = store_;
  ASSERT_TRUE(PutBoard("a/b0", "uid0").ok());
  ASSERT_EQ(store.ListBoards("", 9)->size(), 2U);
  EXPECT_EQ(store.ListBoards("a/b0", 9)->front().name(), "a/b1");
  EXPECT_EQ(store.GetBoard("a/b0")->last_seen_time().seconds(), 2);
  EXPECT_EQ(store.GetBoard("a/none").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(*store.HasBoardOfKind("f746"));
  EXPECT_FALSE(*store.HasBoardOfKind("f412"));
  EXPECT_TRUE(store.SetOffline("a", {"a/b0"}, 5).ok());
}

TEST_P(StoreContract, ALogGrowsAtItsEndAndIsLimited) {
  Store& store = store_;
  const int64_t id = Queued();
  const std::vector<LogLine> lines(6000, {7, "agent", "text"});
  ASSERT_TRUE(store.AddLog(id, std::span(lines).first(1)).ok());
  ASSERT_TRUE(store.AddLog(id, lines).ok());
  ASSERT_TRUE(store.AddLog(id, lines).ok());
  EXPECT_EQ(std::ssize(*store.Log(id, 0, 1'000'000)), kMaxJobLogLines);
  ASSERT_EQ(store.Log(id, kMaxJobLogLines - 1, 9)->size(), 1U);
  EXPECT_EQ(store.Log(id, 0, 1)->front().source, "agent");
  EXPECT_EQ(store.AddLog(id + 1, lines).code(), kWrongState);
}

TEST_P(StoreContract, AnImportIsStoredOnce) {
  Store& store = store_;
  EXPECT_EQ(store.ServerId()->size(), 32U);
  JobRecord record = NewJob(1, "import");
  record.job.mutable_lease_time()->set_seconds(2);
  record.job.mutable_end_time()->set_seconds(3);
  v1::RunRecord source;
  *source.mutable_run() = NewRun();
  source.mutable_run()->mutable_create_time()->set_seconds(3);
  *source.add_predictions() = Batch(0, 1)[0];
  source.add_log()->set_text("line");
  const auto imported = store.AddImported(record, source);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_FALSE(imported->already_there);
  EXPECT_TRUE(store.AddImported(record, source)->already_there);
  EXPECT_EQ(store.GetRun(imported->run_id)->job_id(), "j-1");
  EXPECT_EQ(store.GetJob(1)->job.state(), Job::SUCCEEDED);
  EXPECT_EQ(store.GetJob(1)->job.end_time().seconds(), 3);
  EXPECT_EQ(store.GetJob(1)->stored_samples, 1);
  EXPECT_EQ(store.Log(1, 0, 9)->front().text, "line");
  EXPECT_EQ(store.ListPredictions(imported->run_id, Filter(), 0, 9)->size(),
            1U);
  source.mutable_run()->mutable_latency()->set_cycles_p50(1);
  EXPECT_EQ(store.AddImported(record, source).status().code(), kInvalid);
}

}  // namespace
}  // namespace tinyrig::server
