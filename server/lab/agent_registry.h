// The server's side of an agent's stream, without the stream: who is attached,
// what it says of its boards and leases. gRPC is next door in rpc/.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/status.h"
#include "server/lab/job_lifecycle.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::server {

/// An attached stream, as Attach gave it.
struct StreamId {
  std::string agent_id;
  uint64_t number = 0;  ///< grows with each Attach, whoever attaches
};

/// Thread-safe: every stream has a thread of its own, and each call locks the
/// lab. agent_registry.cc holds the streams and boards, agent_messages.cc what
/// an agent says of its jobs.
class AgentRegistry {
 public:
  explicit AgentRegistry(Lab& lab) : lab_(lab), jobs_(lab) {}

  /// Registers the agent and its boards, sends Welcome, takes its leases up
  /// again: those in `held` go on, its others are given out again. `stream`
  /// must live until Detach.
  ///
  /// Errors: INVALID_ARGUMENT the hello is malformed; ALREADY_EXISTS another
  /// live instance has this agent_id; UNAVAILABLE the disk is full.
  absl::StatusOr<StreamId> Attach(const v1::AgentHello& hello,
                                  AgentStream* stream);

  /// One message of the stream. A status that is not OK ends the stream:
  /// UNAVAILABLE it was given up, or nothing can be stored now;
  /// INVALID_ARGUMENT no message that an agent sends here.
  absl::Status Receive(const StreamId& id, const v1::AgentMessage& message);

  /// The stream is gone; its leases wait for the lease timeout. Nothing
  /// happens when another stream has its place.
  void Detach(const StreamId& id);

 private:
  static AttachedAgent* Find(LabState& live, const StreamId& id);
  absl::Status MakeRoom(LabState& live, const v1::AgentHello& hello);
  absl::StatusOr<AttachedAgent> Register(LabState& live,
                                         const v1::AgentHello& hello,
                                         AgentStream* stream);
  void TakeUpLeases(LabState& live, const v1::AgentHello& hello);
  absl::Status PutBoard(AttachedAgent& agent, const std::string& agent_id,
                        const v1::AgentBoard& board);
  void Offline(const std::string& agent_id,
               const std::set<std::string>& present);
  absl::Status OnBoard(LabState& live, const StreamId& id,
                       const v1::AgentBoard& board);

  // agent_messages.cc
  static LiveLease* FindLease(LabState& live, const std::string& agent_id,
                              const std::string& job_id, int64_t fence);
  absl::Status OnUpdate(LabState& live, const StreamId& id,
                        const v1::JobUpdate& update);
  absl::Status OnPredictions(LabState& live, const StreamId& id,
                             const v1::PredictionBatch& batch,
                             int64_t message_id);
  absl::Status OnFinished(LabState& live, const StreamId& id,
                          const v1::JobFinished& finished, int64_t message_id);
  absl::Status OnStale(LabState& live, const StreamId& id,
                       const std::string& job_id, int64_t fence,
                       int64_t message_id);
  absl::Status StoreResult(LabState& live, const LiveLease& lease,
                           const v1::DeviceResult& result);
  static void Ack(LabState& live, const StreamId& id, int64_t message_id);

  Lab& lab_;
  JobLifecycle jobs_;
};

/// What goes wrong here is trouble of ours, not the agent's: it keeps what it
/// has and dials again.
absl::Status DialAgainLater(const absl::Status& status);

}  // namespace tinyrig::server
