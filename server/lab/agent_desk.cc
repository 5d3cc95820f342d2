#include "server/lab/agent_desk.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "server/lab/hello.h"
#include "server/lab/predictions.h"
#include "server/lab/run_builder.h"
#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

// Trouble of ours, not the agent's: it keeps what it has and dials again.
absl::Status Later(const absl::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("cannot store now, dial again: ", status.message()));
}

AttemptEnd Broken(const absl::Status& status) {
  AttemptEnd end{.how = AttemptEnd::How::kFailed, .retryable = true};
  end.failure = FailureOf(status, v1::LAB, "");
  return end;
}

}  // namespace

absl::StatusOr<StreamId> AgentDesk::Attach(const v1::AgentHello& hello,
                                           AgentLink* link) {
  RETURN_IF_ERROR(CheckHello(hello, lab_.boards));
  const std::lock_guard lock(lab_.mutex);
  const int64_t now_us = lab_.clock.MonotonicMicros();
  if (const auto it = lab_.sessions.find(hello.agent_id());
      it != lab_.sessions.end()) {
    const int64_t silent_us = now_us - it->second.seen_us;
    if (it->second.instance_id != hello.instance_id() &&
        silent_us < int64_t{lab_.options.takeover_ms} * 1000) {
      return absl::AlreadyExistsError(absl::StrCat(
          "agent \"", hello.agent_id(), "\" is attached already (heard ",
          silent_us / 1000, " ms ago); give this one another agent_id"));
    }
    it->second.link->Close(
        absl::UnavailableError("another stream took this agent's place"));
    lab_.sessions.erase(it);
  }
  if (const absl::Status status =
          lab_.store.PutAgent(hello, lab_.clock.UnixMicros());
      !status.ok()) {
    return Later(status);
  }
  Session session{.stream = lab_.next_stream++,
                  .instance_id = hello.instance_id(),
                  .link = link,
                  .seen_us = now_us};
  for (const v1::AgentBoard& board : hello.boards()) {
    if (const absl::Status status = PutBoard(session, hello.agent_id(), board);
        !status.ok()) {
      return Later(status);
    }
  }
  std::set<std::string> present;
  for (const auto& [name, board] : session.boards) {
    present.insert(name);
  }
  Offline(hello.agent_id(), present);  // those that it had before
  const StreamId id{hello.agent_id(), session.stream};
  lab_.sessions[hello.agent_id()] = std::move(session);
  v1::ServerMessage welcome;
  welcome.mutable_welcome()->set_server_version(lab_.options.server_version);
  welcome.mutable_welcome()->set_heartbeat_interval_ms(
      lab_.options.heartbeat_ms);
  welcome.mutable_welcome()->set_lease_timeout_ms(
      lab_.options.lease_timeout_ms);
  link->Send(welcome);
  TakeUpLeases(hello);
  LOG_INFO("lab", "agent {} attached with {} boards, {} leases held",
           hello.agent_id(), hello.boards_size(), hello.held_size());
  lab_.wake_dispatcher();
  return id;
}

void AgentDesk::TakeUpLeases(const v1::AgentHello& hello) {
  std::set<std::pair<std::string, int64_t>> held;
  for (const v1::HeldLease& lease : hello.held()) {
    held.emplace(lease.job_id(), lease.fence());
  }
  std::vector<int64_t> lost;
  for (auto& [job_id, lease] : lab_.leases) {
    if (lease.agent_id != hello.agent_id()) {
      continue;
    }
    if (held.erase({JobName(job_id), lease.fence}) == 0) {
      lost.push_back(job_id);
      continue;
    }
    lease.seen_us = lab_.clock.MonotonicMicros();
    if (lease.cancel_deadline_us != 0) {
      desk_.Revoke(hello.agent_id(), job_id, lease.fence, "cancelled");
    }
  }
  for (const int64_t job_id : lost) {
    const absl::Status status =
        desk_.EndLease(job_id, {.how = AttemptEnd::How::kAgentLost}, false);
    if (!status.ok()) {  // the dispatcher ends it when its time is over
      LOG_WARNING("lab", "job j-{}: {}", job_id, status.ToString());
    }
  }
  for (const auto& [job_id, fence] : held) {
    if (const auto number = ParseJobId(job_id); number.ok()) {
      desk_.Revoke(hello.agent_id(), *number, fence, "stale fence");
    }
  }
}

