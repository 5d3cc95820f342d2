#include "server/lab/queue_view.h"

#include <algorithm>
#include <set>

#include "base/log.h"

namespace tinyrig::server {
namespace {

constexpr int64_t kQuickUs = 1000;
constexpr int64_t kRestPerCost = 20;  // at most 1/20 of the time goes here
constexpr int64_t kTimesAgeUs = 2'000'000;
constexpr int64_t kUsageAgeUs = 5'000'000;
constexpr int kRecentRuns = 100;

}  // namespace

std::optional<double> QueuePlan::EtaAt(const QueuePlace& place,
                                       int64_t now_us) const {
  if (!place.start_eta_s.has_value()) {
    return std::nullopt;
  }
  return std::max(
      0.0, *place.start_eta_s - static_cast<double>(now_us - made_us) / 1e6);
}

std::shared_ptr<const QueuePlan> QueueView::Latest() {
  const std::lock_guard lock(plan_mutex_);
  return plan_;
}

bool QueueView::IsStale(bool is_locked) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || (is_locked && cost_us_ > kQuickUs) ||
      clock_.MonotonicMicros() - made_us_ < kRestPerCost * cost_us_) {
    return false;
  }
  const auto version = reader_.Version();
  return !version.ok() || *version != version_;
}

void QueueView::Refresh(const std::vector<std::string>& up_boards) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return;
  }
  const int64_t start_us = clock_.MonotonicMicros();
  if (const auto version = reader_.Version(); version.ok()) {
    version_ = *version;
  }
  auto plan = Make(up_boards);
  made_us_ = clock_.MonotonicMicros();
  cost_us_ = made_us_ - start_us;
  if (!plan.ok()) {
    LOG_WARNING("queue", "positions: {}", plan.status().ToString());
    return;
  }
  const std::lock_guard plan_lock(plan_mutex_);
  plan_ = *std::move(plan);
  younger_.clear();
}

int32_t QueueView::RankAmongYounger(const std::string& kind, int64_t job_id) {
  const std::lock_guard lock(plan_mutex_);
  std::vector<int64_t>& ids = younger_[kind];
  auto at = std::lower_bound(ids.begin(), ids.end(), job_id);
  if (at == ids.end() || *at != job_id) {
    at = ids.insert(at, job_id);
  }
  return static_cast<int32_t>(at - ids.begin()) + 1;
}

void QueueView::Show(int64_t job_id, v1::Job* job) {
  asked_ = true;
  const auto plan = Latest();
  const auto it = plan->places.find(job_id);
  if (it == plan->places.end()) {
    // Younger than the plan: behind those that were there, most likely.
    const std::string& kind = job->spec().board_id();
    const auto count = plan->kind_counts.find(kind);
    job->set_queue_position(
        (count == plan->kind_counts.end() ? 0 : count->second) +
        RankAmongYounger(kind, job_id));
    return;
  }
  job->set_queue_position(it->second.position);
  if (const auto eta = plan->EtaAt(it->second, clock_.MonotonicMicros())) {
    job->set_start_eta_s(*eta);
  }
}

// Ids come from an index alone; only those that are new are read.
absl::Status QueueView::ReadQueue() {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, reader_.QueuedIds());
  std::vector<WaitingJob> queue;
  queue.reserve(ids.size());
  auto known = queue_.begin();
  for (const int64_t id : ids) {
    while (known != queue_.end() && known->job.id < id) {
      ++known;
    }
    if (known != queue_.end() && known->job.id == id) {
      queue.push_back(std::move(*known));
      ++known;
    } else {
      absl::StatusOr<WaitingJob> read = reader_.ReadJob(id);
      if (!read.ok()) {
        queue_.clear();  // half of it has moved
        return read.status();
      }
      queue.push_back(*std::move(read));
    }
  }
  queue_ = std::move(queue);
  return absl::OkStatus();
}

// As LeaseStore::Usage, but the long tail of recent leases is read rarely.
absl::StatusOr<std::vector<SubmitterUsage>> QueueView::Usage(
    const std::vector<RunningJob>& running) {
  const int64_t now_us = clock_.MonotonicMicros();
  if (recent_read_us_ < 0 || now_us - recent_read_us_ > kUsageAgeUs) {
    ASSIGN_OR_RETURN(recent_,
                     reader_.LeasesSince(clock_.UnixMicros() - kUsageWindowUs));
    recent_read_us_ = now_us;
  }
  std::map<std::string, SubmitterUsage> by_submitter;
  for (const auto& [submitter, count] : recent_) {
    by_submitter[submitter].recent_count = count;
  }
  for (const RunningJob& lease : running) {
    ++by_submitter[lease.submitter].running;
  }
  std::vector<SubmitterUsage> usage;
  for (auto& [submitter, used] : by_submitter) {
    used.submitter = submitter;
    usage.push_back(used);
  }
  return usage;
}

