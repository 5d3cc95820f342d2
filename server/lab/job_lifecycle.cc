#include "server/lab/job_lifecycle.h"

#include <algorithm>

#include "base/log.h"
#include "server/lab/queue_view.h"
#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxLineBytes = 4096;
constexpr size_t kMaxLinesAtOnce = 200;
// A row's revision counts its own changes; what changes between two of them
// in memory only counts below it.
constexpr int64_t kRevisionStep = 1'000'000;

const char* ReasonName(AttemptEnd::How how) {
  switch (how) {
    case AttemptEnd::How::kFailed:
      return "failed";
    case AttemptEnd::How::kAgentLost:
      return "agent lost";
    case AttemptEnd::How::kTimeout:
      return "timeout";
    case AttemptEnd::How::kCancelled:
      break;
  }
  return "cancelled";
}

std::string Printable(const std::string& line) {
  std::string text = line.substr(0, kMaxLineBytes);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      c = c == '\t' ? ' ' : '?';  // proto3 strings must be UTF-8
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> BoardsUp(const LabState& live) {
  std::vector<std::string> names;
  for (const auto& [agent_id, agent] : live.agents) {
    for (const auto& [name, board] : agent.boards) {
      if (board.state == v1::Board::IDLE || board.state == v1::Board::BUSY) {
        names.push_back(name);
      }
    }
  }
  return names;
}

absl::Status JobLifecycle::EndLease(LabState& live, int64_t job_id,
                                    const AttemptEnd& end, bool revoke) {
  const auto it = live.leases.find(job_id);
  if (it == live.leases.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("job j-", job_id, " is on no board"));
  }
  const LiveLease lease = it->second;
  ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(job_id));
  const AttemptOutcome outcome = DecideOutcome(
      end, record.failed_count, record.lost_count, record.cancel_requested,
      StageName(lease.stage), lab_.options.attempts);
  RETURN_IF_ERROR(lab_.store.EndAttempt({.job_id = job_id,
                                         .fence = lease.fence,
                                         .next = outcome.next,
                                         .failure = outcome.failure,
                                         .end_reason = ReasonName(end.how),
                                         .failed_count = outcome.failed_count,
                                         .lost_count = outcome.lost_count,
                                         .now_us = lab_.clock.UnixMicros()},
                                        {v1::Job::FLASHING, v1::Job::RUNNING}));
  const std::string what = absl::StrCat(
      "attempt ", lease.fence, " on ", lease.board_name, ": ",
      ReasonName(end.how), end.failure.message().empty() ? "" : ": ",
      end.failure.message(), "; ",
      outcome.next == v1::Job::QUEUED ? "queued again"
                                      : v1::Job::State_Name(outcome.next));
  LOG_INFO("lab", "job j-{} {}", job_id, what);
  if (revoke) {
    Revoke(live, lease.agent_id, job_id, lease.fence, ReasonName(end.how));
  }
  Forget(live, job_id);
  Log(job_id, "server", {what});
  return absl::OkStatus();
}

absl::Status JobLifecycle::EndUnleased(LabState& live, const JobRecord& record,
                                       v1::Job::State next,
                                       const v1::Failure& failure) {
  RETURN_IF_ERROR(lab_.store.EndAttempt({.job_id = record.id,
                                         .next = next,
                                         .failure = failure,
                                         .failed_count = record.failed_count,
                                         .lost_count = record.lost_count,
                                         .now_us = lab_.clock.UnixMicros()},
                                        {v1::Job::QUEUED, v1::Job::COMPILING}));
  LOG_INFO("lab", "job j-{} {} {}", record.id, v1::Job::State_Name(next),
           failure.message());
  Log(record.id, "server",
      {absl::StrCat(v1::Job::State_Name(next), ": ", failure.message())});
  Forget(live, record.id);
  return absl::OkStatus();
}

void JobLifecycle::Forget(LabState& live, int64_t job_id) {
  if (const auto it = live.leases.find(job_id); it != live.leases.end()) {
    if (const auto agent = live.agents.find(it->second.agent_id);
        agent != live.agents.end()) {
      const auto board = agent->second.boards.find(it->second.board_name);
      if (board != agent->second.boards.end()) {
        board->second.freed_us = lab_.clock.MonotonicMicros();
      }
    }
    live.leases.erase(it);
  }
  live.progress.erase(job_id);
  lab_.changes.Notify(job_id);
  lab_.wake_dispatcher();
}

void JobLifecycle::Log(int64_t job_id, std::string_view source,
                       const std::vector<std::string>& lines) {
  std::vector<LogLine> limited;
  for (const std::string& line : lines) {
    if (limited.size() == kMaxLinesAtOnce) {
      break;
    }
    limited.push_back(
        {lab_.clock.UnixMicros(), std::string(source), Printable(line)});
  }
  if (const absl::Status status = lab_.store.AddLog(job_id, limited);
      !status.ok()) {
    LOG_WARNING("lab", "job j-{}: log lost: {}", job_id, status.ToString());
  }
  lab_.changes.Notify(job_id);
}

void JobLifecycle::SetProgress(LabState& live, int64_t job_id,
                               const v1::Progress& progress) {
  LiveProgress& known = live.progress[job_id];
  known.progress = progress;
  known.bump = std::min(known.bump + 1, kRevisionStep - 1);
  lab_.changes.Notify(job_id);
}

v1::Job JobLifecycle::Show(const LabState& live, const JobRecord& record) {
  return ShowAll(live, {record}).front();
}

std::vector<v1::Job> JobLifecycle::ShowAll(
    const LabState& live, const std::vector<JobRecord>& records) {
  const bool waiting =
      std::any_of(records.begin(), records.end(), [](const JobRecord& record) {
        return record.job.state() == v1::Job::QUEUED;
      });
  if (waiting && lab_.queue != nullptr && lab_.queue->IsStale(true)) {
    lab_.queue->Refresh(BoardsUp(live));
  }
  std::vector<v1::Job> jobs;
  for (const JobRecord& record : records) {
    v1::Job& job = jobs.emplace_back(record.job);
    int64_t bump = 0;
    if (const auto it = live.progress.find(record.id);
        it != live.progress.end() && !HasEnded(job.state())) {
      *job.mutable_progress() = it->second.progress;
      bump = it->second.bump;
    }
    job.set_revision(job.revision() * kRevisionStep + bump);
    if (lab_.queue != nullptr && job.state() == v1::Job::QUEUED) {
      lab_.queue->Show(record.id, &job);
    }
  }
  return jobs;
}

void JobLifecycle::Revoke(const LabState& live, const std::string& agent_id,
                          int64_t job_id, int64_t fence,
                          const std::string& reason) {
  const auto it = live.agents.find(agent_id);
  if (it == live.agents.end()) {
    return;
  }
  v1::ServerMessage message;
  message.mutable_revoke()->set_job_id(JobName(job_id));
  message.mutable_revoke()->set_fence(fence);
  message.mutable_revoke()->set_reason(reason);
  it->second.stream->Send(message);
}

}  // namespace tinyrig::server
