#include "tests/integration/agent_rig.h"

#include <chrono>

#include "gtest/gtest.h"

#include "base/sha256.h"
#include "boards/image_header.h"
#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

namespace tinyrig::agent {
namespace {

constexpr int kBytes = 2000;  // of firmware/testing/echo_model.cc

std::vector<uint8_t> BytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}

}  // namespace

void MemoryServer::Update(v1::JobUpdate update) {
  const std::lock_guard<std::mutex> lock(mutex);
  updates.push_back(std::move(update));
  changed.notify_all();
}

void MemoryServer::Predictions(v1::PredictionBatch batch) {
  const std::lock_guard<std::mutex> lock(mutex);
  for (auto& prediction : *batch.mutable_predictions()) {
    const auto index = prediction.sample_index();
    doubled += predictions.emplace(index, prediction).second ? 0 : 1;
  }
}

void MemoryServer::Finished(v1::JobFinished end) {
  const std::lock_guard<std::mutex> lock(mutex);
  finished = std::move(end);
  changed.notify_all();
}

void MemoryServer::BoardChanged(const v1::AgentBoard& now) {
  const std::lock_guard<std::mutex> lock(mutex);
  board = now;
  changed.notify_all();
}

absl::StatusOr<std::vector<uint8_t>> MemoryServer::Fetch(
    const std::string& sha256, const std::function<bool()>&) {
  const std::lock_guard<std::mutex> lock(mutex);
  ++fetches;
  const auto blob = blobs.find(sha256);
  if (blob == blobs.end()) {
    return absl::NotFoundError("no blob " + sha256);
  }
  return blob->second;
}

std::string MemoryServer::Put(const std::vector<uint8_t>& blob) {
  const std::lock_guard<std::mutex> lock(mutex);
  const std::string sha256 = base::Sha256Hex(blob);
  blobs[sha256] = blob;
  return sha256;
}

std::optional<v1::JobFinished> MemoryServer::AwaitEnd(int seconds) {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait_for(lock, std::chrono::seconds(seconds),
                   [this] { return finished.has_value(); });
  return std::exchange(finished, {});
}

bool MemoryServer::AwaitState(v1::Board::State state, int seconds) {
  std::unique_lock<std::mutex> lock(mutex);
  return changed.wait_for(lock, std::chrono::seconds(seconds),
                          [&] { return board.state() == state; });
}

bool MemoryServer::AwaitStep(const std::string& step, int64_t done,
                             int seconds) {
  std::unique_lock<std::mutex> lock(mutex);
  return changed.wait_for(lock, std::chrono::seconds(seconds), [&] {
    for (const auto& update : updates) {
      if (update.progress().step() == step &&
          update.progress().done() >= done) {
        return true;
      }
    }
    return false;
  });
}

AgentRig::AgentRig(RigOptions options) : options_(std::move(options)) {
  folder_ = std::make_unique<base::TempDir>(*base::TempDir::Create("rig"));
  cache_ =
      std::make_unique<BlobCache>(folder_->path() / "cache", 1 << 30, &server);
  VboardOptions vboard;
  vboard.name = "rig";
  vboard.program = TINYRIG_BINARY_DIR "/bin/tinyrig-vboard";
  vboard.link = folder_->path() / "tty";
  vboard.arguments = {"--board", options_.board, "--uid",
                      "RIG",     "--flash-file", folder_->path() / "flash.bin"};
  if (!options_.faults.empty()) {
    vboard.arguments.insert(vboard.arguments.end(),
                            {"--faults", options_.faults});
  }
  vboard_ = std::make_unique<VboardProcess>(&io_, std::move(vboard));
  vboard_->Start();
  thread_ = std::thread([this] {
    const auto work = boost::asio::make_work_guard(io_);
    io_.run();
  });
  SupervisorOptions board;
  board.name = "rig";
  board.board = *boards::FindBoard(options_.board);
  board.find = [this] { return vboard_->endpoints(); };
  board.state_folder = folder_->path() / "board";
  supervisor = std::make_unique<Supervisor>(std::move(board), &server,
                                            cache_.get(), &base::SystemClock());
  supervisor->Start();
}

AgentRig::~AgentRig() {
  supervisor->Stop();
  io_.stop();
  thread_.join();
  vboard_->Stop();
}

std::string AgentRig::Artifact(const std::string& image) {
  const auto bytes = base::ReadFile(TINYRIG_BINARY_DIR "/firmware_test/" +
                                    options_.board + "/" + image + ".bin");
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  v1::CompiledModel model;
  model.set_board_id(options_.board);
  model.set_model_sha256(std::string(64, 'a'));
  model.set_image(std::string(bytes->begin(), bytes->end()));
  model.set_image_sha256(base::Sha256Hex(*bytes));
  model.set_image_hash(base::Hex(*boards::CheckImageHeader(*bytes)));
  model.set_flash_base((*boards::FindBoard(options_.board))->image.flash_base);
  for (auto* tensor : {model.add_inputs(), model.add_outputs()}) {
    tensor->set_type("int8");
    tensor->add_shape(kBytes);
    tensor->set_size_bytes(kBytes);
  }
  for (const char* op : {"TRIPLE", "MISBEHAVE", "ADD"}) {
    model.add_layers()->set_op(op);
  }
  model.set_input_preserved(true);
  return server.Put(BytesOf(file::SerializeArtifact(model)));
}

std::string AgentRig::Dataset(int count, const std::map<int, uint8_t>& first) {
  v1::DatasetFile data;
  data.set_sample_bytes(kBytes);
  data.set_class_count(2);
  inputs_.assign(static_cast<size_t>(count) * kBytes, '\0');
  for (size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i] = static_cast<char>(i * 11 + i / kBytes * 5 + i / 256);
  }
  for (int i = 0; i < count; ++i) {
    data.add_names(std::to_string(i));
    data.add_labels(i % 2);
    char& start = inputs_[static_cast<size_t>(i) * kBytes];
    start = first.contains(i) ? static_cast<char>(first.at(i)) : '\1';
  }
  data.set_inputs(inputs_);
  return server.Put(BytesOf(file::SerializeDataset(data)));
}

std::string AgentRig::Input(int sample) const {
  return inputs_.substr(static_cast<size_t>(sample) * kBytes, kBytes);
}

std::string AgentRig::Expected(const std::string& input) {
  std::string output = input;
  for (char& byte : output) {
    byte = static_cast<char>(byte * 3 + 1);
  }
  return output;
}

void AgentRig::Submit(const std::string& artifact, const std::string& dataset,
                      int timeout_s) {
  ASSERT_TRUE(server.AwaitState(v1::Board::IDLE, 20));
  lease.set_job_id("j-1");
  lease.set_fence(lease.fence() + 1);
  lease.set_board_name("rig");
  lease.set_artifact_sha256(artifact);
  lease.set_dataset_sha256(dataset);
  lease.set_timeout_s(timeout_s);
  ASSERT_TRUE(supervisor->Offer(lease));
}

absl::StatusOr<std::string> AgentRig::Control(const std::string& command) {
  return ControlCommand(folder_->path() / "tty.control", command);
}

}  // namespace tinyrig::agent
