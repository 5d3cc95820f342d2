// Leases over a real socket: fences, lost and restarted agents, restarted
// servers, duplicates, cancels. The agent is scripted, the server is real.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server_harness.h"

namespace tinyrig::servertest {
namespace {

using std::chrono::milliseconds;

// Short leases, so that a test can wait for one to run out.
const std::vector<std::string> kFast = {"--lease-timeout-ms", "400",
                                        "--heartbeat-ms",     "100",
                                        "--takeover-ms",      "300"};
// Long ones, where none may run out.
const std::vector<std::string> kSlow = {"--lease-timeout-ms", "60000"};

class ServerLease : public ::testing::TestWithParam<int> {
 protected:
  void StartServer(const std::vector<std::string>& flags) {
    server_ = std::make_unique<ServerProcess>(flags);
    client_ = std::make_unique<Client>(server_->address());
    agent_ = MakeAgent("i1");
    ASSERT_TRUE(agent_->Attach().ok());
    artifact_ = MakeArtifact(kF746);
    ASSERT_TRUE(client_->Upload(artifact_).ok());
    const std::string dataset = Packed(MakeDataset(20));
    ASSERT_TRUE(client_->Upload(dataset).ok());
    ASSERT_TRUE(client_->CreateDataset("d20", Sha(dataset)).ok());
  }
  std::unique_ptr<FakeAgent> MakeAgent(const std::string& instance,
                                       const std::string& id = "a") {
    auto agent = std::make_unique<FakeAgent>(server_->address(), id, instance);
    agent->Board("b1", kF746);
    return agent;
  }
  v1::Job Submit(int timeout_s = 0) {
    v1::JobSpec spec;
    spec.set_model_sha256(Sha(artifact_));
    spec.set_board_id(kF746);
    spec.set_dataset("d20");
    spec.set_timeout_s(timeout_s);
    const auto job = client_->CreateJob(spec);
    EXPECT_TRUE(job.ok()) << job.status();
    return job.value_or(v1::Job());
  }
  static v1::Lease LeaseOf(FakeAgent& agent) {
    const auto lease = agent.NextLease();
    EXPECT_TRUE(lease.has_value());
    return lease.value_or(v1::Lease());
  }
  static void Hold(FakeAgent& agent, const v1::Lease& lease) {
    v1::HeldLease* held = agent.hello.add_held();
    held->set_job_id(lease.job_id());
    held->set_fence(lease.fence());
  }
  void Complete(FakeAgent& agent, const v1::Lease& lease) {
    const int64_t from = lease.next_sample_index();
    EXPECT_TRUE(agent.Acked(agent.Predict(lease, from, 20 - from)));
    EXPECT_TRUE(agent.Acked(agent.Finish(lease, MakeResult(artifact_, 10))));
  }
  void ExpectWhole(const std::string& job_id) {
    const v1::Job job = client_->WaitFor(job_id, v1::Job::SUCCEEDED);
    ASSERT_EQ(job.state(), v1::Job::SUCCEEDED) << job.DebugString();
    v1::ListPredictionsRequest request;
    request.set_run_id(job.run_id());
    request.set_page_size(1000);
    const auto page = client_->ListPredictions(request);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->predictions_size(), 20);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(page->predictions(i).sample_index(), i);
      EXPECT_EQ(page->predictions(i).output(), OutputOf(i));
    }
    EXPECT_EQ(client_->ListRuns({})->runs_size(), 1);
  }

  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<FakeAgent> agent_;
  std::string artifact_;
};

TEST_F(ServerLease, AStaleFenceIsRevokedAndChangesNothing) {
  StartServer(kFast);
  const v1::Job job = Submit();
  const v1::Lease old = LeaseOf(*agent_);
  ASSERT_TRUE(agent_->Acked(agent_->Predict(old, 0, 5)));
  // Silent past its lease: another agent gets the job.
  auto other = MakeAgent("j1", "other");
  std::this_thread::sleep_for(milliseconds(500));
  ASSERT_TRUE(other->Attach().ok());
  const v1::Lease fresh = LeaseOf(*other);
  EXPECT_EQ(fresh.job_id(), old.job_id());
  EXPECT_GT(fresh.fence(), old.fence());
  EXPECT_EQ(fresh.next_sample_index(), 0) << "a run has one board";
  ASSERT_TRUE(agent_->Attach().ok());
  const int64_t late = agent_->Predict(old, 5, 15);
  const auto revoke = agent_->NextRevoke();
  ASSERT_TRUE(revoke.has_value());
  EXPECT_EQ(revoke->job_id(), old.job_id());
  EXPECT_EQ(revoke->fence(), old.fence());
  EXPECT_FALSE(agent_->Acked(late, milliseconds(50)));
  agent_->Finish(old, MakeResult(artifact_, 10));
  EXPECT_TRUE(agent_->NextRevoke().has_value());
  Complete(*other, fresh);
  ExpectWhole(job.id());
}

