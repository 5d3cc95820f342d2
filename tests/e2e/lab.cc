#include "tests/e2e/lab.h"

#include <cstdio>
#include <fstream>
#include <poll.h>
#include <signal.h>

#include "absl/strings/strip.h"

#include "base/clock.h"
#include "base/sha256.h"
#include "client/dataset_pack.h"

namespace tinyrig::e2e {
namespace {

constexpr int64_t kStartTimeoutUs = 60'000'000;

std::string Program(const std::string& name) {
  return std::string(TINYRIG_BINARY_DIR) + "/bin/" + name;
}

void Pause(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

// Parent of a process and its name, from /proc/PID/stat.
bool IsBoardOf(const std::filesystem::path& process, pid_t parent) {
  std::ifstream stat(process / "stat");
  std::string pid, name, state;
  pid_t its_parent = 0;
  stat >> pid >> name >> state >> its_parent;
  return its_parent == parent && name == "(tinyrig-vboard)";
}

}  // namespace

TestLab::TestLab() : folder_(*base::TempDir::Create("tinyrig-e2e")) {}

TestLab::~TestLab() {
  agent_.reset();
  server_.reset();
}

absl::Status TestLab::StartServer() {
  const std::string ready = folder() / "server.ready";
  std::filesystem::remove(ready);
  std::vector<std::string> argv = {Program("tinyrig-server"),
                                   "--listen",
                                   address_.empty() ? "127.0.0.1:0" : address_,
                                   "--data",
                                   data(),
                                   "--ready-file",
                                   ready};
  argv.insert(argv.end(), server_flags.begin(), server_flags.end());
  ASSIGN_OR_RETURN(auto process,
                   cli::ServiceProcess::Start(argv, folder() / "server.log"));
  server_ = std::move(process);
  const int64_t start_us = base::SystemClock().MonotonicMicros();
  while (base::SystemClock().MonotonicMicros() - start_us < kStartTimeoutUs) {
    if (const auto text = base::ReadTextFile(ready); text.ok()) {
      address_ = std::string(absl::StripAsciiWhitespace(*text));
      if (client_ == nullptr) {
        client_ = std::make_unique<client::LabClient>(address_);
      }
      return absl::OkStatus();
    }
    if (!server_->Running()) {
      break;
    }
    Pause(10);
  }
  return absl::UnavailableError("the server did not start\n" + Logs());
}

absl::Status TestLab::StartAgent(const std::vector<std::string>& boards) {
  agent_arguments_ = {"--id", "e2e"};
  for (const std::string& board : boards) {
    agent_arguments_.emplace_back("--board");
    agent_arguments_.push_back(board);
  }
  return StartAgentProcess();
}

absl::Status TestLab::StartAgentWithConfig(const std::string& yaml) {
  const std::string path = folder() / "agent.yaml";
  RETURN_IF_ERROR(base::WriteFileAtomic(path, yaml));
  agent_arguments_ = {"--config", path, "--id", "e2e"};
  return StartAgentProcess();
}

absl::Status TestLab::StartAgentProcess() {
  std::vector<std::string> argv = {Program("tinyrig-agent"), "--server",
                                   address_, "--state", folder() / "agent"};
  argv.insert(argv.end(), agent_arguments_.begin(), agent_arguments_.end());
  argv.insert(argv.end(), agent_flags.begin(), agent_flags.end());
  ASSIGN_OR_RETURN(auto process,
                   cli::ServiceProcess::Start(argv, folder() / "agent.log"));
  agent_ = std::move(process);
  return absl::OkStatus();
}

absl::Status TestLab::WaitForIdleBoards(size_t count) {
  const int64_t start_us = base::SystemClock().MonotonicMicros();
  while (base::SystemClock().MonotonicMicros() - start_us < kStartTimeoutUs) {
    const auto boards = client_->ListBoards({});
    size_t idle = 0;
    if (boards.ok()) {
      for (const v1::Board& board : boards->boards()) {
        idle += board.state() == v1::Board::IDLE ? 1 : 0;
      }
    }
    if (idle >= count) {
      return absl::OkStatus();
    }
    Pause(20);
  }
  return absl::UnavailableError("boards did not become idle\n" + Logs());
}

bool TestLab::KillOneBoard(uint32_t choice) {
  std::vector<pid_t> boards;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (agent_.has_value() && IsBoardOf(entry.path(), agent_->pid())) {
      boards.push_back(std::stoi(entry.path().filename().string()));
    }
  }
  return !boards.empty() &&
         ::kill(boards[choice % boards.size()], SIGKILL) == 0;
}

absl::StatusOr<base::ProcessResult> TestLab::Cli(
    std::vector<std::string> words) {
  std::vector<std::string> argv = {"env", "TINYRIG_SERVER=" + address_,
                                   Program("tinyrig")};
  argv.insert(argv.end(), words.begin(), words.end());
  return base::RunProcess({.argv = argv, .timeout_ms = 300'000});
}

absl::StatusOr<std::string> TestLab::ImportDataset(
    const v1::DatasetFile& dataset) {
  ASSIGN_OR_RETURN(const std::string sha256, client_->UploadDataset(dataset));
  ASSIGN_OR_RETURN(const auto made,
                   client_->CreateDataset("d-" + sha256.substr(0, 12), sha256));
  return made.name();
}

absl::StatusOr<v1::Job> TestLab::Submit(const std::string& model_path,
                                        const std::string& kind,
                                        const std::string& dataset,
                                        const std::string& request_id,
                                        int runs) {
  ASSIGN_OR_RETURN(const auto bytes, base::ReadFile(model_path));
  v1::CreateJobRequest request;
  ASSIGN_OR_RETURN(*request.mutable_spec()->mutable_model_sha256(),
                   client_->UploadBlob(bytes));
  request.mutable_spec()->set_model_name(
      std::filesystem::path(model_path).filename().string());
  request.mutable_spec()->set_board_id(kind);
  request.mutable_spec()->set_dataset(dataset);
  request.mutable_spec()->set_runs(runs);
  request.set_request_id(request_id);
  return client_->CreateJob(request);
}

absl::StatusOr<v1::Job> TestLab::Wait(const std::string& job_id) {
  return client_->WatchJob(
      job_id, [](const v1::Job&) {}, 60);
}

absl::StatusOr<v1::Run> TestLab::RunModel(const std::string& model_path,
                                          const std::string& kind,
                                          const std::string& dataset) {
  ASSIGN_OR_RETURN(const v1::Job queued, Submit(model_path, kind, dataset));
  ASSIGN_OR_RETURN(const v1::Job job, Wait(queued.id()));
  if (job.state() != v1::Job::SUCCEEDED) {
    return absl::InternalError(job.failure().ShortDebugString() + "\n" +
                               Logs());
  }
  return client_->GetRun(job.run_id());
}

absl::StatusOr<std::vector<v1::Prediction>> TestLab::Predictions(
    const std::string& run_id) {
  std::vector<v1::Prediction> all;
  RETURN_IF_ERROR(client_->ForEachPrediction(
      run_id, [&](const v1::Prediction& p) { all.push_back(p); }));
  return all;
}

std::string TestLab::Logs() {
  std::string text;
  for (const char* name : {"server.log", "agent.log"}) {
    const auto log = base::ReadTextFile(folder() / name);
    if (log.ok()) {
      text += std::string("--- ") + name + "\n" +
              log->substr(log->size() - std::min<size_t>(log->size(), 4000));
    }
  }
  return text;
}

bool HaveShared(const std::string& what) {
  if (std::filesystem::exists(SharedPath(what))) {
    return true;
  }
  std::printf("SKIPPED: needs %s (CMake variable TINYRIG_SHARED)\n",
              SharedPath(what).c_str());
  return false;
}

std::string SharedPath(const std::string& relative) {
  return std::string(TINYRIG_SHARED) + "/" + relative;
}

std::string SourcePath(const std::string& relative) {
  return std::string(TINYRIG_SOURCE_DIR) + "/" + relative;
}

}  // namespace tinyrig::e2e
