// The real tinyrig-server as a child, and what the kernel says of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/child.h"
#include "base/status.h"

namespace tinyrig::bench {

class ServerProcess {
 public:
  /// Starts tinyrig-server of the same build on `data`, any free ports.
  /// UNAVAILABLE: it ended before it was ready; DEADLINE_EXCEEDED: it is not
  /// ready within `ready_s` seconds.
  static absl::StatusOr<ServerProcess> Start(
      const std::filesystem::path& data, const std::vector<std::string>& flags,
      int ready_s = 600);
  ServerProcess(ServerProcess&& other) noexcept = default;
  ServerProcess& operator=(ServerProcess&&) = delete;
  /// SIGTERM, so that the next start need not check the database.
  ~ServerProcess();

  [[nodiscard]] const std::string& grpc() const { return grpc_; }
  [[nodiscard]] const std::string& http() const { return http_; }
  /// Time on a processor so far, by the scheduler's own count (nanoseconds).
  [[nodiscard]] double CpuSeconds() const;
  /// "VmRSS", "VmHWM".
  [[nodiscard]] int64_t MemoryKib(const std::string& key) const;

 private:
  ServerProcess() = default;
  base::Child child_;
  std::string grpc_, http_;
};

}  // namespace tinyrig::bench
