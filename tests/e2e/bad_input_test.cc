// What users do wrong, each with the right exit code, a message that names the
// thing, and a lab that goes on.
#include <gtest/gtest.h>

#include "engine/read/testing/model_builder.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    lab_ = new TestLab;
    ASSERT_EQ(lab_->StartServer(), absl::OkStatus());
    ASSERT_EQ(lab_->StartAgent({"f7=nucleo_f746zg:virtual"}), absl::OkStatus());
    ASSERT_EQ(lab_->WaitForIdleBoards(1), absl::OkStatus());
  }
  static void TearDownTestSuite() {
    delete lab_;
    lab_ = nullptr;
  }
  // Runs `tinyrig words...`; the exit code and a piece of what it says.
  static void Expect(const std::vector<std::string>& words, int exit_code,
                     const std::string& piece) {
    const auto result = lab_->Cli(words);
    ASSERT_TRUE(result.ok()) << result.status();
    const std::string said = result->out + result->err;
    EXPECT_EQ(result->exit_code, exit_code) << said;
    EXPECT_NE(said.find(piece), std::string::npos)
        << "wanted `" << piece << "` in:\n"
        << said;
  }
  static std::string File(const std::string& name, const std::string& text) {
    const std::string path = lab_->folder() / name;
    EXPECT_TRUE(base::WriteFileAtomic(path, text).ok());
    return path;
  }
  static std::string Digits() {
    return SourcePath("examples/digits/digits.tflite");
  }
  static TestLab* lab_;
};

TestLab* BadInputTest::lab_ = nullptr;

TEST_F(BadInputTest, NoSuchCommandIsUsage) {
  Expect({"fly"}, 2, "`fly`");
}

TEST_F(BadInputTest, NoCommandIsUsage) {
  Expect({}, 2, "command");
}

TEST_F(BadInputTest, MissingModelFileIsUsage) {
  Expect({"submit", "/no/such.tflite", "--board", "nucleo_f746zg"}, 2,
         "/no/such.tflite");
}

TEST_F(BadInputTest, NoTfliteAtAllIsRefused) {
  Expect({"submit", File("text.tflite", "hello"), "--board", "nucleo_f746zg"},
         3, "MODEL");
  Expect({"compile", File("text.tflite", "hello"), "--board", "nucleo_f746zg"},
         3, "TFL3");
}

TEST_F(BadInputTest, TruncatedModelIsRefused) {
  const auto whole = base::ReadTextFile(Digits());
  ASSERT_TRUE(whole.ok());
  Expect({"submit", File("half.tflite", whole->substr(0, whole->size() / 2)),
          "--board", "nucleo_f746zg"},
         3, "MODEL");
}

TEST_F(BadInputTest, UnsupportedOperatorIsNamedWithItsIndex) {
  if (!HaveShared("models/mcunet/person-det.tflite")) {
    GTEST_SKIP();
  }
  Expect({"submit", SharedPath("models/mcunet/person-det.tflite"), "--board",
          "nucleo_f746zg"},
         3, "RESIZE_NEAREST_NEIGHBOR");
}

TEST_F(BadInputTest, TooLargeModelSaysTheBytes) {
  const auto model = engine::read::testing::TooLargeModel();
  File("large.tflite", std::string(model.begin(), model.end()));
  Expect(
      {"compile", lab_->folder() / "large.tflite", "--board", "nucleo_f412zg"},
      3, "needs 3");
}

TEST_F(BadInputTest, UnknownBoardListsThoseThereAre) {
  Expect({"submit", Digits(), "--board", "nucleo_x"}, 2, "nucleo_x");
  Expect({"compile", Digits(), "--board", "nucleo_x"}, 2, "nucleo_f746zg");
  Expect({"try", Digits(), "--board", "nucleo_x"}, 2, "nucleo_f746zg");
}

TEST_F(BadInputTest, UnknownDatasetIsNamed) {
  Expect({"submit", Digits(), "--board", "nucleo_f746zg", "--dataset",
          "no-such-set"},
         2, "no-such-set");
}

TEST_F(BadInputTest, LabelOutOfRangeNamesTheRow) {
  std::filesystem::create_directories(lab_->folder() / "labels");
  File("labels/a.bin", std::string(576, 'x'));
  File("labels/y_labels.csv", "a.bin,10,10\n");
  Expect({"dataset", "import", lab_->folder() / "labels"}, 2,
         "y_labels.csv:1: label 10 is not in 0..9");
}

TEST_F(BadInputTest, WrongSampleSizeIsTheModelsFailure) {
  std::filesystem::create_directories(lab_->folder() / "short");
  File("short/a.bin", std::string(100, 'x'));
  File("short/y_labels.csv", "a.bin,10,3\n");
  Expect({"submit", Digits(), "--board", "nucleo_f746zg", "--dataset",
          lab_->folder() / "short"},
         3, "576");
}

TEST_F(BadInputTest, SameRequestIdReturnsTheFirstJob) {
  const std::vector<std::string> words = {
      "submit",       Digits(), "--board", "nucleo_f746zg",
      "--request-id", "once",   "--detach"};
  const auto first = lab_->Cli(words);
  const auto second = lab_->Cli(words);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->exit_code, 0) << first->err;
  EXPECT_EQ(first->out.substr(0, first->out.find(' ')),
            second->out.substr(0, second->out.find(' ')));
}

TEST_F(BadInputTest, UnknownJobAndRunAreNamed) {
  Expect({"job", "show", "j-999999"}, 2, "j-999999");
  Expect({"run", "show", "r-999999"}, 2, "r-999999");
}

TEST_F(BadInputTest, AnAddressWithoutAPortThatThereIsIsExit2) {
  Expect({"job", "list", "--server", "127.0.0.1:65536"}, 2, "0..65535");
  Expect({"job", "list", "--server", "localhost"}, 2, "HOST:PORT is wanted");
  Expect({"import", "--from", "localhost:http"}, 2, "0..65535");
}

TEST_F(BadInputTest, NoServerIsExit6) {
  Expect({"job", "list", "--server", "127.0.0.1:1"}, 6, "127.0.0.1:1");
}

TEST_F(BadInputTest, InterruptedTryLeavesNothingBehind) {
  const std::string folder = lab_->folder() / "try";
  std::filesystem::create_directories(folder);
  const std::string said = lab_->folder() / "try.err";
  const std::string command =
      "set -m; TMPDIR=" + folder + " " + TINYRIG_BINARY_DIR +
      "/bin/tinyrig try " + Digits() + " --board nucleo_f746zg --runs 1000 2>" +
      said + " & P=$!; until grep -q COMPILING " + said +
      "; do sleep 0.05; done; kill -INT $P; wait $P";
  const auto result =
      base::RunProcess({.argv = {"bash", "-c", command}, .timeout_ms = 60'000});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->exit_code, 130) << result->err;
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(BadInputTest, CancelledJobEndsAsCancelled) {
  const auto queued = lab_->Cli({"submit", Digits(), "--board", "nucleo_f746zg",
                                 "--detach", "--runs", "1000"});
  ASSERT_TRUE(queued.ok());
  const std::string id = queued->out.substr(0, queued->out.find(' '));
  Expect({"job", "cancel", id}, 0, id);
  const auto job = lab_->Wait(id);
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->state(), v1::Job::CANCELLED);
  Expect({"job", "cancel", id}, 6, id);
}

}  // namespace
}  // namespace tinyrig::e2e
