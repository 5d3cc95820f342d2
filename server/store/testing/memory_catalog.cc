// Blobs, datasets, agents, boards and the compile cache.
#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/testing/memory_store.h"

namespace tinyrig::server {

using google::protobuf::util::TimeUtil;

void MemoryStore::FailWrites(const absl::Status& fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
}

std::set<std::string> MemoryStore::AwayBoards() {
  const std::lock_guard lock(mutex_);
  return away_;
}

absl::Status MemoryStore::AddBlob(const std::string& sha256,
                                  int64_t /*size_bytes*/, int64_t /*now_us*/) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  blobs_.insert(sha256);
  ++version_;
  return absl::OkStatus();
}

absl::StatusOr<v1::Dataset> MemoryStore::AddDataset(const v1::Dataset& dataset,
                                                    const v1::DatasetFile& file,
                                                    int64_t now_us) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  if (const auto it = datasets_.find(dataset.name()); it != datasets_.end()) {
    return it->second.sha256() == dataset.sha256()
               ? absl::StatusOr<v1::Dataset>(it->second)
               : absl::AlreadyExistsError(
                     absl::StrCat("dataset \"", dataset.name(), "\" is there"));
  }
  if (!blobs_.contains(dataset.sha256())) {
    return absl::FailedPreconditionError("no such blob");
  }
  v1::Dataset added = dataset;
  *added.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(now_us);
  std::vector<Sample>& samples = samples_[dataset.sha256()];
  for (int i = static_cast<int>(samples.size()); i < file.labels_size(); ++i) {
    samples.push_back(
        {i < file.names_size() ? file.names(i) : "", file.labels(i)});
  }
  ++version_;
  return datasets_[dataset.name()] = added;
}

absl::StatusOr<v1::Dataset> MemoryStore::FindDataset(
    const std::string& name_or_sha256) {
  const std::lock_guard lock(mutex_);
  if (const auto it = datasets_.find(name_or_sha256); it != datasets_.end()) {
    return it->second;
  }
  for (const auto& [name, dataset] : datasets_) {
    if (dataset.sha256() == name_or_sha256) {
      return dataset;
    }
  }
  return absl::NotFoundError(absl::StrCat("no dataset ", name_or_sha256));
}

absl::StatusOr<std::vector<v1::Dataset>> MemoryStore::ListDatasets(
    const std::string& after_name, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<v1::Dataset> datasets;
  for (auto it = datasets_.upper_bound(after_name);
       it != datasets_.end() && std::ssize(datasets) < limit; ++it) {
    datasets.push_back(it->second);
  }
  return datasets;
}

absl::StatusOr<std::vector<int32_t>> MemoryStore::Labels(
    const std::string& dataset_sha256, int64_t from, int64_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<int32_t> labels;
  if (const auto it = samples_.find(dataset_sha256); it != samples_.end()) {
    const int64_t end = std::min<int64_t>(std::ssize(it->second), from + count);
    for (int64_t i = from; i < end; ++i) {
      labels.push_back(it->second[static_cast<size_t>(i)].label);
    }
  }
  return labels;
}

absl::Status MemoryStore::PutAgent(const v1::AgentHello& hello,
                                   int64_t /*now_us*/) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  agents_.insert(hello.agent_id());
  ++version_;
  return absl::OkStatus();
}

absl::Status MemoryStore::PutBoard(const v1::Board& board, int64_t now_us) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  auto it = boards_.find(board.name());
  if (it == boards_.end()) {
    if (!agents_.contains(board.agent_id())) {
      return absl::FailedPreconditionError("no such agent");
    }
    it = boards_.try_emplace(board.name()).first;
    it->second.set_name(board.name());
    it->second.set_agent_id(board.agent_id());
  }
  v1::Board& row = it->second;
  row.set_board_id(board.board_id());
  row.set_uid(board.uid());
  row.set_state(board.state());
  row.set_last_fault(board.last_fault());
  row.set_erase_count(board.erase_count());
  *row.mutable_last_seen_time() = TimeUtil::MicrosecondsToTimestamp(now_us);
  away_.erase(board.name());
  ++version_;
  return absl::OkStatus();
}

absl::Status MemoryStore::SetOffline(const std::string& agent_id,
                                     const std::set<std::string>& present,
                                     int64_t /*now_us*/) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  for (const auto& [name, board] : boards_) {
    if ((agent_id.empty() || name.starts_with(agent_id + "/")) &&
        !present.contains(name)) {
      away_.insert(name);
    }
  }
  ++version_;
  return absl::OkStatus();
}

v1::Board MemoryStore::Shown(const v1::Board& board) const {
  v1::Board shown = board;
  for (const auto& [key, lease] : leases_) {
    if (lease.end_us == 0 && lease.board_name == board.name()) {
      shown.set_current_job_id(JobName(lease.job_id));
    }
  }
  return shown;
}

absl::StatusOr<std::vector<v1::Board>> MemoryStore::ListBoards(
    const std::string& after_name, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<v1::Board> boards;
  for (auto it = boards_.upper_bound(after_name);
       it != boards_.end() && std::ssize(boards) < limit; ++it) {
    boards.push_back(Shown(it->second));
  }
  return boards;
}

absl::StatusOr<v1::Board> MemoryStore::GetBoard(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto it = boards_.find(name);
  return it == boards_.end() ? absl::StatusOr<v1::Board>(absl::NotFoundError(
                                   absl::StrCat("no board ", name)))
                             : Shown(it->second);
}

absl::StatusOr<bool> MemoryStore::HasBoardOfKind(const std::string& board_id) {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(boards_, [&](const auto& entry) {
    return entry.second.board_id() == board_id;
  });
}

std::string MemoryStore::KindOf(const std::string& board_name) {
  const std::lock_guard lock(mutex_);
  const auto it = boards_.find(board_name);
  return it == boards_.end() ? "" : it->second.board_id();
}

absl::StatusOr<std::optional<std::string>> MemoryStore::CachedArtifact(
    const CompileKey& key) {
  const std::lock_guard lock(mutex_);
  const auto it = artifacts_.find(
      {key.model_sha256, key.board_id, key.options, key.engine_version});
  return it == artifacts_.end() ? std::nullopt : std::optional(it->second);
}

absl::Status MemoryStore::CacheArtifact(const CompileKey& key,
                                        const std::string& artifact_sha256,
                                        int64_t /*now_us*/) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  if (!blobs_.contains(artifact_sha256)) {
    return absl::FailedPreconditionError("no such blob");
  }
  artifacts_[{key.model_sha256, key.board_id, key.options,
              key.engine_version}] = artifact_sha256;
  ++version_;
  return absl::OkStatus();
}

}  // namespace tinyrig::server
