// What an agent says of its jobs.
#include "base/log.h"
#include "server/lab/agent_registry.h"
#include "server/lab/predictions.h"
#include "server/lab/run_builder.h"
#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

AttemptEnd Broken(const absl::Status& status) {
  AttemptEnd end{.how = AttemptEnd::How::kFailed, .retryable = true};
  end.failure = FailureOf(status, v1::LAB, "");
  return end;
}

}  // namespace

LiveLease* AgentRegistry::FindLease(LabState& live, const std::string& agent_id,
                                    const std::string& job_id, int64_t fence) {
  const auto number = ParseJobId(job_id);
  const auto it = number.ok() ? live.leases.find(*number) : live.leases.end();
  return it != live.leases.end() && it->second.fence == fence &&
                 it->second.agent_id == agent_id
             ? &it->second
             : nullptr;
}

absl::Status AgentRegistry::OnUpdate(LabState& live, const StreamId& id,
                                     const v1::JobUpdate& update) {
  LiveLease* lease =
      FindLease(live, id.agent_id, update.job_id(), update.fence());
  if (lease == nullptr) {
    if (const auto number = ParseJobId(update.job_id()); number.ok()) {
      jobs_.Revoke(live, id.agent_id, *number, update.fence(), "stale fence");
    }
    return absl::OkStatus();
  }
  if (IsLeased(update.state()) && update.state() != lease->stage) {
    if (const absl::Status status =
            lab_.store.SetStage(lease->job_id, lease->fence, update.state());
        !status.ok()) {
      return DialAgainLater(status);
    }
    lease->stage = update.state();
  }
  jobs_.SetProgress(live, lease->job_id, update.progress());
  if (update.log_size() > 0) {
    jobs_.Log(lease->job_id, "agent",
              {update.log().begin(), update.log().end()});
  }
  return absl::OkStatus();
}

absl::Status AgentRegistry::OnPredictions(LabState& live, const StreamId& id,
                                          const v1::PredictionBatch& batch,
                                          int64_t message_id) {
  LiveLease* lease =
      FindLease(live, id.agent_id, batch.job_id(), batch.fence());
  if (lease == nullptr) {
    return OnStale(live, id, batch.job_id(), batch.fence(), message_id);
  }
  const absl::StatusOr<int64_t> stored = StorePredictions(lab_, *lease, batch);
  if (stored.ok()) {
    Ack(live, id, message_id);
    return absl::OkStatus();
  }
  if (stored.status().code() == absl::StatusCode::kInvalidArgument) {
    return jobs_.EndLease(live, lease->job_id, Broken(stored.status()), true);
  }
  return DialAgainLater(stored.status());
}

absl::Status AgentRegistry::OnFinished(LabState& live, const StreamId& id,
                                       const v1::JobFinished& finished,
                                       int64_t message_id) {
  LiveLease* found =
      FindLease(live, id.agent_id, finished.job_id(), finished.fence());
  if (found == nullptr) {
    return OnStale(live, id, finished.job_id(), finished.fence(), message_id);
  }
  const LiveLease lease = *found;
  absl::Status status;
  if (lease.cancel_deadline_us != 0) {
    status = jobs_.EndLease(live, lease.job_id,
                            {.how = AttemptEnd::How::kCancelled}, false);
  } else if (finished.has_result()) {
    status = StoreResult(live, lease, finished.result());
  } else {
    AttemptEnd end{.how = AttemptEnd::How::kFailed,
                   .retryable = finished.retryable(),
                   .failure = finished.failure()};
    status = jobs_.EndLease(live, lease.job_id, end, false);
  }
  if (!status.ok()) {
    return DialAgainLater(status);
  }
  if (finished.log_size() > 0) {
    jobs_.Log(lease.job_id, "agent",
              {finished.log().begin(), finished.log().end()});
  }
  Ack(live, id, message_id);
  return absl::OkStatus();
}

// The lease is over. If it ended by what this agent said, the message is one
// that comes again because its Ack was lost; otherwise the agent is too late.
absl::Status AgentRegistry::OnStale(LabState& live, const StreamId& id,
                                    const std::string& job_id, int64_t fence,
                                    int64_t message_id) {
  const auto number = ParseJobId(job_id);
  if (!number.ok()) {
    return number.status();
  }
  const auto lease = lab_.store.FindLease(*number, fence);
  if (!lease.ok()) {
    return DialAgainLater(lease.status());
  }
  const bool told_us =
      lease->has_value() && (*lease)->agent_id == id.agent_id &&
      ((*lease)->end_reason == "finished" || (*lease)->end_reason == "failed");
  if (told_us) {
    Ack(live, id, message_id);
  } else {
    jobs_.Revoke(live, id.agent_id, *number, fence, "stale fence");
  }
  return absl::OkStatus();
}

absl::Status AgentRegistry::StoreResult(LabState& live, const LiveLease& lease,
                                        const v1::DeviceResult& result) {
  const absl::StatusOr<v1::Run> run = BuildRun(lab_, lease, result);
  absl::Status status = run.status();
  if (run.ok()) {
    const auto added = lab_.store.AddRun(*run, lease.job_id, lease.fence,
                                         lab_.clock.UnixMicros());
    status = added.status();
    if (added.ok()) {
      LOG_INFO("lab", "job j-{} SUCCEEDED as r-{}", lease.job_id, *added);
      jobs_.Forget(live, lease.job_id);
      return absl::OkStatus();
    }
  }
  if (status.code() == absl::StatusCode::kInvalidArgument ||
      status.code() == absl::StatusCode::kFailedPrecondition) {
    return jobs_.EndLease(live, lease.job_id, Broken(status), false);
  }
  return status;
}

void AgentRegistry::Ack(LabState& live, const StreamId& id,
                        int64_t message_id) {
  v1::ServerMessage message;
  message.mutable_ack()->set_message_id(message_id);
  Find(live, id)->stream->Send(message);
}

}  // namespace tinyrig::server
