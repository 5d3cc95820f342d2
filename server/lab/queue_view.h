// Who waits where: positions and expected starts of all queued jobs, worked
// out once for whoever asks, by reads that hold up no writer. A long queue is
// looked at rarely, and never while the lab is locked.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/queue/scheduler.h"
#include "server/queue/start_eta.h"
#include "server/store/queue_reader.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {

struct QueuePlace {
  int32_t position = 0;  ///< among jobs of the kind, 1 = next
  /// Seconds from the making of the plan, 0 or more; none: not known.
  std::optional<double> start_eta_s;
};

/// One look at the queue; does not change once it is made.
struct QueuePlan {
  int64_t made_us = 0;                             ///< monotonic
  std::vector<int64_t> order;                      ///< by kind, then position
  std::unordered_map<int64_t, QueuePlace> places;  ///< by job
  std::map<std::string, int32_t> kind_counts;  ///< waiting jobs, by board kind

  /// The ETA at `now_us`: time has passed since.
  [[nodiscard]] std::optional<double> EtaAt(const QueuePlace& place,
                                            int64_t now_us) const;
};

/// Thread-safe. Asks nothing of the lab, so it may be called with or without
/// its lock.
class QueueView {
 public:
  /// Both must outlive it; nobody else uses `reader` meanwhile.
  QueueView(QueueReader& reader, const base::Clock& clock)
      : clock_(clock), reader_(reader) {}

  /// Never null.
  std::shared_ptr<const QueuePlan> Latest();

  /// Whether what is stored has changed since, and the last plan was so quick
  /// to make, or so long ago, that a new one costs at most 5 % of a core.
  /// `is_locked`: the caller holds the lab up, so it must also be quick.
  bool IsStale(bool is_locked);

  /// `up_boards`: names of boards that take jobs. Does nothing while another
  /// thread is at it.
  void Refresh(const std::vector<std::string>& up_boards);

  /// Fills position and ETA of a waiting job.
  void Show(int64_t job_id, v1::Job* job);

  /// Somebody was shown a plan since the last call.
  bool TakeAsked() { return asked_.exchange(false); }

 private:
  absl::StatusOr<std::shared_ptr<const QueuePlan>> Make(
      const std::vector<std::string>& up_boards);
  absl::Status ReadQueue();
  absl::StatusOr<std::vector<SubmitterUsage>> Usage(
      const std::vector<RunningJob>& running);
  absl::StatusOr<std::map<std::string, std::vector<EtaBoard>>> UpBoards(
      const std::vector<std::string>& names,
      const std::vector<RunningJob>& running);
  absl::StatusOr<const BoardTimes*> TimesOf(const std::string& board_id);
  /// Rank of a job that the latest plan does not know yet, 1 = first of them.
  int32_t RankAmongYounger(const std::string& kind, int64_t job_id);
  void Place(const std::string& kind,
             const std::vector<const WaitingJob*>& jobs,
             const std::vector<SubmitterUsage>& usage,
             const std::vector<EtaBoard>& boards, const BoardTimes& times,
             QueuePlan& plan);

  const base::Clock& clock_;
  std::atomic<bool> asked_{false};

  std::mutex plan_mutex_;  ///< guards what follows; held for moments
  std::shared_ptr<const QueuePlan> plan_ = std::make_shared<QueuePlan>();
  /// Jobs shown since the plan was made that it does not know; by kind, sorted.
  std::map<std::string, std::vector<int64_t>> younger_;

  std::mutex mutex_;  ///< guards what follows; held while a plan is made
  QueueReader& reader_;
  int64_t version_ = -1;  ///< of what the plan was made from
  int64_t cost_us_ = 0;
  int64_t made_us_ = 0;
  std::vector<WaitingJob> queue_;  ///< by id; what never changes of it
  struct Times {
    int64_t read_us = 0;
    BoardTimes times;
  };
  std::map<std::string, Times> times_;  ///< by kind
  std::map<std::string, int> recent_;   ///< leases by submitter
  int64_t recent_read_us_ = -1;
};

}  // namespace tinyrig::server
