// A store without a database, for unit tests: the contracts of store.h,
// waiting_store.h and queue_reader.h over plain maps. store_contract_test.cc
// holds it and SqliteStore to the same suite. What a row
// names must be there as well; nothing lasts beyond it, and no filter is too
// dear.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/store/queue_reader.h"
#include "server/store/store.h"
#include "server/store/waiting_store.h"

namespace tinyrig::server {

class MemoryStore : public Store, public WaitingStore, public QueueReader {
 public:
  /// Every write fails so from now on, and changes nothing; OK ends it.
  void FailWrites(const absl::Status& fault);
  /// Boards that were said to be away and not put since.
  std::set<std::string> AwayBoards();

  absl::Status AddBlob(const std::string& sha256, int64_t size_bytes,
                       int64_t now_us) override;
  absl::StatusOr<v1::Dataset> AddDataset(const v1::Dataset& dataset,
                                         const v1::DatasetFile& file,
                                         int64_t now_us) override;
  absl::StatusOr<v1::Dataset> FindDataset(
      const std::string& name_or_sha256) override;
  absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(
      const std::string& after_name, int limit) override;
  absl::StatusOr<std::vector<int32_t>> Labels(const std::string& dataset_sha256,
                                              int64_t from,
                                              int64_t count) override;
  absl::Status PutAgent(const v1::AgentHello& hello, int64_t now_us) override;
  absl::Status PutBoard(const v1::Board& board, int64_t now_us) override;
  absl::Status SetOffline(const std::string& agent_id,
                          const std::set<std::string>& present,
                          int64_t now_us) override;
  absl::StatusOr<std::vector<v1::Board>> ListBoards(
      const std::string& after_name, int limit) override;
  absl::StatusOr<v1::Board> GetBoard(const std::string& name) override;
  absl::StatusOr<bool> HasBoardOfKind(const std::string& board_id) override;
  absl::StatusOr<std::optional<std::string>> CachedArtifact(
      const CompileKey& key) override;
  absl::Status CacheArtifact(const CompileKey& key,
                             const std::string& artifact_sha256,
                             int64_t now_us) override;

  absl::StatusOr<int64_t> AddJob(const JobRecord& record) override;
  absl::StatusOr<std::optional<JobRecord>> FindRequest(
      const std::string& request_id, const std::string& board_id) override;
  absl::StatusOr<JobRecord> GetJob(int64_t id) override;
  absl::StatusOr<ListPage<JobRecord>> ListJobs(
      const ListRequest& request) override;
  absl::StatusOr<std::vector<QueuedJob>> Queue() override;
  absl::StatusOr<int64_t> QueuedCount() override;
  absl::StatusOr<std::vector<int64_t>> JobsIn(v1::Job::State state) override;
  absl::Status RaiseRevisions() override;
  absl::Status BeginCompile(int64_t id, int64_t now_us) override;
  absl::Status EndCompile(int64_t id, const std::string& artifact_sha256,
                          bool cached, int64_t now_us) override;
  absl::Status EndAttempt(
      const Ending& ending,
      std::initializer_list<v1::Job::State> expected) override;
  absl::Status RequestCancel(int64_t id) override;
  absl::Status AddLog(int64_t job_id, std::span<const LogLine> lines) override;
  absl::StatusOr<std::vector<LogLine>> Log(int64_t job_id, int64_t from,
                                           int limit) override;

  absl::StatusOr<int64_t> AddLease(const NewLease& lease) override;
  std::vector<absl::StatusOr<int64_t>> AddLeases(
      std::span<const NewLease> leases) override;
  absl::StatusOr<std::vector<LeaseRecord>> LiveLeases() override;
  absl::StatusOr<std::optional<LeaseRecord>> FindLease(int64_t job_id,
                                                       int64_t fence) override;
  absl::StatusOr<std::vector<SubmitterUsage>> Usage(int64_t since_us) override;
  absl::Status SetStage(int64_t job_id, int64_t fence,
                        v1::Job::State stage) override;

  absl::StatusOr<int64_t> AddPredictions(
      int64_t job_id, int64_t fence,
      std::span<const v1::Prediction> batch) override;
  absl::StatusOr<std::vector<Tally>> Tallies(int64_t job_id) override;
  absl::StatusOr<int64_t> AddRun(const v1::Run& run, int64_t job_id,
                                 int64_t fence, int64_t now_us) override;
  absl::StatusOr<v1::Run> GetRun(int64_t id) override;
  absl::StatusOr<ListPage<v1::Run>> ListRuns(
      const ListRequest& request) override;
  absl::StatusOr<std::vector<v1::Prediction>> ListPredictions(
      int64_t run_id, const Filter& filter, int64_t from, int limit) override;

  absl::StatusOr<std::string> ServerId() override;
  absl::StatusOr<Imported> AddImported(const JobRecord& record,
                                       const v1::RunRecord& source) override;

  WaitingJobs& waiting() override { return waiting_; }
  std::string KindOf(const std::string& board_name) override;

  absl::StatusOr<int64_t> Version() override;
  absl::StatusOr<std::vector<int64_t>> QueuedIds() override;
  absl::StatusOr<WaitingJob> ReadJob(int64_t id) override;
  absl::StatusOr<std::vector<RunningJob>> Running() override;
  absl::StatusOr<std::map<std::string, int>> LeasesSince(
      int64_t since_us) override;
  absl::StatusOr<std::vector<BoardUse>> RecentUse(const std::string& board_id,
                                                  int limit) override;
  absl::StatusOr<std::map<std::string, std::string>> BoardKinds() override;

 private:
  struct JobRow {
    JobRecord record;  ///< its job without times and names of its own
    int64_t lease_us = 0, end_us = 0, run_id = 0;
    std::vector<LogLine> log;
    std::vector<v1::Prediction> predictions;  ///< in sample order
  };
  struct RunRow {
    v1::Run run;
    int64_t job_id = 0, create_us = 0;
  };
  struct Sample {
    std::string name;
    int32_t label = 0;
  };
  using ArtifactKey =
      std::tuple<std::string, std::string, std::string, std::string>;
  using LeaseKey = std::pair<int64_t, int64_t>;  ///< job, fence

  // Callers hold mutex_.
  JobRow* FindJob(int64_t id);
  static JobRecord Shown(const JobRow& row);
  v1::Board Shown(const v1::Board& board) const;
  static v1::Run Headline(int64_t id, const RunRow& row);
  LeaseRecord* LiveLease(int64_t job_id, int64_t fence);
  absl::StatusOr<int64_t> AddLeaseRow(const NewLease& lease);
  absl::StatusOr<JobRow*> LiveJob(int64_t job_id, int64_t fence);
  int64_t AddRunRow(const v1::Run& run, int64_t job_id, int64_t create_us);
  /// A job's row has changed.
  void Changed(JobRow& row);

  std::mutex mutex_;  ///< guards what follows
  absl::Status fault_;
  int64_t version_ = 0;  ///< grows with each write
  std::set<std::string> blobs_, agents_, away_;
  std::map<std::string, v1::Dataset> datasets_;
  std::map<std::string, std::vector<Sample>> samples_;  ///< by sha256
  std::map<std::string, v1::Board> boards_;
  std::map<ArtifactKey, std::string> artifacts_;
  std::map<int64_t, JobRow> jobs_;
  std::map<LeaseKey, LeaseRecord> leases_;
  std::map<int64_t, RunRow> runs_;

  WaitingJobs waiting_;  ///< has a lock of its own
};

}  // namespace tinyrig::server
