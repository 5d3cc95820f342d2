// SIGKILL of server, agent and virtual boards at seeded random moments, at
// least 50 times: every job ends exactly once, with all its samples, none lost,
// none doubled, and the database stays whole.
#include <cstdlib>
#include <map>
#include <poll.h>
#include <random>
#include <set>

#include "absl/strings/str_split.h"
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/sha256.h"
#include "client/dataset_pack.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

constexpr int kKills = 50;
constexpr int kOpenJobs = 3;

void Pause(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

bool Ended(const v1::Job& job) {
  return job.state() >= v1::Job::SUCCEEDED;
}

// examples/digits/expected.csv: file,label,prediction,output hex
std::map<std::string, std::string> ExpectedOutputs() {
  std::map<std::string, std::string> outputs;
  const auto text =
      base::ReadTextFile(SourcePath("examples/digits/expected.csv"));
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    if (fields.size() == 4 && fields[0] != "file") {
      outputs[fields[0]] = fields[3];
    }
  }
  return outputs;
}

std::string IntegrityCheck(const std::filesystem::path& data) {
  for (const auto& entry : std::filesystem::directory_iterator(data)) {
    sqlite3* db = nullptr;
    if (!entry.is_regular_file() ||
        base::ReadTextFile(entry.path())->substr(0, 15) != "SQLite format 3") {
      continue;
    }
    std::string answer;
    sqlite3_open(entry.path().c_str(), &db);
    sqlite3_exec(
        db, "PRAGMA integrity_check; ",
        [](void* into, int, char** values, char**) {
          *static_cast<std::string*>(into) += values[0];
          return 0;
        },
        &answer, nullptr);
    sqlite3_close(db);
    return answer;
  }
  return "no database found";
}

class KillTest : public ::testing::Test {
 protected:
  void SubmitOne() {
    const bool f7 = random_() % 2 == 0;
    const std::string request = "kill-" + std::to_string(requests_.size());
    const auto job =
        lab_.Submit(SourcePath("examples/digits/digits.tflite"),
                    f7 ? "nucleo_f746zg" : "nucleo_f412zg", dataset_, request);
    if (job.ok()) {  // else the server is away: the same id again later
      requests_[request] = job->id();
    }
  }
  int OpenJobs() {
    int open = 0;
    for (const auto& [request, id] : requests_) {
      const auto job = lab_.client().GetJob(id);
      open += job.ok() && !Ended(*job) ? 1 : 0;
    }
    return open;
  }
  void KillSomething() {
    switch (random_() % 3) {
      case 0:
        lab_.KillServer();
        Pause(static_cast<int>(random_() % 200));
        ASSERT_EQ(lab_.StartServer(), absl::OkStatus());
        ++server_kills_;
        break;
      case 1:
        lab_.KillAgent();
        ASSERT_EQ(lab_.StartAgentAgain(), absl::OkStatus());
        ++agent_kills_;
        break;
      default:
        board_kills_ +=
            lab_.KillOneBoard(static_cast<uint32_t>(random_())) ? 1 : 0;
    }
  }
  void ExpectWhole(const v1::Job& job,
                   const std::map<std::string, std::string>& expected) {
    ASSERT_EQ(job.state(), v1::Job::SUCCEEDED)
        << job.ShortDebugString() << lab_.Logs();
    const auto predictions = lab_.Predictions(job.run_id());
    ASSERT_TRUE(predictions.ok()) << predictions.status();
    ASSERT_EQ(predictions->size(), expected.size());
    for (const v1::Prediction& prediction : *predictions) {
      const std::string& bytes = prediction.output();
      EXPECT_EQ(base::Hex({reinterpret_cast<const uint8_t*>(bytes.data()),
                           bytes.size()}),
                expected.at(prediction.sample_name()));
    }
  }

  TestLab lab_;
  std::string dataset_;
  std::mt19937 random_{20261122};
  std::map<std::string, std::string> requests_;  // request id -> job id
  int server_kills_ = 0, agent_kills_ = 0, board_kills_ = 0;
};

TEST_F(KillTest, EveryJobEndsOnceWithAllItsSamples) {
  lab_.server_flags = {"--lease-timeout-ms", "3000", "--heartbeat-ms", "500"};
  ASSERT_EQ(lab_.StartServer(), absl::OkStatus());
  ASSERT_EQ(
      lab_.StartAgent({"f7=nucleo_f746zg:virtual", "f4=nucleo_f412zg:virtual"}),
      absl::OkStatus());
  const auto packed = client::LoadDataset(SourcePath("examples/digits/dataset"),
                                          client::Preprocessing::kRaw);
  ASSERT_TRUE(packed.ok());
  dataset_ = *lab_.ImportDataset(*packed);
  ASSERT_EQ(lab_.WaitForIdleBoards(2), absl::OkStatus());
  while (server_kills_ + agent_kills_ + board_kills_ < kKills) {
    while (OpenJobs() < kOpenJobs) {
      SubmitOne();
    }
    Pause(static_cast<int>(random_() % 1200));
    KillSomething();
    ASSERT_FALSE(HasFatalFailure());
  }
  const auto expected = ExpectedOutputs();
  std::set<std::string> runs;
  for (const auto& [request, id] : requests_) {
    const auto job = lab_.Wait(id);
    ASSERT_TRUE(job.ok()) << job.status() << lab_.Logs();
    ExpectWhole(*job, expected);
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_TRUE(runs.insert(job->run_id()).second) << "two jobs, one run";
  }
  v1::ListRunsRequest all;
  all.set_page_size(1000);
  const auto stored = lab_.client().ListRuns(all);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(static_cast<size_t>(stored->runs_size()), requests_.size())
      << "a job was reported twice, or lost";
  lab_.KillServer();
  EXPECT_EQ(IntegrityCheck(lab_.data()), "ok");
  std::printf(
      "%d server, %d agent, %d board kills; %zu jobs, each ended once "
      "with %zu samples\n",
      server_kills_, agent_kills_, board_kills_, requests_.size(),
      expected.size());
}

}  // namespace
}  // namespace tinyrig::e2e
