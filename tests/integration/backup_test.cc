// Backup and restore on the real server process: under load, again into the
// same folder, killed, damaged, on a full disk.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/admin_rig.h"

namespace tinyrig::servertest {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;

const std::vector<std::string> kSlow = {"--lease-timeout-ms", "60000"};

absl::StatusCode Code(const absl::Status& status) {
  return status.code();
}

// A second server on the restored data.
std::vector<std::string> AnswersOf(const fs::path& backup) {
  AdminRig other(kSlow);
  other.agent.reset();
  other.server.Stop();
  EXPECT_EQ(Restore(backup, other.server.data(), true), 0);
  other.server.Start();
  other.Dial();
  const auto check = other.DeepCheck();
  EXPECT_TRUE(check.ok()) << check.DebugString();
  return other.Answers();
}

std::string RandomBytes(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

TEST(Backup, UnderLoadGivesTheSameAnswersAfterRestore) {
  AdminRig rig(kSlow);
  rig.RunJobs("m", 5);
  const fs::path backup = rig.folder.path() / "backup";
  std::atomic<bool> done = false;
  absl::Status status;
  std::thread copier([&] {
    status = rig.Backup(backup);
    done = true;
  });
  int meanwhile = 0;
  do {
    rig.RunJob("load" + std::to_string(meanwhile % 3));
    ++meanwhile;
  } while (!done);
  copier.join();
  ASSERT_TRUE(status.ok()) << status;
  const std::vector<std::string> all = rig.Answers();
  const std::vector<std::string> restored = AnswersOf(backup);
  EXPECT_GE(restored.size(), 5u);
  EXPECT_THAT(restored, IsSubsetOf(all));
  // Quiet now: everything is in it.
  ASSERT_TRUE(rig.Backup(backup).ok());
  EXPECT_EQ(AnswersOf(backup), all);
}

TEST(Backup, TheSecondOneCopiesOnlyWhatIsNew) {
  AdminRig rig(kSlow);
  rig.RunJobs("m", 2);
  const fs::path backup = rig.folder.path() / "a b#c?d%e" / "backup";
  const auto see = [](const v1::BackupProgress&) {};
  const auto first = rig.admin->Backup(backup, see);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->done());
  EXPECT_EQ(first->run_count(), 2);
  EXPECT_EQ(first->blob_count(), 2);  // artifact and dataset
  EXPECT_EQ(first->reused_blob_count(), 0);
  rig.RunJob("n");
  const auto second = rig.admin->Backup(backup, see);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->blob_count(), 3);
  EXPECT_EQ(second->reused_blob_count(), 2);
  EXPECT_EQ(second->run_count(), 3);
  // Marker, manifest, one database, three blobs: nothing else stays.
  EXPECT_EQ(Tree(backup).size(), 6u) << ::testing::PrintToString(Tree(backup));
}

