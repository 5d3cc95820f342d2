#include "server/queue/verdict.h"

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

Verdict Judge(const AttemptEnd& end, int failed_count, int lost_count,
              bool cancel_requested, const char* stage,
              const AttemptLimits& limits) {
  Verdict verdict{.failed_count = failed_count, .lost_count = lost_count};
  if (cancel_requested || end.how == How::kCancelled) {
    verdict.next = v1::Job::CANCELLED;
    verdict.failure =
        Make(v1::CANCELLED_BY_USER, "CANCELLED", "cancelled by request", stage);
    return verdict;
  }
  if (end.how == How::kTimeout) {
    verdict.next = v1::Job::FAILED;
    verdict.failure = Make(v1::TIMEOUT, "DEADLINE_EXCEEDED",
                           "the job's timeout_s is used up; raise it or look "
                           "at the job's log for what was slow",
                           stage);
    return verdict;
  }
  if (end.how == How::kAgentLost) {
    if (++verdict.lost_count >= limits.max_losses) {
      verdict.next = v1::Job::FAILED;
      verdict.failure =
          Make(v1::LAB, "UNAVAILABLE",
               absl::StrCat("its agent was lost ", verdict.lost_count,
                            " times without progress; look at the agent's log"),
               stage);
    }
    return verdict;
  }
  ++verdict.failed_count;
  if (!end.retryable || verdict.failed_count >= limits.max_failures) {
    verdict.next = v1::Job::FAILED;
    verdict.failure = end.failure;
    if (verdict.failure.failure_class() == v1::FAILURE_CLASS_UNSPECIFIED) {
      verdict.failure.set_failure_class(v1::INTERNAL);
    }
    if (verdict.failure.stage().empty()) {
      verdict.failure.set_stage(stage);
    }
  }
  return verdict;
}

}  // namespace tinyrig::server
