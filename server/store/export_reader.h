// Whole tables in the order of their ids, read piece by piece: between two
// calls nothing is held, so a slow reader holds nothing up. What comes or goes
// between two calls is seen or missing from there on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/filter/filter.h"
#include "server/store/records.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

/// Which rows a piece has: ids in (after, end] that pass, at most `limit`.
struct ExportPiece {
  const Filter& filter;  ///< of RunFilterFields or JobFilterFields
  int64_t after = 0, end = 0;
  int limit = 0;
};

/// A run without cycles by sample, layers and plan.
struct ExportedRun {
  int64_t id = 0;
  int64_t create_us = 0;  ///< when it was stored; Unix epoch
  v1::Run run;
};

/// What the rows of a run's parts say of their run.
struct RunHead {
  int64_t id = 0, job_id = 0;
  std::string model_name, board_id;
  v1::Origin origin = v1::ORIGIN_UNSPECIFIED;
  std::string dataset_name, dataset_sha256;
  int64_t clock_hz = 0;  ///< 0: not known
};

/// One thread at a time. Errors: store.h. A `take` that returns false ends the
/// call early, with OK.
struct ExportReader {
  virtual ~ExportReader() = default;

  /// The largest id; 0: there is none.
  virtual absl::StatusOr<int64_t> LastRunId() = 0;
  virtual absl::StatusOr<int64_t> LastJobId() = 0;

  virtual absl::StatusOr<std::vector<int64_t>> RunIds(
      const ExportPiece& piece) = 0;
  virtual absl::StatusOr<std::vector<RunHead>> RunHeads(
      const ExportPiece& piece) = 0;
  virtual absl::Status Runs(
      const ExportPiece& piece,
      const std::function<bool(const ExportedRun& run)>& take) = 0;
  virtual absl::Status Jobs(
      const ExportPiece& piece,
      const std::function<bool(const JobRecord& job)>& take) = 0;

  // Rows of one run from index `from` on, in order.

  virtual absl::Status Layers(
      const RunHead& run, int64_t from,
      const std::function<bool(int64_t index, const v1::LayerInfo& info,
                               int64_t cycles)>& take) = 0;
  virtual absl::Status Samples(
      const RunHead& run, int64_t from,
      const std::function<bool(int64_t index, int64_t cycles)>& take) = 0;
  /// Without outputs; names are the dataset's.
  virtual absl::Status Predictions(
      const RunHead& run, int64_t from,
      const std::function<bool(const v1::Prediction& row)>& take) = 0;
};

/// A reader of its own for each export. Thread-safe.
using OpenExport =
    std::function<absl::StatusOr<std::unique_ptr<ExportReader>>()>;

}  // namespace tinyrig::server