absl::Status AgentDesk::PutBoard(Session& session, const std::string& agent_id,
                                 const v1::AgentBoard& board) {
  v1::Board row;
  row.set_name(absl::StrCat(agent_id, "/", board.name()));
  row.set_agent_id(agent_id);
  row.set_board_id(board.board_id());
  row.set_uid(board.uid());
  row.set_state(board.state());
  row.set_last_fault(board.last_fault().substr(0, 2000));
  row.set_erase_count(board.erase_count());
  session.boards[row.name()] = {.state = board.state()};
  return lab_.store.PutBoard(row, lab_.clock.UnixMicros());
}

// Of the boards' history alone: nothing hangs on it.
void AgentDesk::Offline(const std::string& agent_id,
                        const std::set<std::string>& present) {
  if (const absl::Status status =
          lab_.store.SetOffline(agent_id, present, lab_.clock.UnixMicros());
      !status.ok()) {
    LOG_WARNING("lab", "agent {}: boards offline: {}", agent_id,
                status.ToString());
  }
}

Session* AgentDesk::Find(const StreamId& id) {
  const auto it = lab_.sessions.find(id.agent_id);
  return it != lab_.sessions.end() && it->second.stream == id.stream
             ? &it->second
             : nullptr;
}

absl::Status AgentDesk::Receive(const StreamId& id,
                                const v1::AgentMessage& message) {
  const std::lock_guard lock(lab_.mutex);
  Session* session = Find(id);
  if (session == nullptr) {
    return absl::UnavailableError("this stream was given up; dial again");
  }
  session->seen_us = lab_.clock.MonotonicMicros();
  for (auto& [job_id, lease] : lab_.leases) {
    if (lease.agent_id == id.agent_id) {
      lease.seen_us = session->seen_us;
    }
  }
  switch (message.body_case()) {
    case v1::AgentMessage::kHeartbeat:
      return absl::OkStatus();
    case v1::AgentMessage::kBoardUpdate:
      return OnBoard(id, message.board_update().board());
    case v1::AgentMessage::kJobUpdate:
      return OnUpdate(id, message.job_update());
    case v1::AgentMessage::kPredictions:
      return OnPredictions(id, message.predictions(), message.message_id());
    case v1::AgentMessage::kFinished:
      return OnFinished(id, message.finished(), message.message_id());
    default:
      return absl::InvalidArgumentError(
          "agent message: a second hello, or nothing that is known");
  }
}

void AgentDesk::Detach(const StreamId& id) {
  const std::lock_guard lock(lab_.mutex);
  if (Find(id) != nullptr) {
    lab_.sessions.erase(id.agent_id);
    Offline(id.agent_id, {});
    LOG_INFO("lab", "agent {} is away", id.agent_id);
    lab_.wake_dispatcher();
  }
}

absl::Status AgentDesk::OnBoard(const StreamId& id,
                                const v1::AgentBoard& board) {
  RETURN_IF_ERROR(CheckAgentBoard(board, lab_.boards));
  if (const absl::Status status = PutBoard(*Find(id), id.agent_id, board);
      !status.ok()) {
    return Later(status);
  }
  const std::string name = absl::StrCat(id.agent_id, "/", board.name());
  lab_.wake_dispatcher();
  for (const auto& [job_id, lease] : lab_.leases) {
    if (lease.board_name == name && lease.cancel_deadline_us != 0 &&
        board.state() != v1::Board::BUSY) {
      return desk_.EndLease(job_id, {.how = AttemptEnd::How::kCancelled},
                            false);
    }
  }
  return absl::OkStatus();
}

LiveLease* AgentDesk::Live(const std::string& agent_id,
                           const std::string& job_id, int64_t fence) {
  const auto number = ParseJobId(job_id);
  const auto it = number.ok() ? lab_.leases.find(*number) : lab_.leases.end();
  return it != lab_.leases.end() && it->second.fence == fence &&
                 it->second.agent_id == agent_id
             ? &it->second
             : nullptr;
}

