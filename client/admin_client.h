// The AdminService as plain calls (docs/ADMIN.md).
//
// Errors: the server's code and words; UNAVAILABLE when nobody answers, with
//   how to start or name a server; CANCELLED after Cancel().
// Threads: one call at a time; Cancel() from any thread. `see` runs on the
//   caller's thread.
// Deadlines: none for work on the whole store (Backup, CollectGarbage,
//   CheckIntegrity), 60 s for baselines.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::client {

class AdminClient {
 public:
  /// `address` is HOST:PORT; dials when the first call is made.
  explicit AdminClient(std::string address);
  ~AdminClient();
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  /// Into a folder of the server's machine; calls `see` as it goes on.
  /// \return the last message.
  absl::StatusOr<v1::BackupProgress> Backup(
      const std::string& folder,
      const std::function<void(const v1::BackupProgress&)>& see);
  absl::StatusOr<v1::CollectGarbageResponse> CollectGarbage(
      const v1::CollectGarbageRequest& request);
  absl::StatusOr<v1::CheckIntegrityResponse> CheckIntegrity(bool deep);
  absl::StatusOr<v1::Baseline> SetBaseline(const std::string& name,
                                           const std::string& run_id);
  absl::StatusOr<v1::Baseline> DeleteBaseline(const std::string& name);
  absl::StatusOr<v1::ListBaselinesResponse> ListBaselines();

  /// Ends the call in progress, and later ones, with CANCELLED. Any thread.
  void Cancel();

 private:
  struct Channel;
  std::string address_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace tinyrig::client
