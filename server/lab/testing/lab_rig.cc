#include "server/lab/testing/lab_rig.h"

#include <algorithm>

#include "base/check.h"

namespace tinyrig::servertest {
namespace {

// The first message that `wanted` takes, out of the list.
template <typename Wanted>
std::optional<v1::ServerMessage> Take(std::vector<v1::ServerMessage>& sent,
                                      const Wanted& wanted) {
  const auto it = std::find_if(sent.begin(), sent.end(), wanted);
  if (it == sent.end()) {
    return std::nullopt;
  }
  v1::ServerMessage message = *it;
  sent.erase(it);
  return message;
}

}  // namespace

std::optional<v1::Lease> RecordingStream::TakeLease() {
  const auto message =
      Take(sent, [](const v1::ServerMessage& m) { return m.has_lease(); });
  return message ? std::optional(message->lease()) : std::nullopt;
}

std::optional<v1::Revoke> RecordingStream::TakeRevoke() {
  const auto message =
      Take(sent, [](const v1::ServerMessage& m) { return m.has_revoke(); });
  return message ? std::optional(message->revoke()) : std::nullopt;
}

bool RecordingStream::TakeAck(int64_t message_id) {
  return Take(sent,
              [message_id](const v1::ServerMessage& m) {
                return m.has_ack() && m.ack().message_id() == message_id;
              })
      .has_value();
}

server::BoardCatalog TwoKinds() {
  return {
      .find = [](const std::string& board_id) -> std::optional<v1::BoardKind> {
        if (board_id != kF746 && board_id != kF412) {
          return std::nullopt;
        }
        v1::BoardKind kind;
        kind.set_board_id(board_id);
        return kind;
      },
      .ids = {kF412, kF746}};
}

RigAgent::RigAgent(server::AgentRegistry& registry, std::string agent_id,
                   std::string instance_id)
    : registry_(registry) {
  hello.set_agent_id(std::move(agent_id));
  hello.set_instance_id(std::move(instance_id));
}

RigAgent& RigAgent::Board(const std::string& name, const std::string& board_id,
                          v1::Board::State state) {
  v1::AgentBoard* board = hello.add_boards();
  board->set_name(name);
  board->set_board_id(board_id);
  board->set_uid(kVirtualUid);
  board->set_state(state);
  return *this;
}

RigAgent& RigAgent::Hold(const v1::Lease& lease) {
  v1::HeldLease* held = hello.add_held();
  held->set_job_id(lease.job_id());
  held->set_fence(lease.fence());
  return *this;
}

absl::Status RigAgent::Attach() {
  ASSIGN_OR_RETURN(id_, registry_.Attach(hello, &stream));
  return absl::OkStatus();
}

absl::Status RigAgent::Say(v1::AgentMessage message) {
  message.set_message_id(++message_id_);
  return registry_.Receive(id_, message);
}

absl::Status RigAgent::Beat() {
  v1::AgentMessage message;
  message.mutable_heartbeat();
  return Say(message);
}

absl::Status RigAgent::SetBoard(const std::string& name,
                                v1::Board::State state) {
  v1::AgentMessage message;
  v1::AgentBoard& changed = *message.mutable_board_update()->mutable_board();
  for (const v1::AgentBoard& board : hello.boards()) {
    if (board.name() == name) {
      changed = board;
    }
  }
  changed.set_state(state);
  return Say(message);
}

absl::Status RigAgent::Update(const v1::Lease& lease, v1::Job::State state,
                              int64_t done) {
  v1::AgentMessage message;
  v1::JobUpdate& update = *message.mutable_job_update();
  update.set_job_id(lease.job_id());
  update.set_fence(lease.fence());
  update.set_state(state);
  update.mutable_progress()->set_step("dataset");
  update.mutable_progress()->set_done(done);
  update.add_log(absl::StrCat("step ", done));
  return Say(message);
}

absl::Status RigAgent::Predict(const v1::Lease& lease, int64_t from,
                               int64_t count, size_t output_bytes) {
  v1::AgentMessage message;
  v1::PredictionBatch& batch = *message.mutable_predictions();
  batch.set_job_id(lease.job_id());
  batch.set_fence(lease.fence());
  for (int64_t i = from; i < from + count; ++i) {
    v1::Prediction* prediction = batch.add_predictions();
    prediction->set_sample_index(i);
    prediction->set_output(OutputOf(i, output_bytes));
    prediction->set_cycles(1000 + i);
  }
  return Say(message);
}

absl::Status RigAgent::Finish(const v1::Lease& lease,
                              const v1::DeviceResult& result) {
  v1::AgentMessage message;
  v1::JobFinished& finished = *message.mutable_finished();
  finished.set_job_id(lease.job_id());
  finished.set_fence(lease.fence());
  *finished.mutable_result() = result;
  return Say(message);
}

absl::Status RigAgent::Fail(const v1::Lease& lease, bool retryable,
                            v1::FailureClass why) {
  v1::AgentMessage message;
  v1::JobFinished& finished = *message.mutable_finished();
  finished.set_job_id(lease.job_id());
  finished.set_fence(lease.fence());
  finished.mutable_failure()->set_failure_class(why);
  finished.mutable_failure()->set_message("the board went up in smoke");
  finished.set_retryable(retryable);
  return Say(message);
}

LabRig::LabRig(const server::LabOptions& options, server::Builder* builder)
    : folder(*base::TempDir::Create("lab-rig")),
      store(*server::SqliteStore::Open(folder.path() / "t.db")),
      blobs(*server::BlobStore::Open(folder.path() / "blobs",
                                     {.reserve_bytes = 0})),
      lab{.store = *store,
          .blobs = blobs,
          .builder = builder != nullptr ? *builder : no_builder,
          .clock = clock,
          .boards = TwoKinds(),
          .options = options} {}

void LabRig::Turn() {
  const auto live = lab.state.Lock();
  leases.Expire(*live);
  leases.CloseSilentStreams(*live);
  leases.GiveOut(*live);
}

std::string LabRig::AddBlob(const std::string& bytes) {
  const std::string sha256 = *blobs.Put(bytes);
  const absl::Status added = store->AddBlob(
      sha256, static_cast<int64_t>(bytes.size()), clock.UnixMicros());
  TINYRIG_CHECK(added.ok());
  return sha256;
}

void LabRig::AddDataset(const std::string& name, int count) {
  const v1::DatasetFile file = MakeDataset(count);
  v1::Dataset dataset;
  dataset.set_name(name);
  dataset.set_sha256(AddBlob(Packed(file)));
  dataset.set_sample_count(count);
  dataset.set_sample_bytes(file.sample_bytes());
  dataset.set_class_count(file.class_count());
  TINYRIG_CHECK(store->AddDataset(dataset, file, clock.UnixMicros()).ok());
}

int64_t LabRig::AddJob(const std::string& artifact, const std::string& dataset,
                       int32_t timeout_s) {
  static int next_request = 0;
  const std::string sha256 = AddBlob(artifact);
  v1::CompiledModel model;
  TINYRIG_CHECK(model.ParseFromString(artifact.substr(8)));
  server::JobRecord record;
  record.create_us = clock.UnixMicros();
  record.job.set_request_id(absl::StrCat("rig-", ++next_request));
  record.job.set_artifact_sha256(sha256);
  v1::JobSpec& spec = *record.job.mutable_spec();
  spec.set_model_sha256(sha256);
  spec.set_board_id(model.board_id());
  spec.set_submitter("ann");
  spec.set_runs(10);
  spec.set_timeout_s(timeout_s);
  spec.set_dataset(dataset);
  if (!dataset.empty()) {
    const v1::Dataset found = *store->FindDataset(dataset);
    record.dataset_sha256 = found.sha256();
    record.sample_count = found.sample_count();
  }
  return *store->AddJob(record);
}

v1::Job LabRig::Job(int64_t id) {
  return store->GetJob(id)->job;
}

std::vector<std::string> LabRig::LogOf(int64_t id) {
  std::vector<std::string> lines;
  const auto log = store->Log(id, 0, 1000);
  for (const server::LogLine& line : *log) {
    lines.push_back(absl::StrCat(line.source, ": ", line.text));
  }
  return lines;
}

}  // namespace tinyrig::servertest
