// One filter language: gRPC, HTTP and the command line give the same rows for
// the same question, and the same error for a bad one.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/process.h"
#include "tests/integration/http_harness.h"

namespace tinyrig::servertest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Escaped(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (isalnum(byte) != 0) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

template <typename Response>
Response Parsed(const std::string& json) {
  Response response;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &response);
  EXPECT_TRUE(status.ok()) << status.ToString() << ": " << json;
  return response;
}

class ListAgreement : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(agent_.Board("b", kF746).Attach().ok());
    RunJob("kws.tflite", "anna");
    RunJob("vww.tflite", "bert");
    RunJob("kws 2.tflite", "anna");
  }
  void RunJob(const std::string& model, const std::string& submitter) {
    const std::string artifact = MakeArtifact(kF746, model);
    ASSERT_TRUE(client_.Upload(artifact).ok());
    v1::JobSpec spec;
    spec.set_model_sha256(Sha(artifact));
    spec.set_model_name(model);
    spec.set_board_id(kF746);
    spec.set_submitter(submitter);
    const auto job = client_.CreateJob(spec);
    ASSERT_TRUE(job.ok()) << job.status();
    const auto lease = agent_.NextLease();
    ASSERT_TRUE(lease.has_value());
    agent_.Update(*lease, v1::Job::RUNNING, 1);
    agent_.Finish(*lease, MakeResult(artifact, 10));
    ASSERT_EQ(client_.WaitFor(job->id(), v1::Job::SUCCEEDED).state(),
              v1::Job::SUCCEEDED);
  }

  base::ProcessResult Cli(std::vector<std::string> words) {
    words.insert(words.begin(), TINYRIG_BINARY_DIR "/bin/tinyrig");
    if (words.back() != "--help") {
      words.insert(words.end(),
                   {"--server", process_.server.address(), "-o", "json"});
    }
    const auto result = base::RunProcess({.argv = words});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(base::ProcessResult{});
  }
  HttpAnswer Get(const std::string& target) {
    return Ask(process_.address(), "GET", target);
  }

  // Ids by all three ways, page by page of two rows.
  std::vector<std::string> Runs(const std::string& filter,
                                const std::string& order_by) {
    v1::ListRunsRequest request;
    request.set_filter(filter);
    request.set_order_by(order_by);
    request.set_page_size(2);
    std::vector<std::string> ids;
    do {
      const auto page = client_.ListRuns(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) {
        return ids;
      }
      const auto http = Get("/api/v1/runs?filter=" + Escaped(filter) +
                            "&orderBy=" + Escaped(order_by) +
                            "&pageSize=2&pageToken=" + request.page_token());
      EXPECT_EQ(Parsed<v1::ListRunsResponse>(http.body).SerializeAsString(),
                page->SerializeAsString());
      const auto cli =
          Cli({"run", "list", "--filter", filter, "--order-by", order_by,
               "--page-size", "2", "--page-token", request.page_token()});
      EXPECT_EQ(Parsed<v1::ListRunsResponse>(cli.out).SerializeAsString(),
                page->SerializeAsString());
      for (const v1::Run& run : page->runs()) {
        ids.push_back(run.id());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  HttpServerProcess process_;
  FakeAgent agent_{process_.server.address(), "a", "1"};
  Client client_{process_.server.address()};
};

TEST_F(ListAgreement, RunsByEachWay) {
  EXPECT_THAT(Runs("", ""), ElementsAre("r-3", "r-2", "r-1"));
  EXPECT_THAT(Runs("", "create_time"), ElementsAre("r-1", "r-2", "r-3"));
  EXPECT_THAT(Runs("kws", "model_name"), ElementsAre("r-3", "r-1"));
  EXPECT_THAT(Runs("model_name = \"kws 2*\" OR submitter:BERT", "us_p50 desc"),
              testing::UnorderedElementsAre("r-2", "r-3"));
  EXPECT_THAT(Runs("NOT submitter = anna AND create_time > -1h", "top1"),
              ElementsAre("r-2"));
  EXPECT_THAT(Runs("us_p50 > 7d", ""), ElementsAre());
}

TEST_F(ListAgreement, JobsAndBoards) {
  const std::string filter = "state = SUCCEEDED AND submitter = anna";
  v1::ListJobsRequest jobs;
  jobs.set_filter(filter);
  jobs.set_order_by("end_time");
  const auto page = client_.ListJobs(jobs);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->jobs_size(), 2);
  EXPECT_EQ(page->jobs(0).id(), "j-1");
  EXPECT_EQ(
      Parsed<v1::ListJobsResponse>(
          Get("/api/v1/jobs?orderBy=end_time&filter=" + Escaped(filter)).body)
          .SerializeAsString(),
      page->SerializeAsString());
  EXPECT_EQ(Parsed<v1::ListJobsResponse>(Cli({"job", "list", "--filter", filter,
                                              "--order-by", "end_time"})
                                             .out)
                .SerializeAsString(),
            page->SerializeAsString());
  const auto boards = [&](const std::string& text) {
    v1::ListBoardsRequest request;
    request.set_filter(text);
    const auto found = client_.ListBoards(request);
    EXPECT_TRUE(found.ok()) << found.status();
    const int http = Parsed<v1::ListBoardsResponse>(
                         Get("/api/v1/boards?filter=" + Escaped(text)).body)
                         .boards_size();
    const int cli = Parsed<v1::ListBoardsResponse>(
                        Cli({"board", "list", "--filter", text}).out)
                        .boards_size();
    EXPECT_EQ(http, cli);
    EXPECT_EQ(found.ok() ? found->boards_size() : -1, cli);
    return cli;
  };
  EXPECT_EQ(boards("state = IDLE AND origin = EMULATED"), 1);
  EXPECT_EQ(boards("state = OFFLINE"), 0);
  agent_.Drop();
  v1::ListBoardsRequest away;
  away.set_filter("state = OFFLINE");  // by what is now, not what was stored
  for (int i = 0; i < 100 && client_.ListBoards(away)->boards_size() == 0;
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(boards("state = OFFLINE"), 1);
}

TEST_F(ListAgreement, BadQuestionsGetTheSameError) {
  v1::ListRunsRequest request;
  request.set_filter("submiter = anna");
  const auto by_grpc = client_.ListRuns(request);
  EXPECT_EQ(by_grpc.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(by_grpc.status().message());
  EXPECT_THAT(message, HasSubstr("did you mean submitter?"));
  EXPECT_EQ(Get("/api/v1/runs?filter=submiter%3Danna").status, 400);
  EXPECT_THAT(Cli({"run", "list", "--filter", "submiter = anna"}).err,
              HasSubstr("did you mean submitter?"));
  request.set_filter("submitter = anna");
  request.set_page_size(1);
  request.set_page_token(client_.ListRuns(request)->next_page_token());
  ASSERT_FALSE(request.page_token().empty());
  request.set_order_by("us_p50");  // the token is of another order
  EXPECT_EQ(client_.ListRuns(request).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ListAgreement, TheHelpNamesTheFieldsThatTheServerKnows) {
  const auto fields = [](std::string text) {
    const size_t at = text.find("fields: ");
    EXPECT_NE(at, std::string::npos) << text;
    return text.substr(at + 8);
  };
  // The help breaks its lines where it likes.
  const auto words = [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      out += isspace(static_cast<unsigned char>(c)) != 0 ? "" : std::string{c};
    }
    return out;
  };
  v1::ListRunsRequest runs;
  runs.set_filter("x = 1");
  EXPECT_THAT(words(Cli({"run", "list", "--help"}).out),
              HasSubstr(words(fields(
                  std::string(client_.ListRuns(runs).status().message())))));
  v1::ListJobsRequest jobs;
  jobs.set_filter("x = 1");
  EXPECT_THAT(words(Cli({"job", "list", "--help"}).out),
              HasSubstr(words(fields(
                  std::string(client_.ListJobs(jobs).status().message())))));
  v1::ListBoardsRequest boards;
  boards.set_filter("x = 1");
  EXPECT_THAT(words(Cli({"board", "list", "--help"}).out),
              HasSubstr(words(fields(std::string(
                  client_.ListBoards(boards).status().message())))));
}

}  // namespace
}  // namespace tinyrig::servertest
