// The agent's end of the Attach stream: dials, says hello, keeps what is not
// stored yet, dials again. Lives on one io_context; JobSink's methods may be
// called from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"

#include "agent/job/job_sink.h"
#include "agent/link/outbox.h"
#include "agent/link/server_channel.h"

namespace tinyrig::agent {

/// The boards behind the link; all on the io_context's thread.
class LeaseTaker {
 public:
  virtual ~LeaseTaker() = default;
  /// False when the board is unknown or busy.
  virtual bool Offer(const v1::Lease& lease) = 0;
  virtual void Revoke(const std::string& job_id, int64_t fence) = 0;
  virtual std::vector<v1::AgentBoard> Boards() = 0;
  virtual std::vector<v1::HeldLease> Held() = 0;
};

struct LinkOptions {
  std::string agent_id;
  std::string instance_id;
  std::function<void()> attached;  ///< after each Welcome
  int64_t first_pause_ms = 100;
  int64_t max_pause_ms = 5000;
};

class AgentLink : public JobSink {
 public:
  /// All outlive the link.
  AgentLink(boost::asio::io_context* io, ServerChannel* channel,
            LeaseTaker* boards, LinkOptions options);
  ~AgentLink() override;

  void Start();
  /// Gives what is queued up to `flush_ms` to be stored, then ends the stream.
  void Stop(int64_t flush_ms);

  void Update(v1::JobUpdate update) override;
  void Predictions(v1::PredictionBatch batch) override;
  void Finished(v1::JobFinished finished) override;
  void BoardChanged(const v1::AgentBoard& board) override;
  bool WaitForRoom(int64_t timeout_ms) override;

 private:
  void Dial();
  void OnMessage(uint64_t stream_number, v1::ServerMessage message);
  void OnClosed(uint64_t stream_number, const absl::Status& why);
  void OnLease(const v1::Lease& lease);
  void OnRevoke(const v1::Revoke& revoke);
  void Beat();
  void Pump();
  void PumpSoon();
  [[nodiscard]] v1::AgentMessage Hello();

  boost::asio::io_context* io_;
  ServerChannel* channel_;
  LeaseTaker* boards_;
  LinkOptions options_;
  boost::asio::steady_timer redial_;
  boost::asio::steady_timer heartbeat_;
  std::unique_ptr<ServerStream> stream_;
  uint64_t stream_number_ = 0;  // callbacks of older streams are ignored
  bool attached_ = false;
  bool stopped_ = false;
  int64_t pause_ms_ = 0;
  int64_t heartbeat_ms_ = 1000;

  std::mutex mutex_;  // the outbox
  std::condition_variable room_;
  Outbox outbox_;
};

}  // namespace tinyrig::agent