absl::Status AgentDesk::OnUpdate(const StreamId& id,
                                 const v1::JobUpdate& update) {
  LiveLease* lease = Live(id.agent_id, update.job_id(), update.fence());
  if (lease == nullptr) {
    if (const auto number = ParseJobId(update.job_id()); number.ok()) {
      desk_.Revoke(id.agent_id, *number, update.fence(), "stale fence");
    }
    return absl::OkStatus();
  }
  if (IsLeased(update.state()) && update.state() != lease->stage) {
    if (const absl::Status status =
            lab_.store.SetStage(lease->job_id, lease->fence, update.state());
        !status.ok()) {
      return Later(status);
    }
    lease->stage = update.state();
  }
  desk_.SetProgress(lease->job_id, update.progress());
  if (update.log_size() > 0) {
    desk_.Log(lease->job_id, "agent",
              {update.log().begin(), update.log().end()});
  }
  return absl::OkStatus();
}

absl::Status AgentDesk::OnPredictions(const StreamId& id,
                                      const v1::PredictionBatch& batch,
                                      int64_t message_id) {
  LiveLease* lease = Live(id.agent_id, batch.job_id(), batch.fence());
  if (lease == nullptr) {
    return OnStaleFinish(id, batch.job_id(), batch.fence(), message_id);
  }
  const absl::StatusOr<int64_t> stored = StorePredictions(lab_, *lease, batch);
  if (stored.ok()) {
    Ack(id, message_id);
    return absl::OkStatus();
  }
  if (stored.status().code() == absl::StatusCode::kInvalidArgument) {
    return desk_.EndLease(lease->job_id, Broken(stored.status()), true);
  }
  return Later(stored.status());
}

absl::Status AgentDesk::OnFinished(const StreamId& id,
                                   const v1::JobFinished& finished,
                                   int64_t message_id) {
  LiveLease* live = Live(id.agent_id, finished.job_id(), finished.fence());
  if (live == nullptr) {
    return OnStaleFinish(id, finished.job_id(), finished.fence(), message_id);
  }
  const LiveLease lease = *live;
  absl::Status status;
  if (lease.cancel_deadline_us != 0) {
    status = desk_.EndLease(lease.job_id, {.how = AttemptEnd::How::kCancelled},
                            false);
  } else if (finished.has_result()) {
    status = StoreResult(lease, finished.result());
  } else {
    AttemptEnd end{.how = AttemptEnd::How::kFailed,
                   .retryable = finished.retryable(),
                   .failure = finished.failure()};
    status = desk_.EndLease(lease.job_id, end, false);
  }
  if (!status.ok()) {
    return Later(status);
  }
  if (finished.log_size() > 0) {
    desk_.Log(lease.job_id, "agent",
              {finished.log().begin(), finished.log().end()});
  }
  Ack(id, message_id);
  return absl::OkStatus();
}

// The lease is over. If it ended by what this agent said, the message is one
// that comes again because its Ack was lost; otherwise the agent is too late.
absl::Status AgentDesk::OnStaleFinish(const StreamId& id,
                                      const std::string& job_id, int64_t fence,
                                      int64_t message_id) {
  const auto number = ParseJobId(job_id);
  if (!number.ok()) {
    return number.status();
  }
  const auto lease = lab_.store.FindLease(*number, fence);
  if (!lease.ok()) {
    return Later(lease.status());
  }
  const bool told_us =
      lease->has_value() && (*lease)->agent_id == id.agent_id &&
      ((*lease)->end_reason == "finished" || (*lease)->end_reason == "failed");
  if (told_us) {
    Ack(id, message_id);
  } else {
    desk_.Revoke(id.agent_id, *number, fence, "stale fence");
  }
  return absl::OkStatus();
}

absl::Status AgentDesk::StoreResult(const LiveLease& lease,
                                    const v1::DeviceResult& result) {
  const absl::StatusOr<v1::Run> run = BuildRun(lab_, lease, result);
  absl::Status status = run.status();
  if (run.ok()) {
    const auto added = lab_.store.AddRun(*run, lease.job_id, lease.fence,
                                         lab_.clock.UnixMicros());
    status = added.status();
    if (added.ok()) {
      LOG_INFO("lab", "job j-{} SUCCEEDED as r-{}", lease.job_id, *added);
      desk_.Forget(lease.job_id);
      return absl::OkStatus();
    }
  }
  if (status.code() == absl::StatusCode::kInvalidArgument ||
      status.code() == absl::StatusCode::kFailedPrecondition) {
    return desk_.EndLease(lease.job_id, Broken(status), false);
  }
  return status;
}

void AgentDesk::Ack(const StreamId& id, int64_t message_id) {
  v1::ServerMessage message;
  message.mutable_ack()->set_message_id(message_id);
  Find(id)->link->Send(message);
}

}  // namespace tinyrig::server