TEST(Backup, RefusesFoldersThatItMustNotTouch) {
  AdminRig rig;
  EXPECT_EQ(Code(rig.Backup("relative/folder")),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(rig.Backup("")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(rig.Backup(rig.server.data())),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(rig.Backup(rig.server.data() / "blobs" / ".." / "backup")),
            absl::StatusCode::kInvalidArgument);
  const fs::path holiday = rig.folder.path() / "holiday";
  fs::create_directories(holiday);
  std::ofstream(holiday / "beach.jpg") << "sand";
  const absl::Status status = rig.Backup(holiday);
  EXPECT_EQ(Code(status), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("beach.jpg"));
  EXPECT_EQ(Tree(holiday).size(), 1u);
}

TEST(Backup, AFullDiskLeavesNothingHalfMade) {
  AdminRig rig(kSlow);
  ASSERT_TRUE(rig.client->Upload(RandomBytes(3'000'000, 1)).ok());
  SmallDisk disk(rig.folder.path() / "disk", 2);
  if (!disk.mounted()) {
    GTEST_SKIP() << "SKIPPED: a tmpfs cannot be mounted here (root is needed)";
  }
  const fs::path backup = rig.folder.path() / "disk" / "backup";
  const absl::Status status = rig.Backup(backup);
  EXPECT_EQ(Code(status), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("full"));
  EXPECT_FALSE(fs::exists(backup));
  rig.RunJob("m");  // the lab does not care
}

TEST(Backup, ADiskThatFillsKeepsTheOldBackup) {
  AdminRig rig(kSlow);
  SmallDisk disk(rig.folder.path() / "disk", 6);
  if (!disk.mounted()) {
    GTEST_SKIP() << "SKIPPED: a tmpfs cannot be mounted here (root is needed)";
  }
  rig.RunJobs("m", 2);
  const fs::path backup = rig.folder.path() / "disk" / "backup";
  ASSERT_TRUE(rig.Backup(backup).ok());
  const auto before = Tree(backup);
  ASSERT_TRUE(rig.client->Upload(RandomBytes(8'000'000, 2)).ok());
  EXPECT_EQ(Code(rig.Backup(backup)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Tree(backup), before);
  EXPECT_EQ(AnswersOf(backup).size(), 2u);
}

TEST(Backup, WhatTheLabHasLostIsSaidAndTheRestIsWhole) {
  AdminRig rig(kSlow);
  rig.RunJob("a");
  rig.RunJob("b");
  fs::remove(rig.BlobFile(rig.AddModel("a")));
  const fs::path backup = rig.folder.path() / "backup";
  const absl::Status status = rig.Backup(backup);
  EXPECT_EQ(Code(status), absl::StatusCode::kDataLoss) << status;
  const fs::path fresh = rig.folder.path() / "fresh";
  EXPECT_EQ(Restore(backup, fresh, false), 0);
}

TEST(Backup, AKillAnywhereKeepsAWholeBackup) {
  std::mt19937 random(7);
  AdminRig rig(kSlow);
  rig.RunJobs("m", 3);
  const fs::path backup = rig.folder.path() / "backup";
  ASSERT_TRUE(rig.Backup(backup).ok());
  for (unsigned round = 0; round < 5; ++round) {
    rig.RunJob("m" + std::to_string(round));
    ASSERT_TRUE(rig.client->Upload(RandomBytes(2'000'000, 100 + round)).ok());
    std::thread killer([&, pause = random() % 40'000] {
      std::this_thread::sleep_for(std::chrono::microseconds(pause));
      rig.server.Kill();
    });
    rig.Backup(backup).IgnoreError();
    killer.join();
    const fs::path fresh =
        rig.folder.path() / ("fresh" + std::to_string(round));
    EXPECT_EQ(Restore(backup, fresh, false), 0);
    rig.server.Start();
    rig.Dial();
  }
  ASSERT_TRUE(rig.Backup(backup).ok());
  EXPECT_EQ(AnswersOf(backup), rig.Answers());
}

TEST(Restore, RefusesALiveServerDataThatIsThereAndDamage) {
  AdminRig rig(kSlow);
  rig.RunJob("m");
  const fs::path backup = rig.folder.path() / "backup";
  ASSERT_TRUE(rig.Backup(backup).ok());
  EXPECT_EQ(Restore(backup, rig.server.data(), true), 6);  // it runs
  rig.agent.reset();
  rig.server.Stop();
  const auto before = Tree(rig.server.data());
  EXPECT_EQ(Restore(backup, rig.server.data(), false), 6);
  EXPECT_EQ(Restore(rig.folder.path() / "none", rig.server.data(), true), 2);
  std::string blob, database;
  for (const auto& entry : fs::recursive_directory_iterator(backup)) {
    const std::string path = entry.path();
    if (entry.path().extension() == ".db") {
      database = path;
    } else if (entry.is_regular_file() &&
               path.find("/blobs/") != std::string::npos) {
      blob = path;
    }
  }
  for (const std::string& victim : {blob, database}) {
    const fs::path saved = rig.folder.path() / "saved";
    fs::copy_file(victim, saved, fs::copy_options::overwrite_existing);
    std::fstream file(victim, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file << "rot";
    file.close();
    EXPECT_EQ(Restore(backup, rig.server.data(), true), 4) << victim;
    fs::remove(victim);
    EXPECT_EQ(Restore(backup, rig.server.data(), true), 4) << victim;
    fs::copy_file(saved, victim);
  }
  EXPECT_EQ(Tree(rig.server.data()), before);
  EXPECT_EQ(Restore(backup, rig.server.data(), true), 0);
  // The old data is kept beside the new.
  EXPECT_THAT(Tree(rig.server.data()),
              ::testing::Contains(::testing::ContainsRegex(
                  "before-restore-[^/]*/tinyrig.db ")));
}

TEST(Restore, AKillAnywhereLeavesTheOldOrTheNew) {
  std::mt19937 random(11);
  AdminRig old_lab(kSlow);
  old_lab.RunJobs("old", 2);
  AdminRig new_lab(kSlow);
  new_lab.RunJobs("new", 4);
  ASSERT_TRUE(new_lab.client->Upload(RandomBytes(1'000'000, 5)).ok());
  const fs::path backup = new_lab.folder.path() / "backup";
  ASSERT_TRUE(new_lab.Backup(backup).ok());
  const auto was = old_lab.Answers(), wanted = new_lab.Answers();
  int restored = 0;
  for (int round = 0; round < 8 && restored == 0; ++round) {
    old_lab.agent.reset();
    old_lab.server.Stop();
    Restore(backup, old_lab.server.data(), true, random() % 80'000);
    old_lab.server.Start();
    old_lab.Dial();
    EXPECT_TRUE(old_lab.DeepCheck().ok());
    const auto is = old_lab.Answers();
    EXPECT_TRUE(is == was || is == wanted) << round;
    EXPECT_FALSE(fs::exists(old_lab.server.data() / "restore-incoming"));
    restored += is == wanted ? 1 : 0;
  }
  old_lab.agent.reset();
  old_lab.server.Stop();
  EXPECT_EQ(Restore(backup, old_lab.server.data(), true), 0);
  old_lab.server.Start();
  old_lab.Dial();
  EXPECT_EQ(old_lab.Answers(), wanted);
}

}  // namespace
}  // namespace tinyrig::servertest
