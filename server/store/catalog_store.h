// What is known of the world outside of jobs: blobs, datasets, agents, boards,
// compiled artifacts. store.h says what holds for all parts.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/store/records.h"
#include "tinyrig/v1/agent_service.pb.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::server {

struct CatalogStore {
  virtual ~CatalogStore() = default;

  /// The bytes lie in the BlobStore. Added again, it is as young as `now_us`.
  virtual absl::Status AddBlob(const std::string& sha256, int64_t size_bytes,
                               int64_t now_us) = 0;

  /// `dataset`: name, sha256 (of a blob that was added), sizes; `file` gives
  /// names and labels of its samples, in their order. The dataset as stored;
  /// the one that is there when name and bytes are the same. ALREADY_EXISTS:
  /// the name stands for other bytes. FAILED_PRECONDITION: no such blob.
  virtual absl::StatusOr<v1::Dataset> AddDataset(const v1::Dataset& dataset,
                                                 const v1::DatasetFile& file,
                                                 int64_t now_us) = 0;
  /// By name, else by sha256. NOT_FOUND.
  virtual absl::StatusOr<v1::Dataset> FindDataset(
      const std::string& name_or_sha256) = 0;
  /// By name, those behind `after_name`, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(
      const std::string& after_name, int limit) = 0;
  /// Labels in sample order, [from, from + count); fewer at the end, none of a
  /// dataset that is not there.
  virtual absl::StatusOr<std::vector<int32_t>> Labels(
      const std::string& dataset_sha256, int64_t from, int64_t count) = 0;

  /// Adds an agent, or takes what is new of it.
  virtual absl::Status PutAgent(const v1::AgentHello& hello,
                                int64_t now_us) = 0;
  /// Adds a board, or takes kind, uid, state, fault and erase count of it; its
  /// agent stays. A power cut may take it back: the agent says it again.
  /// FAILED_PRECONDITION: the agent of a new board is not known.
  virtual absl::Status PutBoard(const v1::Board& board, int64_t now_us) = 0;
  /// Boards of this agent (empty: of all) but those in `present` are away from
  /// now on: for their history; their rows keep the state said last.
  virtual absl::Status SetOffline(const std::string& agent_id,
                                  const std::set<std::string>& present,
                                  int64_t now_us) = 0;
  /// By name, those behind `after_name`, at most `limit`; each with the job
  /// that it holds.
  virtual absl::StatusOr<std::vector<v1::Board>> ListBoards(
      const std::string& after_name, int limit) = 0;
  /// NOT_FOUND.
  virtual absl::StatusOr<v1::Board> GetBoard(const std::string& name) = 0;
  /// `board_id`: a kind. Whether any board of it was ever here.
  virtual absl::StatusOr<bool> HasBoardOfKind(const std::string& board_id) = 0;

  /// sha256 of the artifact; nothing: it was not compiled yet.
  virtual absl::StatusOr<std::optional<std::string>> CachedArtifact(
      const CompileKey& key) = 0;
  /// FAILED_PRECONDITION: no such blob.
  virtual absl::Status CacheArtifact(const CompileKey& key,
                                     const std::string& artifact_sha256,
                                     int64_t now_us) = 0;
};

}  // namespace tinyrig::server
