// A lab without processes, sockets, threads or time of its own: a store in a
// temporary folder, a clock that a test turns, and agents that only remember
// what they were sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "server/lab/agent_registry.h"
#include "server/lab/job_lifecycle.h"
#include "server/lab/lab.h"
#include "server/lab/lease_dispatch.h"
#include "server/store/sqlite_store.h"
#include "server/testing/fabricate.h"

namespace tinyrig::servertest {

inline constexpr int64_t kMsUs = 1000;
inline constexpr int64_t kSecondUs = 1'000'000;

/// Remembers what the lab sent, oldest first.
class RecordingStream final : public server::AgentStream {
 public:
  void Send(const v1::ServerMessage& message) override {
    sent.push_back(message);
  }
  void Close(const absl::Status& why) override { closed = why; }

  /// The oldest of its kind, taken out; nullopt: none came.
  std::optional<v1::Lease> TakeLease();
  std::optional<v1::Revoke> TakeRevoke();
  /// Whether this message was acked; the ack is taken out.
  bool TakeAck(int64_t message_id);

  std::vector<v1::ServerMessage> sent;
  std::optional<absl::Status> closed;
};

/// A compiler that is never asked.
class NoBuilder final : public server::Builder {
 public:
  absl::StatusOr<std::string> EngineVersion() override { return "none"; }
  server::CompileResult Compile(
      const server::CompileRequest& /*request*/) override {
    return {};
  }
};

/// The two kinds of fabricate.h.
server::BoardCatalog TwoKinds();

/// An agent of the rig: says what a test tells it to.
class RigAgent {
 public:
  RigAgent(server::AgentRegistry& registry, std::string agent_id,
           std::string instance_id);
  RigAgent(const RigAgent&) = delete;
  RigAgent& operator=(const RigAgent&) = delete;

  RigAgent& Board(const std::string& name, const std::string& board_id = kF746,
                  v1::Board::State state = v1::Board::IDLE);
  RigAgent& Hold(const v1::Lease& lease);
  absl::Status Attach();
  void Detach() { registry_.Detach(id_); }

  /// Numbers the message; what the lab makes of it: not OK ends the stream.
  absl::Status Say(v1::AgentMessage message);
  absl::Status Beat();
  absl::Status SetBoard(const std::string& name, v1::Board::State state);
  absl::Status Update(const v1::Lease& lease, v1::Job::State state,
                      int64_t done = 0);
  absl::Status Predict(const v1::Lease& lease, int64_t from, int64_t count,
                       size_t output_bytes = 4);
  absl::Status Finish(const v1::Lease& lease, const v1::DeviceResult& result);
  absl::Status Fail(const v1::Lease& lease, bool retryable,
                    v1::FailureClass why = v1::BOARD);
  /// Whether the last message was acked.
  bool Acked() { return stream.TakeAck(message_id_); }

  v1::AgentHello hello;
  RecordingStream stream;

 private:
  server::AgentRegistry& registry_;
  server::StreamId id_;
  int64_t message_id_ = 0;
};

class LabRig {
 public:
  explicit LabRig(const server::LabOptions& options = {},
                  server::Builder* builder = nullptr);

  /// What the dispatcher does with leases in one turn.
  void Turn();
  void Advance(int64_t us) { clock.Advance(us); }

  /// A blob of these bytes, known to the store; its SHA-256.
  std::string AddBlob(const std::string& bytes);
  /// `count` samples under this name.
  void AddDataset(const std::string& name, int count);
  /// A job whose artifact is there already, as CreateJob would add it; its
  /// number. `dataset` is empty or was given to AddDataset.
  int64_t AddJob(const std::string& artifact, const std::string& dataset = "",
                 int32_t timeout_s = 3600);
  v1::Job Job(int64_t id);
  v1::Job::State StateOf(int64_t id) { return Job(id).state(); }
  std::vector<std::string> LogOf(int64_t id);
  [[nodiscard]] RigAgent Agent(const std::string& agent_id = "a",
                               const std::string& instance_id = "i1") {
    return {agents, agent_id, instance_id};
  }

  base::TempDir folder;
  base::ManualClock clock;
  std::unique_ptr<server::SqliteStore> store;
  server::BlobStore blobs;
  NoBuilder no_builder;
  server::Lab lab;
  server::LeaseDispatch leases{lab, *store};
  server::AgentRegistry agents{lab};
  server::JobLifecycle jobs{lab};
};

}  // namespace tinyrig::servertest
