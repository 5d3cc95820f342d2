// The shipped programs as a lab in a temporary folder, with handles to kill
// each of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "cli/private_lab.h"
#include "client/lab_client.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::e2e {

class TestLab {
 public:
  TestLab();
  ~TestLab();
  TestLab(const TestLab&) = delete;
  TestLab& operator=(const TestLab&) = delete;

  /// Starts it, or starts it again on the same port and data.
  absl::Status StartServer();
  /// `boards`: "name=kind:virtual" or what the agent's --board takes.
  absl::Status StartAgent(const std::vector<std::string>& boards);
  /// With a config file instead.
  absl::Status StartAgentWithConfig(const std::string& yaml);
  absl::Status WaitForIdleBoards(size_t count);

  void KillServer() { server_->Kill(); }
  void KillAgent() { agent_->Kill(); }
  /// SIGKILL to one of the agent's virtual boards. False: none is running.
  bool KillOneBoard(uint32_t choice);
  absl::Status StartAgentAgain() { return StartAgentProcess(); }

  client::LabClient& client() { return *client_; }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path data() const {
    return folder_.path() / "data";
  }
  std::vector<std::string> server_flags;
  std::vector<std::string> agent_flags;

  /// Runs the tinyrig command against this lab.
  absl::StatusOr<base::ProcessResult> Cli(std::vector<std::string> words);

  /// Uploads, registers under a name made of the content.
  absl::StatusOr<std::string> ImportDataset(const v1::DatasetFile& dataset);
  absl::StatusOr<v1::Job> Submit(const std::string& model_path,
                                 const std::string& kind,
                                 const std::string& dataset,
                                 const std::string& request_id = "",
                                 int runs = 0);
  /// The job's end, patient with a server that is away.
  absl::StatusOr<v1::Job> Wait(const std::string& job_id);
  /// Submit, wait; INTERNAL with the failure's text unless it SUCCEEDED.
  absl::StatusOr<v1::Run> RunModel(const std::string& model_path,
                                   const std::string& kind,
                                   const std::string& dataset);
  absl::StatusOr<std::vector<v1::Prediction>> Predictions(
      const std::string& run_id);

  /// Last lines of all logs, for failure messages.
  std::string Logs();

 private:
  absl::Status StartAgentProcess();

  base::TempDir folder_;
  std::string address_;
  std::vector<std::string> agent_arguments_;
  std::optional<cli::ServiceProcess> server_;
  std::optional<cli::ServiceProcess> agent_;
  std::unique_ptr<client::LabClient> client_;
};

/// Is the data of others there? Prints a loud SKIPPED line when not.
bool HaveShared(const std::string& what);
std::string SharedPath(const std::string& relative);
std::string SourcePath(const std::string& relative);

}  // namespace tinyrig::e2e
