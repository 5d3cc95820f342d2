#include "server/lab/job_desk.h"

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

std::vector<std::string> BoardsUp(const Lab& lab) {
  std::vector<std::string> names;
  for (const auto& [agent_id, session] : lab.sessions) {
    for (const auto& [name, board] : session.boards) {
      if (board.state == v1::Board::IDLE || board.state == v1::Board::BUSY) {
        names.push_back(name);
      }
    }
  }
  return names;
}

absl::Status JobDesk::EndLease(int64_t job_id, const AttemptEnd& end,
                               bool revoke) {
  const auto it = lab_.leases.find(job_id);
  if (it == lab_.leases.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("job j-", job_id, " is on no board"));
  }
  const LiveLease lease = it->second;
  ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(job_id));
  const Verdict verdict = Judge(end, record.failed_count, record.lost_count,
                                record.cancel_requested, StageName(lease.stage),
                                lab_.options.attempts);
  RETURN_IF_ERROR(lab_.store.EndAttempt({.job_id = job_id,
                                         .fence = lease.fence,
                                         .next = verdict.next,
                                         .failure = verdict.failure,
                                         .end_reason = ReasonName(end.how),
                                         .failed_count = verdict.failed_count,
                                         .lost_count = verdict.lost_count,
                                         .now_us = lab_.clock.UnixMicros()},
                                        {v1::Job::FLASHING, v1::Job::RUNNING}));
  const std::string what = absl::StrCat(
      "attempt ", lease.fence, " on ", lease.board_name, ": ",
      ReasonName(end.how), end.failure.message().empty() ? "" : ": ",
      end.failure.message(), "; ",
      verdict.next == v1::Job::QUEUED ? "queued again"
                                      : v1::Job::State_Name(verdict.next));
  LOG_INFO("lab", "job j-{} {}", job_id, what);
  if (revoke) {
    Revoke(lease.agent_id, job_id, lease.fence, ReasonName(end.how));
  }
  Forget(job_id);
  Log(job_id, "server", {what});
  return absl::OkStatus();
}

absl::Status JobDesk::EndUnleased(const JobRecord& record, v1::Job::State next,
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
  Forget(record.id);
  return absl::OkStatus();
}

void JobDesk::Forget(int64_t job_id) {
  if (const auto it = lab_.leases.find(job_id); it != lab_.leases.end()) {
    if (const auto session = lab_.sessions.find(it->second.agent_id);
        session != lab_.sessions.end()) {
      const auto board = session->second.boards.find(it->second.board_name);
      if (board != session->second.boards.end()) {
        board->second.freed_us = lab_.clock.MonotonicMicros();
      }
    }
    lab_.leases.erase(it);
  }
  lab_.progress.erase(job_id);
  lab_.bell.Ring(job_id);
  lab_.wake_dispatcher();
}

void JobDesk::Log(int64_t job_id, std::string_view source,
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
  lab_.bell.Ring(job_id);
}

void JobDesk::SetProgress(int64_t job_id, const v1::Progress& progress) {
  LiveProgress& live = lab_.progress[job_id];
  live.progress = progress;
  live.bump = std::min(live.bump + 1, kRevisionStep - 1);
  lab_.bell.Ring(job_id);
}

v1::Job JobDesk::Show(const JobRecord& record) {
  return ShowAll({record}).front();
}

std::vector<v1::Job> JobDesk::ShowAll(const std::vector<JobRecord>& records) {
  const bool waiting =
      std::any_of(records.begin(), records.end(), [](const JobRecord& record) {
        return record.job.state() == v1::Job::QUEUED;
      });
  if (waiting && lab_.queue != nullptr && lab_.queue->IsStale(true)) {
    lab_.queue->Refresh(BoardsUp(lab_));
  }
  std::vector<v1::Job> jobs;
  for (const JobRecord& record : records) {
    v1::Job& job = jobs.emplace_back(record.job);
    int64_t bump = 0;
    if (const auto it = lab_.progress.find(record.id);
        it != lab_.progress.end() && !HasEnded(job.state())) {
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

void JobDesk::Revoke(const std::string& agent_id, int64_t job_id, int64_t fence,
                     const std::string& reason) {
  const auto it = lab_.sessions.find(agent_id);
  if (it == lab_.sessions.end()) {
    return;
  }
  v1::ServerMessage message;
  message.mutable_revoke()->set_job_id(JobName(job_id));
  message.mutable_revoke()->set_fence(fence);
  message.mutable_revoke()->set_reason(reason);
  it->second.link->Send(message);
}

}  // namespace tinyrig::server
