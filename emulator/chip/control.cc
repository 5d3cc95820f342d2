#include "emulator/chip/control.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include "base/file.h"
#include <sys/socket.h>
#include <sys/un.h>

namespace tinyrig::emulator {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "control path ", path, " has ", path.size(), " characters, at most ",
        sizeof(address.sun_path) - 1, " fit: give a shorter --control"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Only a socket that nobody listens at is taken away.
absl::Status RemoveStale(const std::string& path, const sockaddr_un& address) {
  std::error_code error;
  const fs::file_status old = fs::symlink_status(path, error);
  if (!fs::exists(old)) {
    return absl::OkStatus();
  }
  if (!fs::is_socket(old)) {
    return absl::FailedPreconditionError(
        absl::StrCat("control path ", path, " exists and is no socket"));
  }
  base::UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "control path ", path, " is in use by another virtual board"));
  }
  fs::remove(path, error);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Listen(
    const std::string& path) {
  ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  RETURN_IF_ERROR(RemoveStale(path, address));
  base::UniqueFd fd(
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid() ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(fd.get(), 8) != 0) {
    return base::ErrnoStatus(errno, "control socket " + path);
  }
  return std::unique_ptr<ControlServer>(new ControlServer(path, std::move(fd)));
}

ControlServer::ControlServer(std::string path, base::UniqueFd fd)
    : path_(std::move(path)), listener_(std::move(fd)) {}

ControlServer::~ControlServer() {
  unlink(path_.c_str());
}

void ControlServer::AddTo(std::vector<pollfd>* fds) const {
  fds->push_back({listener_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    fds->push_back({client.fd.get(), POLLIN, 0});
  }
}

void ControlServer::Serve(const std::vector<pollfd>& fds) {
  const auto ready = [&fds](int fd) {
    return std::any_of(fds.begin(), fds.end(), [fd](const pollfd& entry) {
      return entry.fd == fd && entry.revents != 0;
    });
  };
  std::erase_if(clients_, [&](Client& client) {
    return ready(client.fd.get()) && !ServeClient(client);
  });
  if (ready(listener_.get())) {
    Accept();
  }
}

void ControlServer::Accept() {
  base::UniqueFd fd(
      accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd.valid() && clients_.size() < kMaxClients) {
    clients_.push_back({std::move(fd), {}});
  }
}

bool ControlServer::ServeClient(Client& client) {
  std::array<char, 1024> buffer;
  const ssize_t got = recv(client.fd.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    return got < 0 && (errno == EAGAIN || errno == EINTR);
  }
  client.received.append(buffer.data(), static_cast<size_t>(got));
  for (;;) {
    const size_t end = client.received.find('\n');
    if (end == std::string::npos) {
      break;
    }
    std::string line = client.received.substr(0, end);
    client.received.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
    const std::string reply = handler_(line) + "\n";
    // A client that does not read its replies is gone.
    if (send(client.fd.get(), reply.data(), reply.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(reply.size())) {
      return false;
    }
  }
  return client.received.size() <= kMaxLineBytes;
}

}  // namespace tinyrig::emulator
