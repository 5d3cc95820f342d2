// What lasts: jobs, leases, results, datasets, boards. An interface, so that
// another database can take SQLite's place. Every write to a job names the
// state or the fence that it expects and is FAILED_PRECONDITION otherwise.
//
// Thread-safe. Times are microseconds since the Unix epoch. Errors of every
// call: RESOURCE_EXHAUSTED the disk is full; UNAVAILABLE the database cannot be
// reached; DATA_LOSS it is damaged.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/filter/filter.h"
#include "server/queue/scheduler.h"
#include "server/request/list_order.h"
#include "tinyrig/v1/agent_service.pb.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::v1 {
class RunRecord;
}

namespace tinyrig::server {

/// A job with what only the server needs to know.
struct JobRecord {
  v1::Job job;
  int64_t id = 0;
  int64_t fence = 0;
  std::string dataset_sha256;
  int64_t sample_count = 0;
  int64_t stored_samples = 0;
  int64_t create_us = 0;
  int64_t compile_start_us = 0, compile_end_us = 0;
  int64_t used_us = 0;   ///< compiling and leases that have ended
  int failed_count = 0;  ///< retryable failures since the last progress
  int lost_count = 0;    ///< lost leases since the last progress
  bool cancel_requested = false;
};

/// A lease as stored; live while end_us is 0.
struct LeaseRecord {
  int64_t job_id = 0;
  int64_t fence = 0;
  std::string agent_id, board_name, board_uid;
  std::string submitter;
  int64_t start_us = 0, end_us = 0;
  std::string end_reason;
};

struct NewLease {
  int64_t job_id = 0;
  std::string agent_id, board_name;
  int64_t now_us = 0;
};

/// The end of a job or of one attempt of it, without a run.
struct Ending {
  int64_t job_id = 0;
  int64_t fence = 0;  ///< of the live lease; 0: there is none
  v1::Job::State next = v1::Job::QUEUED;
  v1::Failure failure;     ///< stored when next is FAILED or CANCELLED
  std::string end_reason;  ///< of the lease
  int failed_count = 0, lost_count = 0;
  int64_t now_us = 0;
};

struct CompileKey {
  std::string model_sha256, board_id, options, engine_version;
};

struct LogLine {
  int64_t time_us = 0;
  std::string source, text;
};

struct CatalogStore {
  virtual ~CatalogStore() = default;
  virtual absl::Status AddBlob(const std::string& sha256, int64_t size_bytes,
                               int64_t now_us) = 0;
  /// ALREADY_EXISTS: the name stands for other bytes.
  virtual absl::StatusOr<v1::Dataset> AddDataset(const v1::Dataset& dataset,
                                                 const v1::DatasetFile& file,
                                                 int64_t now_us) = 0;
  /// By name or sha256. NOT_FOUND.
  virtual absl::StatusOr<v1::Dataset> FindDataset(
      const std::string& name_or_sha256) = 0;
  virtual absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(
      const std::string& after_name, int limit) = 0;
  /// Labels in sample order; [from, from + count).
  virtual absl::StatusOr<std::vector<int32_t>> Labels(
      const std::string& dataset_sha256, int64_t from, int64_t count) = 0;

  virtual absl::Status PutAgent(const v1::AgentHello& hello,
                                int64_t now_us) = 0;
  virtual absl::Status PutBoard(const v1::Board& board, int64_t now_us) = 0;
  /// Boards of this agent (empty: of all) but those in `present` are away from
  /// now on: for their history.
  virtual absl::Status SetOffline(const std::string& agent_id,
                                  const std::set<std::string>& present,
                                  int64_t now_us) = 0;
  virtual absl::StatusOr<std::vector<v1::Board>> ListBoards(
      const std::string& after_name, int limit) = 0;
  /// NOT_FOUND.
  virtual absl::StatusOr<v1::Board> GetBoard(const std::string& name) = 0;
  virtual absl::StatusOr<bool> HasBoardOfKind(const std::string& board_id) = 0;

  virtual absl::StatusOr<std::optional<std::string>> CachedArtifact(
      const CompileKey& key) = 0;
  virtual absl::Status CacheArtifact(const CompileKey& key,
                                     const std::string& artifact_sha256,
                                     int64_t now_us) = 0;
};

struct JobStore {
  virtual ~JobStore() = default;
  /// Number of the new job. ALREADY_EXISTS: (request_id, board_id) is there.
  virtual absl::StatusOr<int64_t> AddJob(const JobRecord& record) = 0;
  virtual absl::StatusOr<std::optional<JobRecord>> FindRequest(
      const std::string& request_id, const std::string& board_id) = 0;
  /// NOT_FOUND.
  virtual absl::StatusOr<JobRecord> GetJob(int64_t id) = 0;
  /// DEADLINE_EXCEEDED: the filter is too dear. Never waits for a lease.
  virtual absl::StatusOr<ListPage<JobRecord>> ListJobs(
      const ListRequest& request) = 0;
  virtual absl::StatusOr<std::vector<QueuedJob>> Queue() = 0;
  virtual absl::StatusOr<int64_t> QueuedCount() = 0;
  /// Jobs in this state, oldest first.
  virtual absl::StatusOr<std::vector<int64_t>> JobsIn(v1::Job::State state) = 0;
  /// After a start: makes revisions grow past any that was shown before.
  virtual absl::Status RaiseRevisions() = 0;

