// The Store on SQLite: one connection writes, one reads, one reads lists (WAL
// lets all work at once), each behind its own lock. Thread-safe. Parts:
// sqlite_catalog.cc, sqlite_jobs.cc, sqlite_leases.cc, sqlite_runs.cc,
// sqlite_import.cc.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/store/admin_store.h"
#include "server/store/list_reader.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"
#include "server/store/waiting_store.h"

namespace tinyrig::server {

struct SqliteStoreOptions {
  /// PRAGMA quick_check before use; it reads the whole file.
  bool check_integrity = false;
  /// A larger file is not checked: nobody waits minutes for a server. What was
  /// committed is whole after a crash all the same, SQLite's log sees to that.
  int64_t max_checked_bytes = int64_t{256} << 20;
  /// Pages of 4096 bytes: a full disk, for tests; 0: no limit.
  int64_t max_page_count = 0;
};

class SqliteStore : public Store, public AdminStore, public WaitingStore {
 public:
  /// Opens or makes the file and takes missing migrations. DATA_LOSS: the
  /// integrity check found damage.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const std::filesystem::path& path,
      const SqliteStoreOptions& options = {});

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
  WaitingJobs& waiting() override { return waiting_; }
  std::string KindOf(const std::string& board_name) override;
  absl::StatusOr<std::vector<int64_t>> JobsIn(v1::Job::State state) override;
  absl::Status RaiseRevisions() override;
  absl::Status BeginCompile(int64_t id, int64_t now_us) override;
  absl::Status EndCompile(int64_t id, const std::string& artifact_sha256,
                          bool cached, int64_t now_us) override;
  absl::Status EndAttempt(
      const Ending& ending,
      std::initializer_list<v1::Job::State> expected) override;
  absl::Status RequestCancel(int64_t id) override;

  absl::StatusOr<int64_t> AddLease(const NewLease& lease) override;
  std::vector<absl::StatusOr<int64_t>> AddLeases(
      std::span<const NewLease> leases) override;
  absl::StatusOr<std::vector<LeaseRecord>> LiveLeases() override;
  absl::StatusOr<std::optional<LeaseRecord>> FindLease(int64_t job_id,
                                                       int64_t fence) override;
  absl::StatusOr<std::vector<SubmitterUsage>> Usage(int64_t since_us) override;
  absl::Status SetStage(int64_t job_id, int64_t fence,
                        v1::Job::State stage) override;
  absl::Status AddLog(int64_t job_id, std::span<const LogLine> lines) override;
  absl::StatusOr<std::vector<LogLine>> Log(int64_t job_id, int64_t from,
                                           int limit) override;

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

  absl::Status Change(const Work& work) override;
  absl::Status Maintain(const Work& work) override;

 private:
  SqliteStore(Database writer, Database reader,
              std::unique_ptr<ListReader> lists)
      : writer_(std::move(writer)),
        reader_(std::move(reader)),
        lists_(std::move(lists)) {}

  /// The jobs that wait, from the database; at the start.
  absl::Status ReadWaiting();
  /// After a commit that touched this job: what waits is as stored. Callers
  /// hold write_mutex_.
  void NoteJob(int64_t job_id);

  // Callers hold write_mutex_ and a transaction.
  absl::StatusOr<int64_t> AddLeaseRows(const NewLease& lease);
  absl::Status EndLease(int64_t job_id, int64_t fence,
                        const std::string& reason, int64_t now_us);
  absl::StatusOr<int64_t> AddRunRow(const v1::Run& run, int64_t job_id,
                                    int64_t create_us);
  absl::Status AddRunRows(const v1::Run& run, int64_t run_id);
  absl::StatusOr<int64_t> AddImportedJob(const JobRecord& record);

  // Locks are taken in this order: write_mutex_, kinds_mutex_. What the two
  // other connections do needs no lock but their own.
  WaitingJobs waiting_;  ///< has a lock of its own
  std::mutex kinds_mutex_;
  std::map<std::string, std::string> kinds_;  ///< of boards, by name
  std::mutex write_mutex_;                    ///< guards unnoted_ and writer_
  std::set<int64_t> unnoted_;                 ///< NoteJob could not read them
  Database writer_;
  std::mutex read_mutex_;  ///< guards reader_
  Database reader_;
  std::unique_ptr<ListReader> lists_;  ///< has a lock of its own
};

/// While it lives, commits do not wait for the disk: for what a power cut may
/// take back, because an agent says it again or nobody was promised it.
class Unsynced {
 public:
  explicit Unsynced(Database& database);
  ~Unsynced();
  Unsynced(const Unsynced&) = delete;
  Unsynced& operator=(const Unsynced&) = delete;

 private:
  Database& database_;
};

}  // namespace tinyrig::server
