// A real server with finished runs that no board ever made, and what a test of
// `tinyrig admin` needs around it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "client/admin_client.h"
#include "tests/integration/server_harness.h"

namespace tinyrig::servertest {

inline constexpr int kSamples = 20;  ///< of the dataset "d20"

class AdminRig {
 public:
  explicit AdminRig(const std::vector<std::string>& flags = {});

  /// Dials again, as client and as agent, after a restart of the server.
  void Dial();
  /// Uploads an artifact of this name; its sha256.
  std::string AddModel(const std::string& name);
  v1::JobSpec Spec(const std::string& model, bool with_dataset);
  /// One job to its end; its run.
  std::string RunJob(const std::string& model, bool with_dataset = true);
  void RunJobs(const std::string& model, int count);
  absl::Status Backup(const std::filesystem::path& folder);
  std::vector<v1::Run> Runs();
  /// Every run with its samples and predictions, and the blobs they name, as
  /// one text each.
  std::vector<std::string> Answers();
  v1::CheckIntegrityResponse DeepCheck();
  /// Stops the server, changes its database, starts it again.
  void Change(const std::string& sql);
  /// All rows and files look `days` older.
  void Age(int days);
  void Restart();
  /// The newest blob file path of a sha256.
  [[nodiscard]] std::filesystem::path BlobFile(const std::string& sha256) const;

  ServerProcess server;
  std::unique_ptr<Client> client;
  std::unique_ptr<client::AdminClient> admin;
  std::unique_ptr<FakeAgent> agent;
  base::TempDir folder = *base::TempDir::Create("admin-test");
};

/// Runs the shipped tinyrig-server with --restore-from; its exit code. With
/// `kill_after_us` >= 0 it is killed then (and -1 given).
int Restore(const std::filesystem::path& backup,
            const std::filesystem::path& data, bool force,
            int64_t kill_after_us = -1);

/// All files below a folder, relative, with their sizes.
std::vector<std::string> Tree(const std::filesystem::path& folder);

/// Mounted while it lives; not mounted() where that is not allowed.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, int mib);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  /// Takes every byte that is left; Free() gives them back.
  void Fill();
  void Free();

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

}  // namespace tinyrig::servertest
