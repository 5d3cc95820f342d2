#include "server/lab/agent_registry.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "server/lab/hello.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {

absl::Status DialAgainLater(const absl::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("cannot store now, dial again: ", status.message()));
}

absl::StatusOr<StreamId> AgentRegistry::Attach(const v1::AgentHello& hello,
                                               AgentStream* stream) {
  RETURN_IF_ERROR(CheckHello(hello, lab_.boards));
  const auto live = lab_.state.Lock();
  RETURN_IF_ERROR(MakeRoom(*live, hello));
  absl::StatusOr<AttachedAgent> agent = Register(*live, hello, stream);
  if (!agent.ok()) {
    return DialAgainLater(agent.status());
  }
  const StreamId id{hello.agent_id(), agent->stream_number};
  live->agents[hello.agent_id()] = *std::move(agent);
  v1::ServerMessage message;
  v1::Welcome& welcome = *message.mutable_welcome();
  welcome.set_server_version(lab_.options.server_version);
  welcome.set_heartbeat_interval_ms(lab_.options.heartbeat_ms);
  welcome.set_lease_timeout_ms(lab_.options.lease_timeout_ms);
  stream->Send(message);
  TakeUpLeases(*live, hello);
  LOG_INFO("lab", "agent {} attached with {} boards, {} leases held",
           hello.agent_id(), hello.boards_size(), hello.held_size());
  lab_.wake_dispatcher();
  return id;
}

// The same instance dials again at once; another one only when the first has
// been silent for long.
absl::Status AgentRegistry::MakeRoom(LabState& live,
                                     const v1::AgentHello& hello) {
  const auto it = live.agents.find(hello.agent_id());
  if (it == live.agents.end()) {
    return absl::OkStatus();
  }
  const int64_t silent_us = lab_.clock.MonotonicMicros() - it->second.seen_us;
  if (it->second.instance_id != hello.instance_id() &&
      silent_us < int64_t{lab_.options.takeover_ms} * 1000) {
    return absl::AlreadyExistsError(absl::StrCat(
        "agent \"", hello.agent_id(), "\" is attached already (heard ",
        silent_us / 1000, " ms ago); give this one another agent_id"));
  }
  it->second.stream->Close(
      absl::UnavailableError("another stream took this agent's place"));
  live.agents.erase(it);
  return absl::OkStatus();
}

absl::StatusOr<AttachedAgent> AgentRegistry::Register(
    LabState& live, const v1::AgentHello& hello, AgentStream* stream) {
  RETURN_IF_ERROR(lab_.store.PutAgent(hello, lab_.clock.UnixMicros()));
  AttachedAgent agent{.stream_number = live.next_stream_number++,
                      .instance_id = hello.instance_id(),
                      .stream = stream,
                      .seen_us = lab_.clock.MonotonicMicros()};
  std::set<std::string> present;
  for (const v1::AgentBoard& board : hello.boards()) {
    RETURN_IF_ERROR(PutBoard(agent, hello.agent_id(), board));
    present.insert(absl::StrCat(hello.agent_id(), "/", board.name()));
  }
  Offline(hello.agent_id(), present);  // those that it had before
  return agent;
}

void AgentRegistry::TakeUpLeases(LabState& live, const v1::AgentHello& hello) {
  std::set<std::pair<std::string, int64_t>> held;
  for (const v1::HeldLease& lease : hello.held()) {
    held.emplace(lease.job_id(), lease.fence());
  }
  std::vector<int64_t> lost;
  for (auto& [job_id, lease] : live.leases) {
    if (lease.agent_id != hello.agent_id()) {
      continue;
    }
    if (held.erase({JobName(job_id), lease.fence}) == 0) {
      lost.push_back(job_id);
      continue;
    }
    lease.seen_us = lab_.clock.MonotonicMicros();
    if (lease.cancel_deadline_us != 0) {
      jobs_.Revoke(live, hello.agent_id(), job_id, lease.fence, "cancelled");
    }
  }
  for (const int64_t job_id : lost) {
    const absl::Status status = jobs_.EndLease(
        live, job_id, {.how = AttemptEnd::How::kAgentLost}, false);
    if (!status.ok()) {  // the dispatcher ends it when its time is over
      LOG_WARNING("lab", "job j-{}: {}", job_id, status.ToString());
    }
  }
  for (const auto& [job_id, fence] : held) {
    if (const auto number = ParseJobId(job_id); number.ok()) {
      jobs_.Revoke(live, hello.agent_id(), *number, fence, "stale fence");
    }
  }
}

