#include "bench/server/lab_agents.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

#include "absl/strings/str_format.h"
#include <grpcpp/grpcpp.h>

#include "tinyrig/v1/agent_service.grpc.pb.h"

namespace tinyrig::bench {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{2000};

// Calls back at a time, on a thread of its own.
class Timer {
 public:
  Timer() : thread_([this] { Loop(); }) {}
  ~Timer() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void At(Clock::time_point when, std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.emplace(when, std::move(call));
    }
    wake_.notify_one();
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (calls_.empty()) {
        wake_.wait(lock);
        continue;
      }
      const auto first = calls_.begin();
      if (first->first > Clock::now()) {
        wake_.wait_until(lock, first->first);
        continue;
      }
      const auto call = std::move(first->second);
      calls_.erase(first);
      lock.unlock();
      call();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<Clock::time_point, std::function<void()>> calls_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses all the others
};

v1::DeviceResult ResultOf(const AgentsOptions& options,
                          const std::string& uid) {
  v1::DeviceResult result;
  result.set_board_uid(uid);
  result.set_image_hash(options.image_hash);
  for (int i = 0; i < options.runs; ++i) {
    result.add_cycles(1'000'000 + 10 * ((i * 7) % options.runs));
  }
  for (int i = 0; i < 20; ++i) {
    result.add_layer_cycles(50'000 + i);
  }
  result.set_instructions(900'000);
  result.set_stack_peak_bytes(900);
  result.set_stack_reserved_bytes(8192);
  result.set_static_bytes(2048);
  result.set_arena_bytes(20'000);
  result.set_clock_hz(216'000'000);
  result.set_timing_model("bench");
  result.set_board_s(0.5);
  return result;
}

}  // namespace

struct LabAgents::State {
  AgentsOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::chrono::milliseconds board_time{500};
  std::map<std::string, LeaseSeen> leases;
  std::set<std::string> used_boards;
  size_t finished = 0;
  std::unique_ptr<Timer> timer = std::make_unique<Timer>();
};

class LabAgents::Agent
    : public grpc::ClientBidiReactor<v1::AgentMessage, v1::ServerMessage> {
 public:
  Agent(State& state, int index) : state_(state) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::AgentService::NewStub(grpc::CreateCustomChannel(
        state.options.address, grpc::InsecureChannelCredentials(), arguments));
    v1::AgentMessage message;
    v1::AgentHello& hello = *message.mutable_hello();
    hello.set_agent_id(absl::StrFormat("sim%03d", index));
    hello.set_instance_id("bench");
    hello.set_agent_version("bench");
    for (int i = 0; i < state.options.boards_per_agent; ++i) {
      v1::AgentBoard& board = *hello.add_boards();
      board.set_name(absl::StrFormat("b%d", i));
      board.set_board_id(KindOfBoard(i));
      board.set_uid(absl::StrFormat("56495254%016x", index * 1000 + i));
      board.set_state(v1::Board::IDLE);
      boards_[board.name()] = {board, Clock::now()};
    }
    id_ = hello.agent_id();
    context_.set_wait_for_ready(true);
    stub_->async()->Attach(&context_, this);
    Send(std::move(message));
    StartRead(&incoming_);
    StartCall();
    Beat();
  }

  ~Agent() override {
    context_.TryCancel();
    std::unique_lock lock(mutex_);
    ended_wait_.wait(lock, [this] { return ended_; });
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return;
    }
    if (incoming_.has_lease()) {
      OnLease(incoming_.lease());
    } else if (incoming_.has_ack()) {
      const std::lock_guard lock(state_.mutex);
      ++state_.finished;
      state_.changed.notify_all();
    }
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    outbox_.pop_front();
    if (ok && !outbox_.empty()) {
      StartWrite(&outbox_.front());
    }
  }

  void OnDone(const grpc::Status& /*status*/) override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    ended_wait_.notify_all();
  }

 private:
  struct Board {
    v1::AgentBoard said;
    Clock::time_point free;
  };

  void Send(v1::AgentMessage message) {
    const std::lock_guard lock(mutex_);
    if (ended_) {
      return;
    }
    message.set_message_id(++last_id_);
    outbox_.push_back(std::move(message));
    if (outbox_.size() == 1) {
      StartWrite(&outbox_.front());
    }
  }

  void Beat() {
    v1::AgentMessage message;
    message.mutable_heartbeat();
    Send(std::move(message));
    state_.timer->At(Clock::now() + kHeartbeat, [this] { Beat(); });
  }

  void OnLease(const v1::Lease& lease) {
    const auto now = Clock::now();
    std::chrono::milliseconds board_time{0};
    {
      const std::lock_guard lock(state_.mutex);
      state_.leases[lease.job_id()] = {now, boards_[lease.board_name()].free};
      state_.used_boards.insert(id_ + "/" + lease.board_name());
      board_time = state_.board_time;
    }
    v1::AgentMessage update;
    update.mutable_job_update()->set_job_id(lease.job_id());
    update.mutable_job_update()->set_fence(lease.fence());
    update.mutable_job_update()->set_state(v1::Job::RUNNING);
    Send(std::move(update));
    state_.timer->At(now + board_time, [this, lease] { Finish(lease); });
  }

  void Finish(const v1::Lease& lease) {
    Board& board = boards_[lease.board_name()];
    v1::AgentMessage message;
    message.mutable_finished()->set_job_id(lease.job_id());
    message.mutable_finished()->set_fence(lease.fence());
    *message.mutable_finished()->mutable_result() =
        ResultOf(state_.options, board.said.uid());
    Send(std::move(message));
    {
      const std::lock_guard lock(state_.mutex);
      board.free = Clock::now();
    }
    v1::AgentMessage idle;
    *idle.mutable_board_update()->mutable_board() = board.said;
    Send(std::move(idle));
  }

  State& state_;
  std::string id_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  v1::ServerMessage incoming_;
  std::map<std::string, Board> boards_;

  std::mutex mutex_;
  std::condition_variable ended_wait_;
  std::deque<v1::AgentMessage> outbox_;
  int64_t last_id_ = 0;
  bool ended_ = false;
};

LabAgents::LabAgents(const AgentsOptions& options)
    : state_(std::make_unique<State>()) {
  state_->options = options;
  for (int i = 0; i < options.agents; ++i) {
    agents_.push_back(std::make_unique<Agent>(*state_, i));
  }
}

// The timer calls agents: it goes first.
LabAgents::~LabAgents() {
  state_->timer.reset();
  agents_.clear();
}

void LabAgents::SetBoardTime(std::chrono::milliseconds time) {
  const std::lock_guard lock(state_->mutex);
  state_->board_time = time;
}

absl::Status LabAgents::WaitFinished(size_t jobs, std::chrono::seconds limit) {
  std::unique_lock lock(state_->mutex);
  if (!state_->changed.wait_for(lock, limit,
                                [&] { return state_->finished >= jobs; })) {
    return absl::UnavailableError(
        absl::StrFormat("%d of %d jobs finished within %d s", state_->finished,
                        jobs, limit.count()));
  }
  return absl::OkStatus();
}

std::map<std::string, LeaseSeen> LabAgents::TakeLeases() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->leases, {});
}

size_t LabAgents::UsedBoards() {
  const std::lock_guard lock(state_->mutex);
  return state_->used_boards.size();
}

std::string KindOfBoard(int index) {
  return index % 2 == 0 ? "nucleo_f746zg" : "nucleo_f412zg";
}

}  // namespace tinyrig::bench
