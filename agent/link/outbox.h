// What still has to be said to the server, in order. Predictions and endings
// are kept until they are acknowledged and said again on every new stream;
// of updates only the newest matters and only once. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::agent {

class Outbox {
 public:
  void PutUpdate(v1::JobUpdate update);
  void PutBoard(v1::AgentBoard board);
  void PutPredictions(v1::PredictionBatch batch);
  void PutFinished(v1::JobFinished finished);

  /// The next message to send on this stream, with its id; nullopt when all
  /// has been sent.
  std::optional<v1::AgentMessage> Next();

  /// A new stream: ids start again behind `first_id`, all that is kept is due.
  void StartStream(int64_t first_id);
  /// The server has stored it. Unknown ids are ignored.
  void Acknowledge(int64_t message_id);
  /// Forgets all about leases of this job up to this fence.
  void Drop(const std::string& job_id, int64_t fence);

  [[nodiscard]] size_t unacknowledged_batches() const;
  [[nodiscard]] bool empty() const { return items_.empty(); }
  /// Jobs whose end the server has not stored yet.
  [[nodiscard]] std::vector<v1::HeldLease> FinishedLeases() const;

 private:
  struct Item {
    v1::AgentMessage message;  ///< message_id 0: not sent on this stream
    [[nodiscard]] bool kept() const {
      return message.has_predictions() || message.has_finished();
    }
  };
  std::deque<Item> items_;
  int64_t next_id_ = 1;
};

}  // namespace tinyrig::agent
