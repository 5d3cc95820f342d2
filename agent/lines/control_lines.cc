#include <cerrno>
#include <cstring>
#include <utility>

#include "agent/lines/board_lines.h"
#include "agent/port/fd_stream.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include <sys/socket.h>
#include <sys/un.h>

namespace tinyrig::agent {
namespace {

constexpr int64_t kReplyTimeoutMs = 3000;
constexpr size_t kMaxReplyBytes = 65536;

absl::StatusOr<base::UniqueFd> Dial(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat(
        "control socket path ", path, " is longer than ",
        sizeof address.sun_path - 1, " bytes: use a shorter state folder"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    return absl::UnavailableError(
        base::ErrnoStatus(errno, absl::StrCat("control channel ", path))
            .message());
  }
  return fd;
}

// The value of "key":"..." in one line of flat JSON that the board wrote.
std::string JsonString(const std::string& json, const std::string& key) {
  const std::string mark = absl::StrCat("\"", key, "\"");
  size_t at = json.find(mark);
  if (at == std::string::npos) {
    return "";
  }
  at = json.find('"', json.find(':', at + mark.size()));
  const size_t end = at == std::string::npos ? at : json.find('"', at + 1);
  return end == std::string::npos ? "" : json.substr(at + 1, end - at - 1);
}

class ControlLines : public BoardLines {
 public:
  explicit ControlLines(std::string path) : path_(std::move(path)) {}
  absl::Status SetBoot0(bool high) override {
    return ControlCommand(path_, high ? "boot0 1" : "boot0 0").status();
  }
  absl::Status Reset() override {
    return ControlCommand(path_, "reset").status();
  }
  absl::StatusOr<std::string> TimingModel() override {
    ASSIGN_OR_RETURN(const auto json, ControlCommand(path_, "status"));
    return JsonString(json, "timing_model");
  }

 private:
  std::string path_;
};

}  // namespace

absl::StatusOr<std::string> ControlCommand(const std::string& socket_path,
                                           const std::string& command) {
  ASSIGN_OR_RETURN(auto fd, Dial(socket_path));
  FdStream stream(std::move(fd));
  const std::string line = command + "\n";
  RETURN_IF_ERROR(
      stream.Write({reinterpret_cast<const uint8_t*>(line.data()), line.size()},
                   kReplyTimeoutMs));
  std::string reply;
  while (reply.find('\n') == std::string::npos) {
    uint8_t chunk[1024];
    const auto n = stream.Read(chunk, kReplyTimeoutMs);
    if (!n.ok()) {
      return absl::UnavailableError(
          absl::StrCat("control channel ", socket_path, ", command '", command,
                       "': ", n.status().message()));
    }
    reply.append(reinterpret_cast<const char*>(chunk), *n);
    if (reply.size() > kMaxReplyBytes) {
      return absl::UnavailableError(absl::StrCat(
          "control channel ", socket_path, ": a reply without end"));
    }
  }
  reply.resize(reply.find('\n'));
  if (reply.rfind("error", 0) == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("control command '", command, "': ", reply));
  }
  return reply;
}

std::unique_ptr<BoardLines> MakeControlLines(std::string socket_path) {
  return std::make_unique<ControlLines>(std::move(socket_path));
}

}  // namespace tinyrig::agent