TEST_F(ServerLease, ANewInstanceLosesLeasesThatItDoesNotHold) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  const v1::Lease old = LeaseOf(*agent_);
  ASSERT_TRUE(agent_->Acked(agent_->Predict(old, 0, 8)));
  agent_->Drop();
  auto restarted = MakeAgent("i2");
  ASSERT_TRUE(restarted->Attach().ok());
  const v1::Lease again = LeaseOf(*restarted);  // at once, not after 60 s
  EXPECT_EQ(again.fence(), old.fence() + 1);
  EXPECT_EQ(again.next_sample_index(), 8);
  Complete(*restarted, again);
  ExpectWhole(job.id());
}

TEST_F(ServerLease, AHeldLeaseGoesOnAfterALostStream) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  const v1::Lease lease = LeaseOf(*agent_);
  ASSERT_TRUE(agent_->Acked(agent_->Predict(lease, 0, 8)));
  Hold(*agent_, lease);
  ASSERT_TRUE(agent_->Attach().ok());
  EXPECT_FALSE(agent_->NextLease(milliseconds(100)).has_value());
  EXPECT_TRUE(agent_->Acked(agent_->Predict(lease, 4, 16)));  // 4 again
  EXPECT_TRUE(agent_->Acked(agent_->Finish(lease, MakeResult(artifact_, 10))));
  ExpectWhole(job.id());
  EXPECT_EQ(client_->GetJob(job.id())->attempt(), 1);
}

TEST_F(ServerLease, AHeldLeaseGoesOnAfterAKilledServer) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  const v1::Lease lease = LeaseOf(*agent_);
  agent_->Update(lease, v1::Job::RUNNING);
  ASSERT_TRUE(agent_->Acked(agent_->Predict(lease, 0, 8)));
  const int64_t revision = client_->GetJob(job.id())->revision();
  server_->Kill();
  server_->Start();
  EXPECT_EQ(client_->GetJob(job.id())->state(), v1::Job::RUNNING);
  EXPECT_GT(client_->GetJob(job.id())->revision(), revision);
  Hold(*agent_, lease);
  ASSERT_TRUE(agent_->Attach().ok());
  EXPECT_TRUE(agent_->Acked(agent_->Predict(lease, 8, 12)));
  EXPECT_TRUE(agent_->Acked(agent_->Finish(lease, MakeResult(artifact_, 10))));
  ExpectWhole(job.id());
}

TEST_F(ServerLease, AnUnheldLeaseIsGivenOutAgainAfterAKilledServer) {
  StartServer(kFast);
  const v1::Job job = Submit();
  const v1::Lease lease = LeaseOf(*agent_);
  server_->Kill();
  server_->Start();
  auto other = MakeAgent("j1", "other");
  ASSERT_TRUE(other->Attach().ok());
  const v1::Lease again = LeaseOf(*other);
  EXPECT_EQ(again.job_id(), lease.job_id());
  Complete(*other, again);
  ExpectWhole(job.id());
}

TEST_F(ServerLease, DuplicatesAreAckedAndStoredOnce) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  const v1::Lease lease = LeaseOf(*agent_);
  EXPECT_TRUE(agent_->Acked(agent_->Predict(lease, 0, 20)));
  EXPECT_TRUE(agent_->Acked(agent_->Predict(lease, 0, 20)));
  EXPECT_TRUE(agent_->Acked(agent_->Predict(lease, 7, 3)));
  const v1::DeviceResult result = MakeResult(artifact_, 10);
  EXPECT_TRUE(agent_->Acked(agent_->Finish(lease, result)));
  EXPECT_TRUE(agent_->Acked(agent_->Finish(lease, result)));
  EXPECT_TRUE(agent_->Acked(agent_->Predict(lease, 7, 3)));
  ExpectWhole(job.id());
}

TEST_F(ServerLease, MissingSamplesAreNoSuccess) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  v1::Lease lease = LeaseOf(*agent_);
  ASSERT_TRUE(agent_->Acked(agent_->Predict(lease, 0, 19)));
  EXPECT_TRUE(agent_->Acked(agent_->Finish(lease, MakeResult(artifact_, 10))));
  lease = LeaseOf(*agent_);  // the attempt failed, the samples stay
  EXPECT_EQ(lease.next_sample_index(), 19);
  Complete(*agent_, lease);
  ExpectWhole(job.id());
}

