// From an uploaded model to a lease: the server with a scripted compiler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server_harness.h"
#include <sys/stat.h>

namespace tinyrig::servertest {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

// The script counts its compiles in $dir/count and answers with $dir/artifact.
class ServerCompile : public ::testing::Test {
 protected:
  void StartServer(const std::string& script) {
    const std::string program = folder_.path() / "compiler";
    const std::string text =
        "#!/bin/sh\ndir=" + folder_.path().string() +
        "\nif [ \"$1\" = --version ]; then echo v1; exit; fi\n"
        "echo x >> $dir/count\necho reading\n" +
        script + "\n";
    ASSERT_TRUE(base::WriteFileAtomic(program, text).ok());
    ::chmod(program.c_str(), 0755);
    ASSERT_TRUE(
        base::WriteFileAtomic(folder_.path() / "artifact", MakeArtifact(kF746))
            .ok());
    server_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{"--compiler", program});
    client_ = std::make_unique<Client>(server_->address());
    agent_ = std::make_unique<FakeAgent>(server_->address(), "a", "i1");
    agent_->Board("b1", kF746);
    ASSERT_TRUE(agent_->Attach().ok());
    ASSERT_TRUE(client_->Upload("model").ok());
  }
  v1::Job Submit(const std::string& dataset = "") {
    v1::JobSpec spec;
    spec.set_model_sha256(Sha("model"));
    spec.set_model_name("m.tflite");
    spec.set_board_id(kF746);
    spec.set_dataset(dataset);
    const auto job = client_->CreateJob(spec);
    EXPECT_TRUE(job.ok()) << job.status();
    return job.value_or(v1::Job());
  }
  size_t CompileCount() {
    const auto text = base::ReadTextFile(folder_.path() / "count");
    return text.ok() ? text->size() / 2 : 0;
  }

  base::TempDir folder_ = *base::TempDir::Create();
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<FakeAgent> agent_;
};

TEST_F(ServerCompile, CompilesOnceThenUsesTheCacheAlsoAfterARestart) {
  StartServer("sleep 0.3; cp $dir/artifact $5");
  const v1::Job first = Submit();
  const v1::Job twin = Submit();  // equal and under way: not done twice
  for (const std::string& id : {first.id(), twin.id()}) {
    const auto lease = agent_->NextLease();
    ASSERT_TRUE(lease.has_value());
    EXPECT_EQ(lease->artifact_sha256(), Sha(MakeArtifact(kF746)));
    EXPECT_TRUE(agent_->Acked(
        agent_->Finish(*lease, MakeResult(MakeArtifact(kF746), 10))));
    EXPECT_EQ(client_->WaitFor(id, v1::Job::SUCCEEDED).state(),
              v1::Job::SUCCEEDED);
  }
  EXPECT_FALSE(client_->GetJob(first.id())->compile_cached());
  EXPECT_TRUE(client_->GetJob(twin.id())->compile_cached());
  EXPECT_GE(client_->GetRun("r-1")->compile_s(), 0.3);
  EXPECT_EQ(client_->GetRun("r-2")->compile_s(), 0.0);
  server_->Stop();
  server_->Start();
  ASSERT_TRUE(agent_->Attach().ok());
  const v1::Job later = Submit();
  ASSERT_TRUE(agent_->NextLease().has_value());
  EXPECT_TRUE(client_->GetJob(later.id())->compile_cached());
  EXPECT_EQ(CompileCount(), 1U);
  EXPECT_THAT(*client_->Log(first.id()), Contains("compiler: reading"));
}

TEST_F(ServerCompile, ARefusedModelIsAFailedJobOfClassModel) {
  StartServer(
      "echo '{\"code\": \"UNIMPLEMENTED\", \"message\": \"op 3 is LSTM\"}' > "
      "$7; exit 3");
  const v1::Job job = client_->WaitFor(Submit().id(), v1::Job::FAILED);
  EXPECT_EQ(job.state(), v1::Job::FAILED);
  EXPECT_EQ(job.failure().failure_class(), v1::MODEL);
  EXPECT_EQ(job.failure().code(), "UNIMPLEMENTED");
  EXPECT_EQ(job.failure().message(), "op 3 is LSTM");
  EXPECT_EQ(job.failure().stage(), "compiling");
}

TEST_F(ServerCompile, ACompilerThatLiesIsAnInternalError) {
  StartServer("cp $dir/compiler $5");
  EXPECT_EQ(client_->WaitFor(Submit().id(), v1::Job::FAILED)
                .failure()
                .failure_class(),
            v1::INTERNAL);
}

TEST_F(ServerCompile, ADatasetOfTheWrongShapeFailsBeforeFlashing) {
  StartServer("cp $dir/artifact $5");
  v1::DatasetFile file = MakeDataset(4);
  file.set_sample_bytes(4);
  file.mutable_inputs()->resize(16);
  ASSERT_TRUE(client_->Upload(Packed(file)).ok());
  ASSERT_TRUE(client_->CreateDataset("small", Sha(Packed(file))).ok());
  for (int i = 0; i < 2; ++i) {  // fresh, then from the cache
    const v1::Job job = client_->WaitFor(Submit("small").id(), v1::Job::FAILED);
    EXPECT_EQ(job.failure().failure_class(), v1::MODEL);
    EXPECT_THAT(job.failure().message(),
                HasSubstr("the model's input takes 8"));
  }
  EXPECT_EQ(CompileCount(), 1U);
  EXPECT_EQ(client_->GetJob("j-1")->attempt(), 0);
}

TEST_F(ServerCompile, ACancelKillsTheCompile) {
  StartServer("sleep 60; cp $dir/artifact $5");
  const v1::Job job = Submit();
  ASSERT_EQ(client_->WaitFor(job.id(), v1::Job::COMPILING).state(),
            v1::Job::COMPILING);
  const auto cancelled = client_->CancelJob(job.id());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), v1::Job::CANCELLED);
  EXPECT_EQ(server_->Stop(), 0);  // and at once: nothing sleeps for a minute
}

TEST_F(ServerCompile, AKilledServerCompilesAgain) {
  StartServer(
      "[ -e $dir/second ] || { touch $dir/second; sleep 60; }\n"
      "cp $dir/artifact $5");
  const v1::Job job = Submit();
  client_->WaitFor(job.id(), v1::Job::COMPILING);
  while (!std::filesystem::exists(folder_.path() / "second")) {
  }
  server_->Kill();
  server_->Start();
  ASSERT_TRUE(agent_->Attach().ok());
  EXPECT_TRUE(agent_->NextLease().has_value());
}

TEST_F(ServerCompile, ASlowCompileIsATimeout) {
  StartServer("sleep 60");
  v1::JobSpec spec;
  spec.set_model_sha256(Sha("model"));
  spec.set_board_id(kF746);
  spec.set_timeout_s(1);
  const auto job = client_->CreateJob(spec);
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(
      client_->WaitFor(job->id(), v1::Job::FAILED).failure().failure_class(),
      v1::TIMEOUT);
}

}  // namespace
}  // namespace tinyrig::servertest
