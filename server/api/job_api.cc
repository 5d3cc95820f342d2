// Jobs.
#include <chrono>
#include <random>

#include "absl/strings/str_format.h"

#include "server/api/job_request.h"
#include "server/api/lab_api.h"
#include "server/queue/job_state.h"
#include "server/request/list_request.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

// How often a watcher looks whether its caller is still there.
constexpr std::chrono::milliseconds kLookUp{500};
constexpr int kLogPage = 500;

std::string RandomRequestId() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return absl::StrFormat("server-%016x%016x", random(), random());
}

absl::Status Stopping() {
  return absl::UnavailableError("the server is going away");
}

}  // namespace

absl::StatusOr<v1::Job> LabApi::CreateJob(const Caller& caller,
                                          const v1::CreateJobRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kSubmit));
  // The first job wins whatever else the second request says.
  if (!request.request_id().empty()) {
    ASSIGN_OR_RETURN(const auto first,
                     lab_.store.FindRequest(request.request_id(),
                                            request.spec().board_id()));
    if (first.has_value()) {
      return JobNow(first->id);
    }
  }
  const auto hold = lab_.blobs.Hold();  // what is found there stays there
  ASSIGN_OR_RETURN(JobRecord record, CheckJobRequest(lab_, request));
  if (record.job.request_id().empty()) {
    record.job.set_request_id(RandomRequestId());
  }
  RETURN_IF_ERROR(lab_.blobs.CheckRoom(0));
  return Added(std::move(record));
}

absl::StatusOr<v1::Job> LabApi::Added(JobRecord record) {
  const auto live = lab_.state.Lock();
  ASSIGN_OR_RETURN(const int64_t queued, lab_.store.QueuedCount());
  if (queued >= lab_.options.max_queue) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the queue is full: ", queued,
                     " jobs wait; try again when some have ended"));
  }
  const absl::StatusOr<int64_t> id = lab_.store.AddJob(record);
  if (id.status().code() == absl::StatusCode::kAlreadyExists) {
    ASSIGN_OR_RETURN(const auto first,
                     lab_.store.FindRequest(record.job.request_id(),
                                            record.job.spec().board_id()));
    if (!first.has_value()) {
      return absl::InternalError("a request id is taken and not there");
    }
    return jobs_.Show(*live, *first);
  }
  RETURN_IF_ERROR(id.status());
  lab_.wake_dispatcher();
  lab_.changes.Notify(*id);
  ASSIGN_OR_RETURN(const JobRecord added, lab_.store.GetJob(*id));
  return jobs_.Show(*live, added);
}

absl::StatusOr<v1::Job> LabApi::JobNow(int64_t id) {
  const auto live = lab_.state.Lock();
  ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(id));
  return jobs_.Show(*live, record);
}

absl::StatusOr<v1::Job> LabApi::GetJob(const Caller& caller,
                                       const v1::GetJobRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int64_t id, ParseJobId(request.id()));
  return JobNow(id);
}

absl::StatusOr<v1::ListJobsResponse> LabApi::ListJobs(
    const Caller& caller, const v1::ListJobsRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  const ListText text = {.list = "jobs",
                         .filter = request.filter(),
                         .order_by = request.order_by(),
                         .page_token = request.page_token(),
                         .page_size = request.page_size()};
  ASSIGN_OR_RETURN(const ListRequest list,
                   ReadListRequest(text, JobFilterFields(), JobOrderFields(),
                                   lab_.clock.UnixMicros()));
  // Without the lab's lock: a long list holds up nobody.
  ASSIGN_OR_RETURN(const auto page, lab_.store.ListJobs(list));
  v1::ListJobsResponse response;
  response.set_next_page_token(NextPageToken(text, page.next));
  const auto live = lab_.state.Lock();
  for (v1::Job& job : jobs_.ShowAll(*live, page.rows)) {
    *response.add_jobs() = std::move(job);
  }
  return response;
}

