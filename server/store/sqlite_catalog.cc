// Blobs, datasets, agents, boards and the compile cache.
#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/board_events.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kDatasetColumns[] =
    "SELECT name, sha256, sample_count, sample_bytes, class_count, "
    "preprocessing, create_us FROM datasets ";
constexpr char kBoardColumns[] =
    "SELECT name, agent_id, board_id, uid, state, last_fault, last_seen_us, "
    "erase_count, finished_job_count, failed_job_count, "
    "coalesce((SELECT job_id FROM leases WHERE end_us = 0 AND "
    "board_name = name), 0) FROM boards ";

v1::Dataset DatasetOf(const Query& row) {
  v1::Dataset dataset;
  dataset.set_name(row.Bytes(0));
  dataset.set_sha256(row.Bytes(1));
  dataset.set_sample_count(row.Int(2));
  dataset.set_sample_bytes(row.Int(3));
  dataset.set_class_count(static_cast<int32_t>(row.Int(4)));
  dataset.set_preprocessing(row.Bytes(5));
  *dataset.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(row.Int(6));
  return dataset;
}

v1::Board BoardOf(const Query& row) {
  v1::Board board;
  board.set_name(row.Bytes(0));
  board.set_agent_id(row.Bytes(1));
  board.set_board_id(row.Bytes(2));
  board.set_uid(row.Bytes(3));
  board.set_state(static_cast<v1::Board::State>(row.Int(4)));
  board.set_last_fault(row.Bytes(5));
  *board.mutable_last_seen_time() =
      TimeUtil::MicrosecondsToTimestamp(row.Int(6));
  board.set_erase_count(row.Int(7));
  board.set_finished_job_count(row.Int(8));
  board.set_failed_job_count(row.Int(9));
  if (const int64_t job = row.Int(10); job != 0) {
    board.set_current_job_id(JobName(job));
  }
  return board;
}

absl::StatusOr<v1::Dataset> DatasetIn(Database& database,
                                      const std::string& name_or_sha256) {
  static const std::string sql =
      std::string(kDatasetColumns) +
      "WHERE name = ?1 OR sha256 = ?1 ORDER BY name = ?1 DESC LIMIT 1";
  ASSIGN_OR_RETURN(Query row, database.Select(sql.c_str(), name_or_sha256));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat("no dataset \"", name_or_sha256,
                     "\"; import it first: tinyrig dataset import"));
  }
  return DatasetOf(row);
}

absl::Status AddSamples(Database& database, const std::string& sha256,
                        const v1::DatasetFile& file) {
  for (int i = 0; i < file.labels_size(); ++i) {
    RETURN_IF_ERROR(
        database
            .Run("INSERT OR IGNORE INTO dataset_samples VALUES (?, ?, ?, ?)",
                 sha256, i, i < file.names_size() ? file.names(i) : "",
                 file.labels(i))
            .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SqliteStore::AddBlob(const std::string& sha256, int64_t size_bytes,
                                  int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  // A blob that is sent again is as good as new to the garbage collection.
  return writer_
      .Run(
          "INSERT INTO blobs VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE "
          "SET create_us = max(create_us, excluded.create_us)",
          sha256, size_bytes, now_us)
      .status();
}

absl::StatusOr<v1::Dataset> SqliteStore::AddDataset(const v1::Dataset& dataset,
                                                    const v1::DatasetFile& file,
                                                    int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  const absl::StatusOr<v1::Dataset> there = DatasetIn(writer_, dataset.name());
  if (there.ok() && there->name() == dataset.name()) {
    if (there->sha256() == dataset.sha256()) {
      return there;
    }
    return absl::AlreadyExistsError(absl::StrCat(
        "dataset \"", dataset.name(), "\" stands for ", there->sha256(),
        ", not for ", dataset.sha256(), "; take another name"));
  }
  RETURN_IF_ERROR(writer_
                      .Run("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?)",
                           dataset.name(), dataset.sha256(),
                           dataset.sample_count(), dataset.sample_bytes(),
                           dataset.class_count(), dataset.preprocessing(),
                           now_us)
                      .status());
  RETURN_IF_ERROR(AddSamples(writer_, dataset.sha256(), file));
  ASSIGN_OR_RETURN(v1::Dataset added, DatasetIn(writer_, dataset.name()));
  RETURN_IF_ERROR(transaction.Commit());
  return added;
}

absl::StatusOr<v1::Dataset> SqliteStore::FindDataset(
    const std::string& name_or_sha256) {
  const std::lock_guard lock(read_mutex_);
  return DatasetIn(reader_, name_or_sha256);
}

absl::StatusOr<std::vector<v1::Dataset>> SqliteStore::ListDatasets(
    const std::string& after_name, int limit) {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql =
      std::string(kDatasetColumns) + "WHERE name > ? ORDER BY name LIMIT ?";
  ASSIGN_OR_RETURN(Query row, reader_.Select(sql.c_str(), after_name, limit));
  std::vector<v1::Dataset> datasets;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return datasets;
    }
    datasets.push_back(DatasetOf(row));
  }
}

absl::StatusOr<std::vector<int32_t>> SqliteStore::Labels(
    const std::string& dataset_sha256, int64_t from, int64_t count) {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT label FROM dataset_samples WHERE sha256 = ? AND "
                     "sample_index >= ? ORDER BY sample_index LIMIT ?",
                     dataset_sha256, from, count));
  std::vector<int32_t> labels;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return labels;
    }
    labels.push_back(static_cast<int32_t>(row.Int(0)));
  }
}

