// Records of another server into this one, with the blobs they name.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/lab_client.h"
#include "client/transfer_client.h"

namespace tinyrig::cli {

struct ImportCounts {
  int64_t fresh = 0, already_there = 0, own = 0, refused = 0;
};

/// The bytes of a blob; NOT_FOUND: not to be had there.
using BlobSource = std::function<absl::StatusOr<std::vector<uint8_t>>(
    const std::string& sha256)>;

class Importer {
 public:
  Importer(client::LabClient& lab, client::TransferClient& transfer,
           BlobSource source, bool dry_run)
      : lab_(lab),
        transfer_(transfer),
        source_(std::move(source)),
        dry_run_(dry_run) {}

  /// One record; `where` names it in messages. A record that is refused is
  /// counted and said; an error means that going on makes no sense.
  absl::Status Take(const v1::RunRecord& record, const std::string& where);
  void Refuse(const std::string& where, const absl::Status& why);
  [[nodiscard]] const ImportCounts& counts() const { return counts_; }

 private:
  absl::Status Look(const v1::RunRecord& record, const std::string& where);
  /// Whether the lab has it now.
  absl::StatusOr<bool> BringBlob(const std::string& sha256);
  absl::Status BringDataset(const std::string& name, const std::string& sha256);
  absl::StatusOr<bool> HasDataset(const std::string& sha256);

  client::LabClient& lab_;
  client::TransferClient& transfer_;
  BlobSource source_;
  bool dry_run_;
  ImportCounts counts_;
  std::string server_id_;           ///< asked for when needed
  std::set<std::string> blobs_;     ///< there for certain
  std::set<std::string> missing_;   ///< neither here nor at the source
  std::set<std::string> datasets_;  ///< sha256 of those registered
  bool datasets_known_ = false;
};

/// Files named by their sha256 in a folder.
BlobSource BlobsIn(const std::string& folder);

/// The blobs that a record names: model, artifact, dataset; without repeats.
std::vector<std::string> BlobsOf(const v1::RunRecord& record);

}  // namespace tinyrig::cli
