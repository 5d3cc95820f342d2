#include "tests/integration/admin_rig.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/child.h"
#include "base/process.h"
#include <sys/mount.h>

namespace tinyrig::servertest {

namespace fs = std::filesystem;

AdminRig::AdminRig(const std::vector<std::string>& flags) : server(flags) {
  Dial();
  const std::string dataset = Packed(MakeDataset(kSamples));
  EXPECT_TRUE(client->Upload(dataset).ok());
  EXPECT_TRUE(client->CreateDataset("d20", Sha(dataset)).ok());
}

void AdminRig::Dial() {
  agent.reset();
  client = std::make_unique<Client>(server.address());
  admin = std::make_unique<client::AdminClient>(server.address());
  agent = std::make_unique<FakeAgent>(server.address(), "a", "i1");
  agent->Board("b1", kF746);
  const absl::Status status = agent->Attach();
  EXPECT_TRUE(status.ok()) << status;
}

std::string AdminRig::AddModel(const std::string& name) {
  const std::string bytes = MakeArtifact(kF746, name);
  const auto uploaded = client->Upload(bytes);
  EXPECT_TRUE(uploaded.ok()) << uploaded.status();
  return Sha(bytes);
}

v1::JobSpec AdminRig::Spec(const std::string& model, bool with_dataset) {
  v1::JobSpec spec;
  spec.set_model_sha256(AddModel(model));
  spec.set_model_name(model);
  spec.set_board_id(kF746);
  spec.set_dataset(with_dataset ? "d20" : "");
  return spec;
}

std::string AdminRig::RunJob(const std::string& model, bool with_dataset) {
  const auto job = client->CreateJob(Spec(model, with_dataset));
  EXPECT_TRUE(job.ok()) << job.status();
  const auto lease = agent->NextLease(std::chrono::seconds(20));
  EXPECT_TRUE(job.ok() && lease.has_value());
  if (!job.ok() || !lease.has_value()) {
    return "";
  }
  if (with_dataset) {
    EXPECT_TRUE(agent->Acked(agent->Predict(*lease, 0, kSamples)));
  }
  EXPECT_TRUE(agent->Acked(
      agent->Finish(*lease, MakeResult(MakeArtifact(kF746, model), 10))));
  return client->WaitFor(job->id(), v1::Job::SUCCEEDED).run_id();
}

void AdminRig::RunJobs(const std::string& model, int count) {
  for (int i = 0; i < count; ++i) {
    RunJob(model);
  }
}

absl::Status AdminRig::Backup(const fs::path& backup) {
  return admin->Backup(backup, [](const v1::BackupProgress&) {}).status();
}

std::vector<v1::Run> AdminRig::Runs() {
  v1::ListRunsRequest request;
  request.set_page_size(1000);
  const auto page = client->ListRuns(request);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok()
             ? std::vector<v1::Run>(page->runs().begin(), page->runs().end())
             : std::vector<v1::Run>();
}

std::vector<std::string> AdminRig::Answers() {
  std::vector<std::string> answers;
  for (const v1::Run& row : Runs()) {
    const auto run = client->GetRun(row.id());
    EXPECT_TRUE(run.ok()) << run.status();
    v1::ListPredictionsRequest request;
    request.set_run_id(row.id());
    request.set_page_size(1000);
    const auto page = client->ListPredictions(request);
    const auto blob =
        client->Download(run.value_or(v1::Run()).artifact_sha256());
    EXPECT_TRUE(page.ok() && blob.ok()) << page.status() << blob.status();
    if (run.ok() && page.ok() && blob.ok()) {
      answers.push_back(row.DebugString() + run->DebugString() +
                        page->DebugString() + Sha(*blob));
    }
  }
  return answers;
}

v1::CheckIntegrityResponse AdminRig::DeepCheck() {
  const auto response = admin->CheckIntegrity(true);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.value_or(v1::CheckIntegrityResponse());
}

void AdminRig::Restart() {
  agent.reset();
  server.Stop();
  server.Start();
  Dial();
}

void AdminRig::Change(const std::string& sql) {
  agent.reset();
  server.Stop();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((server.data() / "tinyrig.db").c_str(), &database),
            SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error),
            SQLITE_OK)
      << (error == nullptr ? "" : error);
  sqlite3_free(error);
  sqlite3_close(database);
  server.Start();
  Dial();
}

void AdminRig::Age(int days) {
  const std::string us = std::to_string(int64_t{days} * 24 * 3600 * 1'000'000);
  Change("UPDATE runs SET create_us = create_us - " + us +
         "; UPDATE jobs SET create_us = create_us - " + us +
         ", end_us = end_us - " + us + " WHERE end_us > 0;" +
         "UPDATE blobs SET create_us = create_us - " + us +
         "; UPDATE compile_cache SET create_us = create_us - " + us);
  for (const auto& entry :
       fs::recursive_directory_iterator(server.data() / "blobs")) {
    if (entry.is_regular_file()) {
      fs::last_write_time(entry.path(), entry.last_write_time() -
                                            std::chrono::hours(24 * days));
    }
  }
}

fs::path AdminRig::BlobFile(const std::string& sha256) const {
  return server.data() / "blobs" / sha256.substr(0, 2) / sha256.substr(2);
}

int Restore(const fs::path& backup, const fs::path& data, bool force,
            int64_t kill_after_us) {
  std::vector<std::string> words = {TINYRIG_BINARY_DIR "/bin/tinyrig-server",
                                    "--restore-from", backup, "--data", data};
  if (force) {
    words.emplace_back("--force");
  }
  if (kill_after_us < 0) {
    const auto result = base::RunProcess({.argv = words});
    return result.ok() ? result->exit_code : -2;
  }
  auto child = base::Child::Start({.argv = words, .log_file = "/dev/null"});
  if (!child.ok()) {
    return -2;
  }
  std::this_thread::sleep_for(std::chrono::microseconds(kill_after_us));
  const base::ChildExit end = child->Kill();
  return end.signal != 0 ? -1 : end.code;
}

std::vector<std::string> Tree(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path().lexically_relative(folder).string() + " " +
                      std::to_string(entry.file_size()));
    }
  }
  std::ranges::sort(files);
  return files;
}

SmallDisk::SmallDisk(fs::path folder, int mib) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  const std::string size = "size=" + std::to_string(mib) + "m";
  mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (mounted_) {
    ::umount2(folder_.c_str(), MNT_DETACH);
  }
}

void SmallDisk::Fill() {
  const int fd = ::open((folder_ / "filler").c_str(),
                        O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'f');
  while (::write(fd, page.data(), page.size()) > 0) {
  }
  ::close(fd);
}

void SmallDisk::Free() {
  fs::remove(folder_ / "filler");
}

}  // namespace tinyrig::servertest