  /// QUEUED -> COMPILING.
  virtual absl::Status BeginCompile(int64_t id, int64_t now_us) = 0;
  /// COMPILING (or QUEUED with `cached`) -> QUEUED with an artifact.
  virtual absl::Status EndCompile(int64_t id,
                                  const std::string& artifact_sha256,
                                  bool cached, int64_t now_us) = 0;
  /// Leaves one of `expected`; `ending.fence` must be the live lease, if any.
  virtual absl::Status EndAttempt(
      const Ending& ending, std::initializer_list<v1::Job::State> expected) = 0;
  virtual absl::Status RequestCancel(int64_t id) = 0;

  /// QUEUED -> FLASHING; the fence of the new lease. Samples that another
  /// board stored are dropped: a run has one board.
  virtual absl::StatusOr<int64_t> AddLease(const NewLease& lease) = 0;
  virtual absl::StatusOr<std::vector<LeaseRecord>> LiveLeases() = 0;
  virtual absl::StatusOr<std::optional<LeaseRecord>> FindLease(
      int64_t job_id, int64_t fence) = 0;
  /// Leases per submitter that started at or after `since_us`.
  virtual absl::StatusOr<std::vector<SubmitterUsage>> Usage(
      int64_t since_us) = 0;
  /// FLASHING or RUNNING of a live lease.
  virtual absl::Status SetStage(int64_t job_id, int64_t fence,
                                v1::Job::State stage) = 0;

  virtual absl::Status AddLog(int64_t job_id,
                              std::span<const LogLine> lines) = 0;
  /// Lines from number `from` (0 is the first).
  virtual absl::StatusOr<std::vector<LogLine>> Log(int64_t job_id, int64_t from,
                                                   int limit) = 0;
};

struct RunStore {
  virtual ~RunStore() = default;
  /// Appends what is new of consecutive predictions to a live lease's job and
  /// clears its failure counts if anything was; the count stored then.
  /// INVALID_ARGUMENT: a gap, or more than the dataset has.
  virtual absl::StatusOr<int64_t> AddPredictions(
      int64_t job_id, int64_t fence, std::span<const v1::Prediction> batch) = 0;
  /// (label, predicted, count) of all stored samples of a job.
  struct Tally {
    int32_t label = 0, predicted = 0;
    int64_t count = 0;
  };
  virtual absl::StatusOr<std::vector<Tally>> Tallies(int64_t job_id) = 0;
  /// The whole run, the job's end (SUCCEEDED) and the lease's, at once. The
  /// number of the run. FAILED_PRECONDITION: stale fence, or samples missing.
  virtual absl::StatusOr<int64_t> AddRun(const v1::Run& run, int64_t job_id,
                                         int64_t fence, int64_t now_us) = 0;
  /// NOT_FOUND.
  virtual absl::StatusOr<v1::Run> GetRun(int64_t id) = 0;
  /// Headline figures. DEADLINE_EXCEEDED: the filter is too dear.
  virtual absl::StatusOr<ListPage<v1::Run>> ListRuns(
      const ListRequest& request) = 0;
  /// Those that pass from sample `from` on, in sample order, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::Prediction>> ListPredictions(
      int64_t run_id, const Filter& filter, int64_t from, int limit) = 0;
};

struct ImportStore {
  virtual ~ImportStore() = default;
  /// 32 hex digits, made with the database.
  virtual absl::StatusOr<std::string> ServerId() = 0;
  struct Imported {
    int64_t run_id = 0;
    bool already_there = false;
  };
  /// A run of another server that was checked, its predictions, its log and
  /// its job (SUCCEEDED), at once. `job.request_id` stands for the source: when
  /// it is there already nothing is written. INVALID_ARGUMENT: what is there
  /// is another result.
  virtual absl::StatusOr<Imported> AddImported(const JobRecord& record,
                                               const v1::RunRecord& source) = 0;
};

struct Store : CatalogStore, JobStore, RunStore, ImportStore {};

}  // namespace tinyrig::server
