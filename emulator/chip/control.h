// The control channel's socket: lines in, one reply line each. What the lines
// mean is the board's matter (vboard.h).
#pragma once

#include <functional>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"

namespace tinyrig::emulator {

class ControlServer {
 public:
  using Handler = std::function<std::string(std::string_view line)>;
  static constexpr size_t kMaxClients = 32;
  static constexpr size_t kMaxLineBytes = 4096;

  /// A stale socket at `path` is replaced. Errors: INVALID_ARGUMENT the path
  /// is longer than a socket name may be; FAILED_PRECONDITION somebody listens
  /// there, or it is another kind of file; UNAVAILABLE not possible.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Listen(
      const std::string& path);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Who answers; to be set before the first Serve().
  void SetHandler(Handler handler) { handler_ = std::move(handler); }
  /// Adds its descriptors to `fds`.
  void AddTo(std::vector<pollfd>* fds) const;
  /// Serves whatever `fds` (after poll) says is ready.
  void Serve(const std::vector<pollfd>& fds);

 private:
  struct Client {
    base::UniqueFd fd;
    std::string received;
  };
  ControlServer(std::string path, base::UniqueFd fd);
  void Accept();
  bool ServeClient(Client& client);  // false: gone

  std::string path_;
  base::UniqueFd listener_;
  Handler handler_;
  std::vector<Client> clients_;
};

}  // namespace tinyrig::emulator
