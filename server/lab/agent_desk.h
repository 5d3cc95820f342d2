// The other end of an agent's stream, without the stream: who is attached,
// what it says of its leases. gRPC is next door in rpc/.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/status.h"
#include "server/lab/job_desk.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::server {

/// An attached stream, as Attach gave it.
struct StreamId {
  std::string agent_id;
  uint64_t stream = 0;
};

class AgentDesk {
 public:
  explicit AgentDesk(Lab& lab) : lab_(lab), desk_(lab) {}

  /// Registers the agent and its boards, sends Welcome, takes its leases up
  /// again: those in `held` go on, its others are given out again. `link` must
  /// live until Detach.
  ///
  /// Errors: INVALID_ARGUMENT the hello is malformed; ALREADY_EXISTS another
  /// live instance has this agent_id; UNAVAILABLE the server stops, or its
  /// disk is full.
  absl::StatusOr<StreamId> Attach(const v1::AgentHello& hello, AgentLink* link);

  /// One message of the stream. A status that is not OK ends the stream.
  absl::Status Receive(const StreamId& id, const v1::AgentMessage& message);

  /// The stream is gone; its leases wait for the lease timeout.
  void Detach(const StreamId& id);

 private:
  Session* Find(const StreamId& id);
  void TakeUpLeases(const v1::AgentHello& hello);
  absl::Status PutBoard(Session& session, const std::string& agent_id,
                        const v1::AgentBoard& board);
  void Offline(const std::string& agent_id,
               const std::set<std::string>& present);
  LiveLease* Live(const std::string& agent_id, const std::string& job_id,
                  int64_t fence);

  absl::Status OnBoard(const StreamId& id, const v1::AgentBoard& board);
  absl::Status OnUpdate(const StreamId& id, const v1::JobUpdate& update);
  absl::Status OnPredictions(const StreamId& id,
                             const v1::PredictionBatch& batch,
                             int64_t message_id);
  absl::Status OnFinished(const StreamId& id, const v1::JobFinished& finished,
                          int64_t message_id);
  absl::Status OnStaleFinish(const StreamId& id, const std::string& job_id,
                             int64_t fence, int64_t message_id);
  absl::Status StoreResult(const LiveLease& lease,
                           const v1::DeviceResult& result);
  void Ack(const StreamId& id, int64_t message_id);

  Lab& lab_;
  JobDesk desk_;
};

}  // namespace tinyrig::server