TEST_F(ServerLease, GapsAndWrongSizesEndTheAttempt) {
  StartServer(kSlow);
  Submit();
  v1::Lease lease = LeaseOf(*agent_);
  agent_->Predict(lease, 3, 2);
  EXPECT_TRUE(agent_->NextRevoke().has_value());
  agent_->SetBoard("b1", v1::Board::IDLE);
  lease = LeaseOf(*agent_);
  agent_->Predict(lease, 0, 2, 5);
  EXPECT_TRUE(agent_->NextRevoke().has_value());
  agent_->SetBoard("b1", v1::Board::IDLE);
  lease = LeaseOf(*agent_);
  agent_->Predict(lease, 0, 21);
  EXPECT_TRUE(agent_->NextRevoke().has_value());
  agent_->SetBoard("b1", v1::Board::IDLE);
  const v1::Job job = client_->WaitFor(lease.job_id(), v1::Job::FAILED);
  EXPECT_EQ(job.state(), v1::Job::FAILED);
  EXPECT_EQ(job.failure().failure_class(), v1::LAB);
  EXPECT_EQ(job.attempt(), 3);
}

TEST_F(ServerLease, AForeignResultEndsTheAttempt) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  const auto again = [&](const auto& change) {
    const v1::Lease lease = LeaseOf(*agent_);
    const int64_t from = lease.next_sample_index();
    agent_->Predict(lease, from, 20 - from);
    v1::DeviceResult result = MakeResult(artifact_, 10);
    change(result);
    EXPECT_TRUE(agent_->Acked(agent_->Finish(lease, result)));
  };
  again([](auto& r) { r.set_image_hash("other"); });
  again([](auto& r) { r.set_board_uid(kRealUid); });
  again([](auto& r) { r.clear_cycles(); });
  const v1::Job done = client_->WaitFor(job.id(), v1::Job::FAILED);
  EXPECT_EQ(done.state(), v1::Job::FAILED);
  EXPECT_EQ(client_->ListRuns({})->runs_size(), 0);
}

TEST_F(ServerLease, FailuresAreRetriedThreeTimesThenTellTheirClass) {
  StartServer(kSlow);
  const v1::Job job = Submit();
  for (int i = 1; i <= 3; ++i) {
    const v1::Lease lease = LeaseOf(*agent_);
    EXPECT_EQ(lease.fence(), i);
    EXPECT_TRUE(agent_->Acked(agent_->Fail(lease, true)));
  }
  const v1::Job done = client_->WaitFor(job.id(), v1::Job::FAILED);
  EXPECT_EQ(done.state(), v1::Job::FAILED);
  EXPECT_EQ(done.failure().failure_class(), v1::BOARD);
  EXPECT_EQ(done.failure().message(), "the board went up in smoke");
  EXPECT_EQ(done.failure().stage(), "flashing");
  EXPECT_EQ(client_->GetBoard("a/b1")->failed_job_count(), 1);
  const v1::Job other = Submit();
  EXPECT_TRUE(agent_->Acked(agent_->Fail(LeaseOf(*agent_), false, v1::MODEL)));
  EXPECT_EQ(
      client_->WaitFor(other.id(), v1::Job::FAILED).failure().failure_class(),
      v1::MODEL);
}

TEST_F(ServerLease, TimeOnTheBoardRunsOutButNotTimeInTheQueue) {
  StartServer(kSlow);
  const v1::Job first = Submit(1);
  const v1::Lease lease = LeaseOf(*agent_);
  EXPECT_EQ(lease.timeout_s(), 1);
  const v1::Job second = Submit(1);
  const v1::Job done = client_->WaitFor(first.id(), v1::Job::FAILED);
  EXPECT_EQ(done.state(), v1::Job::FAILED);
  EXPECT_EQ(done.failure().failure_class(), v1::TIMEOUT);
  EXPECT_EQ(agent_->NextRevoke()->reason(), "timeout");
  EXPECT_FALSE(agent_->NextLease(milliseconds(200)).has_value())
      << "the agent has not said that the board is idle";
  agent_->SetBoard("b1", v1::Board::IDLE);
  const v1::Lease next = LeaseOf(*agent_);  // waited more than its timeout
  EXPECT_EQ(next.job_id(), second.id());
  Complete(*agent_, next);
  ExpectWhole(second.id());
}

