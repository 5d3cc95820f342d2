// What is wrong with the stored data, if anything. Reads one snapshot on a
// connection of its own; changes nothing and keeps nobody waiting.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "server/admin/blob_names.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

struct IntegrityParts {
  std::filesystem::path database;
  std::filesystem::path blobs;  ///< no blob is removed meanwhile
  const base::Clock& clock;
  std::function<bool()> gone;  ///< true: stop (CANCELLED)
};

class IntegrityCheck {
 public:
  explicit IntegrityCheck(IntegrityParts parts) : parts_(std::move(parts)) {}

  /// A damaged database is a finding, not an error.
  absl::StatusOr<v1::CheckIntegrityResponse> Run(bool deep);

 private:
  absl::Status CheckDatabase(Database& reader);
  absl::Status CheckRuns(Database& reader);
  absl::Status CheckBlobs(Database& reader, bool deep);
  absl::Status CheckBytes(const std::string& sha256, const std::string& by,
                          bool needed);
  void Find(const char* kind, bool harmful, std::string message);

  IntegrityParts parts_;
  v1::CheckIntegrityResponse response_;
};

}  // namespace tinyrig::server