absl::Status AgentRegistry::PutBoard(AttachedAgent& agent,
                                     const std::string& agent_id,
                                     const v1::AgentBoard& board) {
  v1::Board row;
  row.set_name(absl::StrCat(agent_id, "/", board.name()));
  row.set_agent_id(agent_id);
  row.set_board_id(board.board_id());
  row.set_uid(board.uid());
  row.set_state(board.state());
  row.set_last_fault(board.last_fault().substr(0, 2000));
  row.set_erase_count(board.erase_count());
  agent.boards[row.name()] = {.state = board.state()};
  return lab_.store.PutBoard(row, lab_.clock.UnixMicros());
}

// Of the boards' history alone: nothing hangs on it.
void AgentRegistry::Offline(const std::string& agent_id,
                            const std::set<std::string>& present) {
  if (const absl::Status status =
          lab_.store.SetOffline(agent_id, present, lab_.clock.UnixMicros());
      !status.ok()) {
    LOG_WARNING("lab", "agent {}: boards offline: {}", agent_id,
                status.ToString());
  }
}

AttachedAgent* AgentRegistry::Find(LabState& live, const StreamId& id) {
  const auto it = live.agents.find(id.agent_id);
  return it != live.agents.end() && it->second.stream_number == id.number
             ? &it->second
             : nullptr;
}

absl::Status AgentRegistry::Receive(const StreamId& id,
                                    const v1::AgentMessage& message) {
  const auto live = lab_.state.Lock();
  AttachedAgent* agent = Find(*live, id);
  if (agent == nullptr) {
    return absl::UnavailableError("this stream was given up; dial again");
  }
  agent->seen_us = lab_.clock.MonotonicMicros();
  for (auto& [job_id, lease] : live->leases) {
    if (lease.agent_id == id.agent_id) {
      lease.seen_us = agent->seen_us;
    }
  }
  switch (message.body_case()) {
    case v1::AgentMessage::kHeartbeat:
      return absl::OkStatus();
    case v1::AgentMessage::kBoardUpdate:
      return OnBoard(*live, id, message.board_update().board());
    case v1::AgentMessage::kJobUpdate:
      return OnUpdate(*live, id, message.job_update());
    case v1::AgentMessage::kPredictions:
      return OnPredictions(*live, id, message.predictions(),
                           message.message_id());
    case v1::AgentMessage::kFinished:
      return OnFinished(*live, id, message.finished(), message.message_id());
    default:
      return absl::InvalidArgumentError(
          "agent message: a second hello, or nothing that is known");
  }
}

void AgentRegistry::Detach(const StreamId& id) {
  const auto live = lab_.state.Lock();
  if (Find(*live, id) != nullptr) {
    live->agents.erase(id.agent_id);
    Offline(id.agent_id, {});
    LOG_INFO("lab", "agent {} is away", id.agent_id);
    lab_.wake_dispatcher();
  }
}

absl::Status AgentRegistry::OnBoard(LabState& live, const StreamId& id,
                                    const v1::AgentBoard& board) {
  RETURN_IF_ERROR(CheckAgentBoard(board, lab_.boards));
  if (const absl::Status status = PutBoard(*Find(live, id), id.agent_id, board);
      !status.ok()) {
    return DialAgainLater(status);
  }
  const std::string name = absl::StrCat(id.agent_id, "/", board.name());
  lab_.wake_dispatcher();
  for (const auto& [job_id, lease] : live.leases) {
    if (lease.board_name == name && lease.cancel_deadline_us != 0 &&
        board.state() != v1::Board::BUSY) {
      return jobs_.EndLease(live, job_id, {.how = AttemptEnd::How::kCancelled},
                            false);
    }
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