absl::StatusOr<const BoardTimes*> QueueView::TimesOf(
    const std::string& board_id) {
  Times& known = times_[board_id];
  const int64_t now_us = clock_.MonotonicMicros();
  if (known.read_us != 0 && now_us - known.read_us < kTimesAgeUs) {
    return &known.times;
  }
  ASSIGN_OR_RETURN(const std::vector<BoardUse> uses,
                   reader_.RecentUse(board_id, kRecentRuns));
  std::vector<std::pair<std::string, double>> finished;
  for (const BoardUse& use : uses) {
    finished.emplace_back(use.model_sha256,
                          static_cast<double>(use.used_us) / 1e6);
  }
  known.times = MedianTimes(finished);
  // The first results of a kind should not wait.
  known.read_us = finished.empty() ? 0 : now_us;
  return &known.times;
}

absl::StatusOr<std::map<std::string, std::vector<EtaBoard>>>
QueueView::UpBoards(const std::vector<std::string>& names,
                    const std::vector<RunningJob>& running) {
  const std::set<std::string> up(names.begin(), names.end());
  std::map<std::string, double> busy_s;
  for (const RunningJob& lease : running) {
    ASSIGN_OR_RETURN(const BoardTimes* times, TimesOf(lease.board_id));
    const double so_far_s =
        static_cast<double>(clock_.UnixMicros() - lease.start_us) / 1e6;
    busy_s[lease.board_name] =
        std::max(0.0, times->Of(lease.model_sha256).value_or(0) - so_far_s);
  }
  std::map<std::string, std::vector<EtaBoard>> boards;
  ASSIGN_OR_RETURN(const auto kinds, reader_.BoardKinds());
  for (const auto& [name, kind] : kinds) {
    if (up.contains(name)) {
      const auto busy = busy_s.find(name);
      boards[kind].push_back({name, busy == busy_s.end() ? 0.0 : busy->second});
    }
  }
  return boards;
}

void QueueView::Place(const std::string& kind,
                      const std::vector<const WaitingJob*>& jobs,
                      const std::vector<SubmitterUsage>& usage,
                      const std::vector<EtaBoard>& boards,
                      const BoardTimes& times, QueuePlan& plan) {
  std::vector<QueuedJob> waiting;
  std::unordered_map<int64_t, const WaitingJob*> by_id;
  waiting.reserve(jobs.size());
  by_id.reserve(jobs.size());
  for (const WaitingJob* known : jobs) {
    waiting.push_back(known->job);
    by_id.emplace(known->job.id, known);
  }
  const std::vector<int64_t> order = WaitingOrder(std::move(waiting), usage);
  std::vector<EtaJob> asked;
  asked.reserve(order.size());
  for (const int64_t id : order) {
    const WaitingJob& known = *by_id.at(id);
    asked.push_back({known.job.board_name, known.model_sha256});
  }
  const auto etas = StartEtas(asked, boards, times);
  for (size_t i = 0; i < order.size(); ++i) {
    plan.places[order[i]] = {static_cast<int32_t>(i + 1), etas[i]};
  }
  plan.order.insert(plan.order.end(), order.begin(), order.end());
  plan.kind_counts[kind] = static_cast<int32_t>(order.size());
}

absl::StatusOr<std::shared_ptr<const QueuePlan>> QueueView::Make(
    const std::vector<std::string>& up_boards) {
  RETURN_IF_ERROR(ReadQueue());
  auto plan = std::make_shared<QueuePlan>();
  plan->made_us = clock_.MonotonicMicros();
  if (queue_.empty()) {
    return plan;
  }
  ASSIGN_OR_RETURN(const auto running, reader_.Running());
  ASSIGN_OR_RETURN(const auto usage, Usage(running));
  ASSIGN_OR_RETURN(const auto boards, UpBoards(up_boards, running));
  std::map<std::string, std::vector<const WaitingJob*>> by_kind;
  for (const WaitingJob& known : queue_) {
    by_kind[known.job.board_id].push_back(&known);
  }
  plan->places.reserve(queue_.size());
  plan->order.reserve(queue_.size());
  for (const auto& [kind, jobs] : by_kind) {
    ASSIGN_OR_RETURN(const BoardTimes* times, TimesOf(kind));
    const auto up = boards.find(kind);
    Place(kind, jobs, usage,
          up == boards.end() ? std::vector<EtaBoard>() : up->second, *times,
          *plan);
  }
  return plan;
}

}  // namespace tinyrig::server
