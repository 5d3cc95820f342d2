#include "agent/link/agent_link.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "boost/asio/post.hpp"

#include "base/clock.h"
#include "base/log.h"

namespace tinyrig::agent {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxBatches = 64;  // unacknowledged, all boards together
constexpr int64_t kMinHeartbeatMs = 50;
constexpr int64_t kMaxHeartbeatMs = 10'000;

// 50..100 % of it, so that many agents do not come back at once.
int64_t Jittered(int64_t pause_ms) {
  static std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int64_t>(pause_ms / 2, pause_ms)(random);
}

}  // namespace

AgentLink::AgentLink(boost::asio::io_context* io, ServerChannel* channel,
                     LeaseTaker* boards, LinkOptions options)
    : io_(io),
      channel_(channel),
      boards_(boards),
      options_(std::move(options)),
      redial_(*io),
      heartbeat_(*io) {}

AgentLink::~AgentLink() {
  stream_.reset();
}

void AgentLink::Start() {
  Dial();
}

v1::AgentMessage AgentLink::Hello() {
  v1::AgentMessage message;
  message.set_message_id(1);
  auto* hello = message.mutable_hello();
  hello->set_agent_id(options_.agent_id);
  hello->set_instance_id(options_.instance_id);
  hello->set_agent_version(TINYRIG_VERSION);
  for (auto& board : boards_->Boards()) {
    *hello->add_boards() = std::move(board);
  }
  for (auto& held : boards_->Held()) {
    *hello->add_held() = std::move(held);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto& held : outbox_.FinishedLeases()) {
    *hello->add_held() = std::move(held);
  }
  return message;
}

void AgentLink::Dial() {
  const uint64_t number = ++stream_number_;
  ServerChannel::Callbacks callbacks;
  callbacks.message = [this, number](v1::ServerMessage message) {
    boost::asio::post(*io_, [this, number, copy = std::move(message)] {
      OnMessage(number, copy);
    });
  };
  callbacks.closed = [this, number](absl::Status why) {
    boost::asio::post(*io_, [this, number, why] { OnClosed(number, why); });
  };
  stream_ = channel_->Attach(std::move(callbacks));
  stream_->Send(Hello());
}

void AgentLink::OnMessage(uint64_t stream_number, v1::ServerMessage message) {
  if (stream_number != stream_number_ || stopped_) {
    return;
  }
  switch (message.body_case()) {
    case v1::ServerMessage::kWelcome: {
      attached_ = true;
      pause_ms_ = 0;
      heartbeat_ms_ =
          std::clamp<int64_t>(message.welcome().heartbeat_interval_ms(),
                              kMinHeartbeatMs, kMaxHeartbeatMs);
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        outbox_.StartStream(2);
      }
      Beat();
      Pump();
      options_.attached();
      break;
    }
    case v1::ServerMessage::kAck: {
      const std::lock_guard<std::mutex> lock(mutex_);
      outbox_.Acknowledge(message.ack().message_id());
      room_.notify_all();
      break;
    }
    case v1::ServerMessage::kLease:
      OnLease(message.lease());
      break;
    case v1::ServerMessage::kRevoke:
      OnRevoke(message.revoke());
      break;
    default:
      break;  // a newer server's: nothing that we must know
  }
}

void AgentLink::OnLease(const v1::Lease& lease) {
  LOG_INFO("agent", "lease of {} (fence {}) on {}", lease.job_id(),
           lease.fence(), lease.board_name());
  {
    // It may have ended already, and the server has not heard yet.
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& ended : outbox_.FinishedLeases()) {
      if (ended.job_id() == lease.job_id() && ended.fence() == lease.fence()) {
        return;
      }
    }
  }
  if (boards_->Offer(lease)) {
    return;
  }
  v1::JobFinished finished;
  finished.set_job_id(lease.job_id());
  finished.set_fence(lease.fence());
  finished.set_retryable(true);
  auto* failure = finished.mutable_failure();
  failure->set_failure_class(v1::LAB);
  failure->set_code("UNAVAILABLE");
  failure->set_stage("flashing");
  failure->set_message(absl::StrCat("board ", lease.board_name(),
                                    " is busy, faulty or not at this agent"));
  Finished(std::move(finished));
}

void AgentLink::OnRevoke(const v1::Revoke& revoke) {
  LOG_INFO("agent", "revoked: {} (fence {}): {}", revoke.job_id(),
           revoke.fence(), revoke.reason());
  boards_->Revoke(revoke.job_id(), revoke.fence());
  const std::lock_guard<std::mutex> lock(mutex_);
  outbox_.Drop(revoke.job_id(), revoke.fence());
  room_.notify_all();
}

void AgentLink::OnClosed(uint64_t stream_number, const absl::Status& why) {
  if (stream_number != stream_number_ || stopped_) {
    return;
  }
  LOG_WARNING("agent", "server is away: {}", why.ToString());
  attached_ = false;
  heartbeat_.cancel();
  stream_.reset();
  pause_ms_ =
      std::clamp(pause_ms_ * 2, options_.first_pause_ms, options_.max_pause_ms);
  redial_.expires_after(milliseconds(Jittered(pause_ms_)));
  redial_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_) {
      Dial();
    }
  });
}

void AgentLink::Beat() {
  if (!attached_) {
    return;
  }
  v1::AgentMessage message;
  message.mutable_heartbeat();
  stream_->Send(std::move(message));
  heartbeat_.expires_after(milliseconds(heartbeat_ms_));
  heartbeat_.async_wait([this](boost::system::error_code error) {
    if (!error) {
      Beat();
    }
  });
}

void AgentLink::Pump() {
  if (!attached_) {
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  while (auto message = outbox_.Next()) {
    stream_->Send(*std::move(message));
  }
}

void AgentLink::PumpSoon() {
  boost::asio::post(*io_, [this] { Pump(); });
}

void AgentLink::Update(v1::JobUpdate update) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    outbox_.PutUpdate(std::move(update));
  }
  PumpSoon();
}

void AgentLink::Predictions(v1::PredictionBatch batch) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    outbox_.PutPredictions(std::move(batch));
  }
  PumpSoon();
}

void AgentLink::Finished(v1::JobFinished finished) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    outbox_.PutFinished(std::move(finished));
  }
  PumpSoon();
}

void AgentLink::BoardChanged(const v1::AgentBoard& board) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    outbox_.PutBoard(board);
  }
  PumpSoon();
}

bool AgentLink::WaitForRoom(int64_t timeout_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  return room_.wait_for(lock, milliseconds(timeout_ms), [this] {
    return outbox_.unacknowledged_batches() < kMaxBatches;
  });
}

void AgentLink::Stop(int64_t flush_ms) {
  Pump();
  const auto end = std::chrono::steady_clock::now() + milliseconds(flush_ms);
  while (attached_ && std::chrono::steady_clock::now() < end) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (outbox_.empty()) {
        break;
      }
    }
    io_->restart();
    io_->run_one_for(milliseconds(20));
  }
  stopped_ = true;
  redial_.cancel();
  heartbeat_.cancel();
  stream_.reset();
}

}  // namespace tinyrig::agent