absl::Status SqliteStore::PutAgent(const v1::AgentHello& hello,
                                   int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  return writer_
      .Run(
          "INSERT INTO agents VALUES (?, ?, ?, ?) ON CONFLICT (agent_id) DO "
          "UPDATE SET instance_id = excluded.instance_id, version = "
          "excluded.version, last_seen_us = excluded.last_seen_us",
          hello.agent_id(), hello.instance_id(), hello.agent_version(), now_us)
      .status();
}

absl::Status SqliteStore::PutBoard(const v1::Board& board, int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  const Unsynced unsynced(writer_);  // the agent says it again
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  RETURN_IF_ERROR(
      writer_
          .Run("INSERT INTO boards (name, agent_id, board_id, uid, state, "
               "last_fault, last_seen_us, erase_count) VALUES (?, ?, ?, ?, ?, "
               "?, ?, ?) ON CONFLICT (name) DO UPDATE SET board_id = "
               "excluded.board_id, uid = excluded.uid, state = excluded.state, "
               "last_fault = excluded.last_fault, last_seen_us = "
               "excluded.last_seen_us, erase_count = excluded.erase_count",
               board.name(), board.agent_id(), board.board_id(), board.uid(),
               static_cast<int>(board.state()), board.last_fault(), now_us,
               board.erase_count())
          .status());
  RETURN_IF_ERROR(AddBoardEvent(writer_, board.name(), board.state(),
                                board.last_fault(), now_us));
  RETURN_IF_ERROR(transaction.Commit());
  const std::lock_guard kinds_lock(kinds_mutex_);
  kinds_[board.name()] = board.board_id();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Board>> SqliteStore::ListBoards(
    const std::string& after_name, int limit) {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql =
      std::string(kBoardColumns) + "WHERE name > ? ORDER BY name LIMIT ?";
  ASSIGN_OR_RETURN(Query row, reader_.Select(sql.c_str(), after_name, limit));
  std::vector<v1::Board> boards;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return boards;
    }
    boards.push_back(BoardOf(row));
  }
}

absl::StatusOr<v1::Board> SqliteStore::GetBoard(const std::string& name) {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql = std::string(kBoardColumns) + "WHERE name = ?";
  ASSIGN_OR_RETURN(Query row, reader_.Select(sql.c_str(), name));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no board \"", name, "\""));
  }
  return BoardOf(row);
}

std::string SqliteStore::KindOf(const std::string& board_name) {
  const std::lock_guard lock(kinds_mutex_);
  const auto it = kinds_.find(board_name);
  return it == kinds_.end() ? "" : it->second;
}

absl::StatusOr<bool> SqliteStore::HasBoardOfKind(const std::string& board_id) {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT 1 FROM boards WHERE board_id = ? LIMIT 1",
                     board_id));
  return row.Step();
}

absl::StatusOr<std::optional<std::string>> SqliteStore::CachedArtifact(
    const CompileKey& key) {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT artifact_sha256 FROM compile_cache WHERE "
                     "model_sha256 = ? AND board_id = ? AND options = ? AND "
                     "engine_version = ?",
                     key.model_sha256, key.board_id, key.options,
                     key.engine_version));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(row.Bytes(0)) : std::nullopt;
}

absl::Status SqliteStore::CacheArtifact(const CompileKey& key,
                                        const std::string& artifact_sha256,
                                        int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  return writer_
      .Run("INSERT OR REPLACE INTO compile_cache VALUES (?, ?, ?, ?, ?, ?)",
           key.model_sha256, key.board_id, key.options, key.engine_version,
           artifact_sha256, now_us)
      .status();
}

}  // namespace tinyrig::server
