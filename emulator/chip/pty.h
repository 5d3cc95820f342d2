// A pseudo-terminal as a serial port: raw, behind a symlink, there for as long
// as the object is.
//
// We keep the slave open ourselves, so a client that closes does not hang the
// line up and what it wrote is still read. Who has it open is known from
// inotify: with nobody there, what the board sends is gone, as on a wire.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "base/unique_fd.h"

namespace tinyrig::emulator {

class Pty {
 public:
  /// Makes the pair and the symlink; an old symlink is replaced, any other
  /// file is not. Errors: FAILED_PRECONDITION something else is at `link`;
  /// UNAVAILABLE the link cannot be made or there are no PTYs.
  static absl::StatusOr<std::unique_ptr<Pty>> Open(const std::string& link);
  ~Pty();
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;

  [[nodiscard]] int fd() const { return master_.get(); }
  /// Becomes readable when a client opens or closes; then call ClientsChanged.
  [[nodiscard]] int watch_fd() const { return watch_.get(); }
  void ClientsChanged();
  [[nodiscard]] bool has_client() const { return clients_ > 0; }

  /// What clients wrote, at most `bytes.size()`; 0 when there is nothing.
  size_t Read(std::span<uint8_t> bytes);
  /// What was taken of it; less when the client does not read.
  size_t Write(std::span<const uint8_t> bytes);

  /// A second name for the same port.
  absl::Status AddLink(const std::string& link);

 private:
  Pty() = default;
  void MakeRaw();

  base::UniqueFd master_, slave_, watch_;
  std::string name_;
  std::vector<std::string> links_;
  int clients_ = 0;
};

}  // namespace tinyrig::emulator