TEST_F(ServerLease, CancelInEveryState) {
  StartServer(kSlow);
  const v1::Job running = Submit();
  const v1::Job queued = Submit();
  const v1::Lease lease = LeaseOf(*agent_);
  const auto cancelled = client_->CancelJob(queued.id());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), v1::Job::CANCELLED);
  EXPECT_EQ(cancelled->failure().failure_class(), v1::CANCELLED_BY_USER);
  EXPECT_EQ(client_->CancelJob(queued.id()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  agent_->Update(lease, v1::Job::RUNNING);
  client_->WaitFor(running.id(), v1::Job::RUNNING);
  ASSERT_TRUE(client_->CancelJob(running.id()).ok());
  EXPECT_EQ(agent_->NextRevoke()->reason(), "cancelled");
  EXPECT_EQ(client_->GetJob(running.id())->state(), v1::Job::RUNNING);
  agent_->SetBoard("b1", v1::Board::IDLE);  // it has let go
  EXPECT_EQ(client_->WaitFor(running.id(), v1::Job::CANCELLED).state(),
            v1::Job::CANCELLED);
  const v1::Job flashing = Submit();
  const v1::Lease second = LeaseOf(*agent_);
  ASSERT_TRUE(client_->CancelJob(flashing.id()).ok());
  EXPECT_TRUE(agent_->Acked(agent_->Fail(second, true)));  // or so
  EXPECT_EQ(client_->WaitFor(flashing.id(), v1::Job::CANCELLED).state(),
            v1::Job::CANCELLED);
  EXPECT_EQ(client_->CancelJob("j-99").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ServerLease, ACancelDoesNotWaitForASilentAgent) {
  StartServer({"--lease-timeout-ms", "60000", "--cancel-grace-ms", "200"});
  const v1::Job job = Submit();
  LeaseOf(*agent_);
  ASSERT_TRUE(client_->CancelJob(job.id()).ok());
  EXPECT_EQ(client_->WaitFor(job.id(), v1::Job::CANCELLED).state(),
            v1::Job::CANCELLED);
}

TEST_F(ServerLease, ASecondInstanceWaitsForTheFirstToBeSilent) {
  StartServer(kFast);
  auto second = MakeAgent("i2");
  agent_->Beat();
  EXPECT_EQ(second->Attach().code(), absl::StatusCode::kAlreadyExists);
  std::this_thread::sleep_for(milliseconds(350));
  EXPECT_TRUE(second->Attach().ok());
}

TEST_F(ServerLease, HostileHellosAreRefused) {
  StartServer(kSlow);
  const auto code = [&](const auto& change) {
    auto agent = MakeAgent("x", "hostile");
    change(agent->hello);
    return agent->Attach().code();
  };
  const auto bad = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code([](auto& h) { h.set_agent_id("../etc"); }), bad);
  EXPECT_EQ(code([](auto& h) { h.set_agent_id(""); }), bad);
  EXPECT_EQ(code([](auto& h) { h.set_instance_id(""); }), bad);
  EXPECT_EQ(code([](auto& h) { h.mutable_boards(0)->set_board_id("z"); }), bad);
  EXPECT_EQ(code([](auto& h) { h.mutable_boards(0)->set_uid("VIRT"); }), bad);
  EXPECT_EQ(code([](auto& h) { *h.add_boards() = h.boards(0); }), bad);
  EXPECT_EQ(code([](auto&) {}), absl::StatusCode::kOk);
}

TEST_F(ServerLease, FaultyBoardsGetNoJobs) {
  StartServer(kSlow);
  agent_->SetBoard("b1", v1::Board::FAULTY);
  while (client_->GetBoard("a/b1")->state() != v1::Board::FAULTY) {
  }
  const v1::Job job = Submit();
  EXPECT_EQ(job.queue_position(), 1);
  EXPECT_FALSE(agent_->NextLease(milliseconds(200)).has_value());
  agent_->SetBoard("b1", v1::Board::IDLE);
  Complete(*agent_, LeaseOf(*agent_));
  ExpectWhole(job.id());
}

TEST_F(ServerLease, TheOverheadOfTheServerIsSmall) {
  StartServer(kSlow);
  std::vector<double> ms;
  for (int i = 0; i < 20; ++i) {
    v1::JobSpec spec;
    spec.set_model_sha256(Sha(artifact_));
    spec.set_board_id(kF746);
    const auto begin = std::chrono::steady_clock::now();
    const auto job = client_->CreateJob(spec);
    const v1::Lease lease = LeaseOf(*agent_);
    agent_->Update(lease, v1::Job::RUNNING);
    agent_->Finish(lease, MakeResult(artifact_, 10));
    ASSERT_EQ(client_->Watch(job->id())->back().state(), v1::Job::SUCCEEDED);
    ms.push_back(std::chrono::duration<double, std::milli>(
                     std::chrono::steady_clock::now() - begin)
                     .count());
  }
  std::sort(ms.begin(), ms.end());
  std::printf("submit to result without any board: median %.1f ms, max %.1f\n",
              ms[10], ms.back());
  EXPECT_LT(ms[10], 300.0);
}

}  // namespace
}  // namespace tinyrig::servertest
