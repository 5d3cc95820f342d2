// Results: predictions as they come, a run at its end, both read back. store.h
// says what holds for all parts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "server/request/list_order.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

struct RunStore {
  virtual ~RunStore() = default;

  /// Appends what is new of consecutive predictions to a live lease's job and
  /// clears its failure counts if anything was; the count stored then. They
  /// survive a power cut. INVALID_ARGUMENT: a gap, or more than the dataset
  /// has. FAILED_PRECONDITION: stale fence.
  virtual absl::StatusOr<int64_t> AddPredictions(
      int64_t job_id, int64_t fence, std::span<const v1::Prediction> batch) = 0;

  /// So many stored samples of a job have this label and this answer.
  struct Tally {
    int32_t label = 0, predicted = 0;
    int64_t count = 0;  ///< from 1
  };
  /// By label, then answer.
  virtual absl::StatusOr<std::vector<Tally>> Tallies(int64_t job_id) = 0;

  /// The whole run, the job's end (SUCCEEDED) and the lease's, at once. The
  /// number of the run, from 1. FAILED_PRECONDITION: stale fence, or samples
  /// missing.
  virtual absl::StatusOr<int64_t> AddRun(const v1::Run& run, int64_t job_id,
                                         int64_t fence, int64_t now_us) = 0;
  /// With its cycles by sample, its layers (shares are of the layers' sum) and
  /// its memory plan. NOT_FOUND.
  virtual absl::StatusOr<v1::Run> GetRun(int64_t id) = 0;
  /// Without cycles by sample, layers and plan. `request` is of RunFilterFields
  /// and RunOrderFields. The page is of one moment. DEADLINE_EXCEEDED: the
  /// filter is too dear.
  virtual absl::StatusOr<ListPage<v1::Run>> ListRuns(
      const ListRequest& request) = 0;
  /// Those that pass from sample `from` on, in sample order, at most `limit`.
  /// `filter` is of PredictionFilterFields. None of a run that is not there.
  virtual absl::StatusOr<std::vector<v1::Prediction>> ListPredictions(
      int64_t run_id, const Filter& filter, int64_t from, int limit) = 0;
};

}  // namespace tinyrig::server
