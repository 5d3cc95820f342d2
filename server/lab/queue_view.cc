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

absl::StatusOr<std::unique_ptr<QueueView>> QueueView::Open(
    const std::filesystem::path& database, const base::Clock& clock) {
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database, Database::Mode::kReadOnly));
  return std::unique_ptr<QueueView>(new QueueView(std::move(reader), clock));
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
  auto row = reader_.Select("PRAGMA data_version");
  const bool found = row.ok() && row->Step().value_or(false);
  return !found || row->Int(0) != data_version_;
}

void QueueView::Refresh(const std::vector<std::string>& up_boards) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return;
  }
  const int64_t start_us = clock_.MonotonicMicros();
  if (auto row = reader_.Select("PRAGMA data_version");
      row.ok() && row->Step().value_or(false)) {
    data_version_ = row->Int(0);
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

absl::StatusOr<QueueView::Known> QueueView::ReadJob(int64_t id) {
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT board_id, submitter, priority, create_us, "
                     "model_sha256, spec FROM jobs WHERE id = ?",
                     id));
  RETURN_IF_ERROR(row.Step().status());
  v1::JobSpec spec;
  spec.ParseFromString(row.Bytes(5));
  return Known{.job = {.id = id,
                       .board_id = row.Bytes(0),
                       .board_name = spec.board_name(),
                       .submitter = row.Bytes(1),
                       .priority = static_cast<int>(row.Int(2)),
                       .create_us = row.Int(3)},
               .model_sha256 = row.Bytes(4)};
}

// Ids come from an index alone; only those that are new are read.
absl::Status QueueView::ReadQueue() {
  std::vector<int64_t> ids;
  {
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT id FROM jobs WHERE state = ? ORDER BY id",
                       static_cast<int>(v1::Job::QUEUED)));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      ids.push_back(row.Int(0));
    }
  }
  std::vector<Known> queue;
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
      absl::StatusOr<Known> read = ReadJob(id);
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

absl::StatusOr<std::vector<QueueView::Running>> QueueView::ReadRunning() {
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT l.board_name, l.submitter, j.board_id, "
                     "j.model_sha256, l.start_us FROM leases l JOIN jobs j ON "
                     "j.id = l.job_id WHERE l.end_us = 0"));
  std::vector<Running> running;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return running;
    }
    running.push_back(
        {row.Bytes(0), row.Bytes(1), row.Bytes(2), row.Bytes(3), row.Int(4)});
  }
}

// As SqliteStore::Usage, but the long tail of recent leases is read rarely.
absl::StatusOr<std::vector<SubmitterUsage>> QueueView::Usage(
    const std::vector<Running>& running) {
  const int64_t now_us = clock_.MonotonicMicros();
  if (recent_read_us_ < 0 || now_us - recent_read_us_ > kUsageAgeUs) {
    recent_.clear();
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT submitter, count(*) FROM leases WHERE start_us "
                       ">= ? GROUP BY submitter",
                       clock_.UnixMicros() - kUsageWindowUs));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      recent_[row.Bytes(0)] = static_cast<int>(row.Int(1));
    }
    recent_read_us_ = now_us;
  }
  std::map<std::string, SubmitterUsage> by_submitter;
  for (const auto& [submitter, count] : recent_) {
    by_submitter[submitter].recent_count = count;
  }
  for (const Running& lease : running) {
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
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT r.model_sha256, j.end_us - j.lease_us FROM runs r "
                     "JOIN jobs j ON j.id = r.job_id WHERE r.board_id = ? "
                     "ORDER BY r.id DESC LIMIT ?",
                     board_id, kRecentRuns));
  std::vector<std::pair<std::string, double>> finished;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    finished.emplace_back(row.Bytes(0), static_cast<double>(row.Int(1)) / 1e6);
  }
  known.times = MedianTimes(finished);
  // The first results of a kind should not wait.
  known.read_us = finished.empty() ? 0 : now_us;
  return &known.times;
}

absl::StatusOr<std::map<std::string, std::vector<EtaBoard>>>
QueueView::UpBoards(const std::vector<std::string>& names,
                    const std::vector<Running>& running) {
  const std::set<std::string> up(names.begin(), names.end());
  std::map<std::string, double> busy_s;
  for (const Running& lease : running) {
    ASSIGN_OR_RETURN(const BoardTimes* times, TimesOf(lease.board_id));
    const double so_far_s =
        static_cast<double>(clock_.UnixMicros() - lease.start_us) / 1e6;
    busy_s[lease.board_name] =
        std::max(0.0, times->Of(lease.model_sha256).value_or(0) - so_far_s);
  }
  std::map<std::string, std::vector<EtaBoard>> boards;
  ASSIGN_OR_RETURN(Query row,
                   reader_.Select("SELECT name, board_id FROM boards"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return boards;
    }
    if (const std::string name = row.Bytes(0); up.contains(name)) {
      const auto busy = busy_s.find(name);
      boards[row.Bytes(1)].push_back(
          {name, busy == busy_s.end() ? 0.0 : busy->second});
    }
  }
}

void QueueView::Place(const std::string& kind,
                      const std::vector<const Known*>& jobs,
                      const std::vector<SubmitterUsage>& usage,
                      const std::vector<EtaBoard>& boards,
                      const BoardTimes& times, QueuePlan& plan) {
  std::vector<QueuedJob> waiting;
  std::unordered_map<int64_t, const Known*> by_id;
  waiting.reserve(jobs.size());
  by_id.reserve(jobs.size());
  for (const Known* known : jobs) {
    waiting.push_back(known->job);
    by_id.emplace(known->job.id, known);
  }
  const std::vector<int64_t> order = WaitingOrder(std::move(waiting), usage);
  std::vector<EtaJob> asked;
  asked.reserve(order.size());
  for (const int64_t id : order) {
    const Known& known = *by_id.at(id);
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
  ASSIGN_OR_RETURN(const auto running, ReadRunning());
  ASSIGN_OR_RETURN(const auto usage, Usage(running));
  ASSIGN_OR_RETURN(const auto boards, UpBoards(up_boards, running));
  std::map<std::string, std::vector<const Known*>> by_kind;
  for (const Known& known : queue_) {
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