absl::Status LabApi::WatchJob(const Caller& caller,
                              const v1::WatchJobRequest& request,
                              const std::function<bool()>& gone,
                              const Sink<v1::Job>& sink) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int64_t id, ParseJobId(request.id()));
  int64_t shown = -1;
  while (!gone()) {
    if (lab_.changes.stopped()) {
      return Stopping();
    }
    const uint64_t version = lab_.changes.Version(id);
    ASSIGN_OR_RETURN(const v1::Job job, JobNow(id));
    if (job.revision() != shown) {
      shown = job.revision();
      if (!sink(job)) {
        break;
      }
    }
    if (HasEnded(job.state())) {
      return absl::OkStatus();
    }
    lab_.changes.Wait(id, version, kLookUp);
  }
  return absl::CancelledError("the caller has gone");
}

absl::StatusOr<v1::Job> LabApi::CancelJob(const Caller& caller,
                                          const v1::CancelJobRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kSubmit));
  ASSIGN_OR_RETURN(const int64_t id, ParseJobId(request.id()));
  const auto live = lab_.state.Lock();
  ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(id));
  const v1::Job::State state = record.job.state();
  if (HasEnded(state)) {
    return absl::FailedPreconditionError(absl::StrCat(
        record.job.id(), " has ended already: ", v1::Job::State_Name(state)));
  }
  if (IsLeased(state)) {
    RETURN_IF_ERROR(lab_.store.RequestCancel(id));
    if (const auto it = live->leases.find(id); it != live->leases.end()) {
      it->second.cancel_deadline_us =
          lab_.clock.MonotonicMicros() +
          int64_t{lab_.options.cancel_grace_ms} * 1000;
      jobs_.Revoke(*live, it->second.agent_id, id, it->second.fence,
                   "cancelled");
    }
    lab_.changes.Notify(id);
    lab_.wake_dispatcher();
  } else {
    const AttemptOutcome outcome = DecideOutcome(
        {.how = AttemptEnd::How::kCancelled}, record.failed_count,
        record.lost_count, true, StageName(state), lab_.options.attempts);
    RETURN_IF_ERROR(
        jobs_.EndUnleased(*live, record, outcome.next, outcome.failure));
    lab_.cancel_compile(id);
  }
  ASSIGN_OR_RETURN(const JobRecord now, lab_.store.GetJob(id));
  return jobs_.Show(*live, now);
}

absl::StatusOr<int64_t> LabApi::SendLog(int64_t id, int64_t from,
                                        const Sink<v1::JobLogLine>& sink) {
  while (true) {
    ASSIGN_OR_RETURN(const auto lines, lab_.store.Log(id, from, kLogPage));
    for (const LogLine& line : lines) {
      v1::JobLogLine message;
      message.mutable_time()->set_seconds(line.time_us / 1'000'000);
      message.mutable_time()->set_nanos(
          static_cast<int32_t>(line.time_us % 1'000'000) * 1000);
      message.set_source(line.source);
      message.set_text(line.text);
      if (!sink(message)) {
        return absl::CancelledError("the caller has gone");
      }
    }
    from += static_cast<int64_t>(lines.size());
    if (lines.size() < static_cast<size_t>(kLogPage)) {
      return from;
    }
  }
}

absl::Status LabApi::GetJobLog(const Caller& caller,
                               const v1::GetJobLogRequest& request,
                               const std::function<bool()>& gone,
                               const Sink<v1::JobLogLine>& sink) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int64_t id, ParseJobId(request.id()));
  int64_t next = 0;
  while (!gone()) {
    if (lab_.changes.stopped()) {
      return Stopping();
    }
    const uint64_t version = lab_.changes.Version(id);
    ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(id));
    ASSIGN_OR_RETURN(next, SendLog(id, next, sink));
    if (!request.follow() || HasEnded(record.job.state())) {
      return absl::OkStatus();
    }
    lab_.changes.Wait(id, version, kLookUp);
  }
  return absl::CancelledError("the caller has gone");
}

}  // namespace tinyrig::server
