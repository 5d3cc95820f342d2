// A lab for the length of one command: server, agent and virtual board as real
// processes with real SQLite in a temporary folder, gone afterwards.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "client/lab_client.h"
#include <sys/types.h>

namespace tinyrig::cli {

/// A child that is ended (SIGTERM, after 5 s SIGKILL) with the object, and
/// killed when we die.
class ServiceProcess {
 public:
  /// Output of both kinds goes to `log`.
  static absl::StatusOr<ServiceProcess> Start(
      const std::vector<std::string>& argv, const std::string& log);
  ServiceProcess(ServiceProcess&& other) noexcept;
  ServiceProcess& operator=(ServiceProcess&& other) noexcept;
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;
  ~ServiceProcess();
  /// False once it has ended by itself.
  [[nodiscard]] bool Running();
  /// SIGKILL, and reaped before this returns.
  void Kill();
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  explicit ServiceProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
};

class PrivateLab {
 public:
  /// Starts all and waits until each board (one per kind) is idle.
  /// UNAVAILABLE with the last lines of the log of what did not start.
  static absl::StatusOr<PrivateLab> Start(
      const std::vector<std::string>& kinds);

  [[nodiscard]] const std::string& address() const { return address_; }

  /// Waits until every board answers. The caller may CancelAll() the client.
  absl::Status WaitForBoards(client::LabClient& lab, size_t count);

 private:
  explicit PrivateLab(base::TempDir folder) : folder_(std::move(folder)) {}
  absl::Status StartServer();
  absl::Status StartAgent(const std::vector<std::string>& kinds);
  [[nodiscard]] std::string LogTail(const std::string& name) const;

  base::TempDir folder_;  // destroyed last: the children write into it
  std::string address_;
  std::vector<ServiceProcess> children_;  // server, agent
};

}  // namespace tinyrig::cli
