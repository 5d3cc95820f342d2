#include "server/queue/attempt_outcome.h"

#include "absl/strings/str_cat.h"

namespace tinyrig::server {
namespace {

using How = AttemptEnd::How;

v1::Failure Make(v1::FailureClass why, const char* code,
                 const std::string& message, const char* stage) {
  v1::Failure failure;
  failure.set_failure_class(why);
  failure.set_code(code);
  failure.set_message(message);
  failure.set_stage(stage);
  return failure;
}

}  // namespace

AttemptOutcome DecideOutcome(const AttemptEnd& end, int failed_count,
                             int lost_count, bool cancel_requested,
                             const char* stage, const AttemptLimits& limits) {
  AttemptOutcome outcome{.failed_count = failed_count,
                         .lost_count = lost_count};
  if (cancel_requested || end.how == How::kCancelled) {
    outcome.next = v1::Job::CANCELLED;
    outcome.failure =
        Make(v1::CANCELLED_BY_USER, "CANCELLED", "cancelled by request", stage);
    return outcome;
  }
  if (end.how == How::kTimeout) {
    outcome.next = v1::Job::FAILED;
    outcome.failure = Make(v1::TIMEOUT, "DEADLINE_EXCEEDED",
                           "the job's timeout_s is used up; raise it or look "
                           "at the job's log for what was slow",
                           stage);
    return outcome;
  }
  if (end.how == How::kAgentLost) {
    if (++outcome.lost_count >= limits.max_losses) {
      outcome.next = v1::Job::FAILED;
      outcome.failure =
          Make(v1::LAB, "UNAVAILABLE",
               absl::StrCat("its agent was lost ", outcome.lost_count,
                            " times without progress; look at the agent's log"),
               stage);
    }
    return outcome;
  }
  ++outcome.failed_count;
  if (!end.retryable || outcome.failed_count >= limits.max_failures) {
    outcome.next = v1::Job::FAILED;
    outcome.failure = end.failure;
    if (outcome.failure.failure_class() == v1::FAILURE_CLASS_UNSPECIFIED) {
      outcome.failure.set_failure_class(v1::INTERNAL);
    }
    if (outcome.failure.stage().empty()) {
      outcome.failure.set_stage(stage);
    }
  }
  return outcome;
}

}  // namespace tinyrig::server
