#include "emulator/chip/pty.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <pty.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include <sys/inotify.h>

namespace tinyrig::emulator {
namespace {

namespace fs = std::filesystem;

absl::Status MakeLink(const std::string& target, const std::string& link) {
  std::error_code error;
  const fs::file_status old = fs::symlink_status(link, error);
  if (fs::exists(old) && !fs::is_symlink(old)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "link ", link, " exists and is no symlink: name another path"));
  }
  // Renamed over the old one: whoever follows the link finds one or the other.
  const std::string fresh = link + ".new";
  fs::remove(fresh, error);
  if (symlink(target.c_str(), fresh.c_str()) != 0 ||
      rename(fresh.c_str(), link.c_str()) != 0) {
    return base::ErrnoStatus(errno, "cannot make the link " + link);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pty>> Pty::Open(const std::string& link) {
  std::unique_ptr<Pty> pty(new Pty);
  int master = -1;
  int slave = -1;
  std::array<char, 64> name{};
  if (openpty(&master, &slave, name.data(), nullptr, nullptr) != 0) {
    return base::ErrnoStatus(errno, "no pseudo-terminal");
  }
  pty->master_.Reset(master);
  pty->slave_.Reset(slave);
  pty->name_ = name.data();
  fcntl(master, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  fcntl(master, F_SETFL, O_NONBLOCK);
  pty->MakeRaw();
  pty->watch_.Reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!pty->watch_.valid() ||
      inotify_add_watch(pty->watch_.get(), pty->name_.c_str(),
                        IN_OPEN | IN_CLOSE) < 0) {
    return base::ErrnoStatus(errno, "watching " + pty->name_);
  }
  RETURN_IF_ERROR(pty->AddLink(link));
  return pty;
}

Pty::~Pty() {
  for (const std::string& link : links_) {
    std::error_code error;
    if (fs::read_symlink(link, error) == name_) {
      fs::remove(link, error);
    }
  }
}

absl::Status Pty::AddLink(const std::string& link) {
  RETURN_IF_ERROR(MakeLink(name_, link));
  links_.push_back(link);
  return absl::OkStatus();
}

void Pty::MakeRaw() {
  termios settings{};
  if (tcgetattr(slave_.get(), &settings) == 0) {
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    tcsetattr(slave_.get(), TCSANOW, &settings);
  }
}

void Pty::ClientsChanged() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  const bool had_client = has_client();
  for (;;) {
    const ssize_t got = read(watch_.get(), buffer.data(), buffer.size());
    if (got <= 0) {
      break;
    }
    for (ssize_t at = 0; at < got;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      at += static_cast<ssize_t>(sizeof(event)) + event.len;
      clients_ += (event.mask & IN_OPEN) != 0 ? 1 : 0;
      clients_ -= (event.mask & IN_CLOSE) != 0 ? 1 : 0;
    }
  }
  clients_ = std::max(clients_, 0);
  if (had_client && !has_client()) {
    // As a serial port does at the last close: unread bytes are gone, and the
    // next client finds it raw again, whatever this one had set.
    tcflush(slave_.get(), TCIFLUSH);
    MakeRaw();
  }
}

size_t Pty::Read(std::span<uint8_t> bytes) {
  const ssize_t got = read(master_.get(), bytes.data(), bytes.size());
  return got > 0 ? static_cast<size_t>(got) : 0;
}

size_t Pty::Write(std::span<const uint8_t> bytes) {
  const ssize_t put = write(master_.get(), bytes.data(), bytes.size());
  return put > 0 ? static_cast<size_t>(put) : 0;
}

}  // namespace tinyrig::emulator
