// The requests of LabService without a wire: who may ask, what is made once,
// what a cancel does in each state, what is shown.
#include "server/api/lab_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"

namespace tinyrig::server {
namespace {

using servertest::kF746;
using servertest::kMsUs;
using servertest::LabRig;
using servertest::MakeArtifact;
using servertest::RigAgent;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LabApiTest : public ::testing::Test {
 protected:
  LabApiTest() {
    agent_.Board("b1");
    EXPECT_EQ(agent_.Attach(), absl::OkStatus());
    rig_.lab.cancel_compile = [this](int64_t id) {
      cancelled_compiles_.push_back(id);
    };
  }
  v1::CreateJobRequest JobRequest(const std::string& request_id = "") {
    v1::CreateJobRequest request;
    request.mutable_spec()->set_model_sha256(rig_.AddBlob(artifact_));
    request.mutable_spec()->set_board_id(kF746);
    request.set_request_id(request_id);
    return request;
  }
  v1::Job Create() {
    const auto job = api_.CreateJob({}, JobRequest());
    EXPECT_TRUE(job.ok()) << job.status();
    return job.value_or(v1::Job());
  }
  v1::Lease Lease() {
    rig_.Turn();
    return agent_.stream.TakeLease().value_or(v1::Lease());
  }
  absl::StatusOr<v1::Job> Cancel(const std::string& id) {
    v1::CancelJobRequest request;
    request.set_id(id);
    return api_.CancelJob({}, request);
  }
  absl::StatusOr<v1::Board> Board(const std::string& name) {
    v1::GetBoardRequest request;
    request.set_name(name);
    return api_.GetBoard({}, request);
  }

  LabRig rig_;
  RigAgent agent_ = rig_.Agent();
  std::string artifact_ = MakeArtifact(kF746);
  LabApi api_{rig_.lab, AllowAll()};
  std::vector<int64_t> cancelled_compiles_;
};

TEST_F(LabApiTest, WhoMayNotIsToldSoBeforeAnythingElse) {
  std::vector<Scope> asked;
  LabApi api(rig_.lab, [&asked](const Caller&, Scope scope) {
    asked.push_back(scope);
    return absl::PermissionDeniedError("no");
  });
  const auto denied = absl::StatusCode::kPermissionDenied;
  EXPECT_EQ(api.GetServerInfo({}, {}).status().code(), denied);
  EXPECT_EQ(api.ListBoards({}, {}).status().code(), denied);
  EXPECT_EQ(api.GetBoard({}, {}).status().code(), denied);
  EXPECT_EQ(api.ListDatasets({}, {}).status().code(), denied);
  EXPECT_EQ(api.GetJob({}, {}).status().code(), denied);
  EXPECT_EQ(api.ListJobs({}, {}).status().code(), denied);
  EXPECT_EQ(api.GetRun({}, {}).status().code(), denied);
  EXPECT_EQ(api.ListRuns({}, {}).status().code(), denied);
  EXPECT_EQ(api.ListPredictions({}, {}).status().code(), denied);
  EXPECT_THAT(asked, ::testing::Each(Scope::kRead));
  asked.clear();
  EXPECT_EQ(api.BeginUpload({}, {}).status().code(), denied);
  EXPECT_EQ(api.CreateDataset({}, {}).status().code(), denied);
  EXPECT_EQ(api.CreateJob({}, {}).status().code(), denied);
  EXPECT_EQ(api.CancelJob({}, {}).status().code(), denied);
  EXPECT_THAT(asked, ::testing::Each(Scope::kSubmit));
}

TEST_F(LabApiTest, ARequestIdStandsForOneJob) {
  v1::CreateJobRequest request = JobRequest("req-1");
  const auto first = api_.CreateJob({}, request);
  ASSERT_TRUE(first.ok()) << first.status();
  request.mutable_spec()->set_runs(77);
  const auto second = api_.CreateJob({}, request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->id(), first->id());
  EXPECT_EQ(second->spec().runs(), 10) << "the first job wins";
  request.set_request_id("req-2");
  EXPECT_NE(api_.CreateJob({}, request)->id(), first->id());
}

TEST_F(LabApiTest, WithoutARequestIdEachJobIsAnother) {
  const v1::Job first = Create();
  const v1::Job second = Create();
  EXPECT_NE(first.id(), second.id());
  EXPECT_NE(first.request_id(), second.request_id());
  EXPECT_THAT(first.request_id(), ::testing::StartsWith("server-"));
}

TEST_F(LabApiTest, AFullQueueRefusesNewJobsButKnowsOldOnes) {
  rig_.lab.options.max_queue = 2;
  Create();
  const auto second = api_.CreateJob({}, JobRequest("second"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(api_.CreateJob({}, JobRequest()).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(api_.CreateJob({}, JobRequest("second"))->id(), second->id());
}

TEST_F(LabApiTest, AWaitingJobIsCancelledAtOnce) {
  const v1::Job job = Create();
  const auto cancelled = Cancel(job.id());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), v1::Job::CANCELLED);
  EXPECT_EQ(cancelled->failure().failure_class(), v1::CANCELLED_BY_USER);
  EXPECT_EQ(Cancel(job.id()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Cancel("j-99").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Cancel("99").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LabApiTest, ACancelStopsTheCompiler) {
  v1::CreateJobRequest request = JobRequest();
  request.mutable_spec()->set_model_sha256(rig_.AddBlob("a model"));
  const auto job = api_.CreateJob({}, request);
  ASSERT_TRUE(job.ok()) << job.status();
  ASSERT_EQ(rig_.store->BeginCompile(1, rig_.clock.UnixMicros()),
            absl::OkStatus());
  EXPECT_EQ(Cancel(job->id())->state(), v1::Job::CANCELLED);
  EXPECT_THAT(cancelled_compiles_, ElementsAre(1));
}

TEST_F(LabApiTest, ACancelOnABoardAsksTheAgentAndWaits) {
  const v1::Job job = Create();
  const v1::Lease lease = Lease();
  const auto asked = Cancel(job.id());
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->state(), v1::Job::FLASHING);
  const auto revoke = agent_.stream.TakeRevoke();
  EXPECT_EQ(revoke->fence(), lease.fence());
  EXPECT_EQ(revoke->reason(), "cancelled");
  EXPECT_EQ(
      rig_.lab.state.Lock()->leases.at(1).cancel_deadline_us,
      rig_.clock.MonotonicMicros() + rig_.lab.options.cancel_grace_ms * kMsUs);
  EXPECT_THAT(cancelled_compiles_, IsEmpty());
}

TEST_F(LabApiTest, ABoardIsShownAsItIsNow) {
  EXPECT_EQ(Board("a/b1")->state(), v1::Board::IDLE);
  EXPECT_EQ(Board("a/b1")->origin(), v1::EMULATED);
  EXPECT_EQ(Board("a/b1")->kind().board_id(), kF746);
  Create();
  Lease();
  EXPECT_EQ(Board("a/b1")->state(), v1::Board::BUSY);
  EXPECT_EQ(Board("a/b1")->current_job_id(), "j-1");
  EXPECT_EQ(api_.OpenLeaseCount(), 1);
  agent_.Detach();
  EXPECT_EQ(Board("a/b1")->state(), v1::Board::OFFLINE);
  EXPECT_EQ(Board(kF746)->kind().board_id(), kF746) << "a kind has a name too";
  const absl::Status unknown = Board("x").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.message()), ::testing::HasSubstr("a/b1"));
}

TEST_F(LabApiTest, BoardsAreFilteredByWhatOnlyTheLabKnows) {
  agent_.Board("b2", kF746, v1::Board::FAULTY).Board("b3");
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  v1::ListBoardsRequest request;
  request.set_filter("state = IDLE");
  request.set_page_size(1);
  std::vector<std::string> names;
  do {
    const auto page = api_.ListBoards({}, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Board& board : page->boards()) {
      names.push_back(board.name());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre("a/b1", "a/b3"));
}

TEST_F(LabApiTest, AWatchEndsWithTheJobOrWithItsCaller) {
  const v1::Job job = Create();
  ASSERT_TRUE(Cancel(job.id()).ok());
  v1::WatchJobRequest request;
  request.set_id(job.id());
  std::vector<v1::Job::State> seen;
  const auto sink = [&seen](const v1::Job& shown) {
    seen.push_back(shown.state());
    return true;
  };
  EXPECT_EQ(api_.WatchJob(
                {}, request, [] { return false; }, sink),
            absl::OkStatus());
  EXPECT_THAT(seen, ElementsAre(v1::Job::CANCELLED));
  request.set_id(Create().id());
  EXPECT_EQ(api_.WatchJob(
                    {}, request, [] { return true; }, sink)
                .code(),
            absl::StatusCode::kCancelled);
  rig_.lab.changes.Stop();
  EXPECT_EQ(api_.WatchJob(
                    {}, request, [] { return false; }, sink)
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(LabApiTest, ALogIsGivenWholeUnlessItIsFollowed) {
  const v1::Job job = Create();
  rig_.jobs.Log(1, "agent", {"one", "two"});
  v1::GetJobLogRequest request;
  request.set_id(job.id());
  std::vector<std::string> lines;
  EXPECT_EQ(api_.GetJobLog(
                {}, request, [] { return false; },
                [&lines](const v1::JobLogLine& line) {
                  lines.push_back(line.source() + ": " + line.text());
                  return true;
                }),
            absl::OkStatus());
  EXPECT_THAT(lines, ElementsAre("agent: one", "agent: two"));
}

class UploadTest : public LabApiTest {
 protected:
  absl::StatusOr<std::unique_ptr<Upload>> Begin(const std::string& sha256,
                                                int64_t size_bytes) {
    v1::UploadBlobRequest first;
    first.set_sha256(sha256);
    first.set_size_bytes(size_bytes);
    return api_.BeginUpload({}, first);
  }
};

TEST_F(UploadTest, BytesArriveInChunksAndAreThereThen) {
  const std::string sha256 = servertest::Sha("hello");
  auto upload = Begin(sha256, 5);
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_FALSE((*upload)->already_there());
  EXPECT_EQ((*upload)->Append("hel"), absl::OkStatus());
  EXPECT_EQ((*upload)->Append("lo"), absl::OkStatus());
  const auto done = (*upload)->Finish();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_FALSE(done->already_there());
  EXPECT_EQ(*rig_.blobs.Read(sha256), "hello");
  auto again = Begin(sha256, 5);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE((*again)->already_there());
  EXPECT_TRUE((*again)->Finish()->already_there());
}

TEST_F(UploadTest, AChunkIsAMebibyteAtMost) {
  auto upload = Begin(servertest::Sha("x"), 3 << 20);
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_EQ((*upload)->Append(std::string(1 << 20, 'x')), absl::OkStatus());
  EXPECT_EQ((*upload)->Append(std::string((1 << 20) + 1, 'x')).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(UploadTest, OtherBytesThanAnnouncedLeaveNothing) {
  const std::string sha256 = servertest::Sha("hello");
  auto upload = Begin(sha256, 5);
  ASSERT_EQ((*upload)->Append("jelly"), absl::OkStatus());
  EXPECT_EQ((*upload)->Finish().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(rig_.blobs.Find(sha256).ok());
  EXPECT_EQ(Begin("../../etc/passwd", 5).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(UploadTest, ADownloadStopsWhenTheCallerGoes) {
  const std::string bytes(600 << 10, 'x');
  const std::string sha256 = rig_.AddBlob(bytes);
  std::string got;
  EXPECT_EQ(api_.DownloadBlob({}, sha256, Scope::kRead,
                              [&got](const std::string& chunk) {
                                got += chunk;
                                return true;
                              }),
            absl::OkStatus());
  EXPECT_EQ(got, bytes);
  EXPECT_EQ(api_.DownloadBlob({}, sha256, Scope::kRead,
                              [](const std::string&) { return false; })
                .code(),
            absl::StatusCode::kCancelled);
}

TEST_F(UploadTest, ADatasetHasAPlainName) {
  v1::CreateDatasetRequest request;
  request.set_sha256(
      rig_.AddBlob(servertest::Packed(servertest::MakeDataset(6))));
  for (const char* bad : {"", "../d", "Digits", "-d", "a b"}) {
    request.set_name(bad);
    EXPECT_EQ(api_.CreateDataset({}, request).status().code(),
              absl::StatusCode::kInvalidArgument)
        << bad;
  }
  request.set_name(std::string(64, 'd'));
  const auto dataset = api_.CreateDataset({}, request);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->sample_count(), 6);
  EXPECT_EQ(dataset->class_count(), 4);
  request.set_name(std::string(65, 'd'));
  EXPECT_FALSE(api_.CreateDataset({}, request).ok());
}

}  // namespace
}  // namespace tinyrig::server
