#include "agent/agent.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <random>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"

#include "base/file.h"
#include "base/log.h"
#include "base/resources.h"
#include "base/sha256.h"
#include <sys/file.h>

namespace tinyrig::agent {
namespace {

constexpr int64_t kFlushMs = 2000;
// sockaddr_un holds 108 bytes; ".control" and the like come behind the link.
constexpr size_t kMaxLinkBytes = 90;

std::string NewInstanceId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x", random(), random());
}

// The same board has the same id in every run.
std::string DerivedUid(const std::string& agent_id, const std::string& name) {
  const std::string text = agent_id + "/" + name;
  return base::Sha256Hex(
             {reinterpret_cast<const uint8_t*>(text.data()), text.size()})
      .substr(0, 8);
}

}  // namespace

Agent::Agent(AgentConfig config)
    : config_(std::move(config)),
      signals_(io_, SIGTERM, SIGINT),
      channel_(MakeGrpcServerChannel(config_.server)),
      cache_(std::filesystem::path(config_.state_dir) / "cache",
             config_.cache_limit_mb << 20, channel_.get()) {
  LinkOptions options;
  options.agent_id = config_.agent_id;
  options.instance_id = NewInstanceId();
  options.attached = [this] {
    if (!std::exchange(announced_, true)) {
      std::printf("ready agent=%s boards=%zu\n", config_.agent_id.c_str(),
                  slots_.size());
      std::fflush(stdout);
    }
  };
  link_ = std::make_unique<AgentLink>(&io_, channel_.get(), this,
                                      std::move(options));
}

Agent::~Agent() = default;

std::filesystem::path Agent::BoardFolder(const std::string& name) const {
  return std::filesystem::path(config_.state_dir) / "boards" / name;
}

absl::Status Agent::TakeStateFolder() {
  std::error_code error;
  std::filesystem::create_directories(config_.state_dir, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(
        "state folder ", config_.state_dir, ": ", error.message()));
  }
  const auto path = std::filesystem::path(config_.state_dir) / "lock";
  state_lock_.Reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!state_lock_.valid()) {
    return base::ErrnoStatus(errno, path.string());
  }
  if (::flock(state_lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(
        absl::StrCat("state folder ", config_.state_dir,
                     " is in use by another agent: give each its own --state"));
  }
  return absl::OkStatus();
}

std::unique_ptr<VboardProcess> Agent::MakeVboard(const BoardEntry& entry) {
  const VirtualBoard& board = *entry.virtual_board;
  std::filesystem::path link = BoardFolder(entry.name) / "tty";
  std::error_code ignored;
  std::filesystem::create_directories(link.parent_path(), ignored);
  link = std::filesystem::absolute(link, ignored);
  if (link.string().size() > kMaxLinkBytes) {
    if (!short_folder_) {
      if (auto folder = base::TempDir::Create("tinyrig-agent"); folder.ok()) {
        short_folder_ = std::make_unique<base::TempDir>(*std::move(folder));
      }
    }
    if (short_folder_) {
      link = short_folder_->path() / absl::StrCat("tty", slots_.size());
    }
  }
  VboardOptions options;
  options.name = entry.name;
  options.program = board.program.empty()
                        ? base::SiblingProgram("tinyrig-vboard").string()
                        : board.program;
  options.link = link;
  const std::string flash_file =
      board.flash_file.empty()
          ? (BoardFolder(entry.name) / "flash.bin").string()
          : board.flash_file;
  options.arguments = {
      "--board",
      entry.board,
      "--uid",
      board.uid.empty() ? DerivedUid(config_.agent_id, entry.name) : board.uid,
      "--flash-file",
      flash_file};
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) {
      options.arguments.insert(options.arguments.end(), {flag, value});
    }
  };
  add("--faults", board.faults);
  add("--seed", board.faults.empty() ? "" : std::to_string(board.seed));
  add("--flash-timing", board.flash_timing);
  return std::make_unique<VboardProcess>(&io_, std::move(options));
}

EndpointFinder Agent::FinderFor(const BoardEntry& entry) {
  return [entry]() -> absl::StatusOr<BoardEndpoints> {
    BoardEndpoints where;
    where.console = entry.port;
    if (!entry.usb_serial.empty()) {
      ASSIGN_OR_RETURN(where.console, FindUsbSerialPort(entry.usb_serial));
    }
    where.loader = entry.loader_port;
    where.control = entry.control;
    where.modem = entry.modem;
    where.modem_port = entry.modem_port;
    return where;
  };
}

void Agent::AddBoard(const BoardEntry& entry) {
  Slot slot;
  slot.name = entry.name;
  SupervisorOptions options;
  options.name = entry.name;
  options.board = *boards::FindBoard(entry.board);
  options.state_folder = BoardFolder(entry.name);
  if (entry.virtual_board) {
    slot.vboard = MakeVboard(entry);
    options.find = [process = slot.vboard.get()] {
      return process->endpoints();
    };
  } else {
    options.find = FinderFor(entry);
  }
  slot.supervisor = std::make_unique<Supervisor>(
      std::move(options), link_.get(), &cache_, &base::SystemClock());
  slots_.push_back(std::move(slot));
}

absl::Status Agent::Run() {
  RETURN_IF_ERROR(TakeStateFolder());
  for (const BoardEntry& entry : config_.boards) {
    AddBoard(entry);
  }
  for (Slot& slot : slots_) {
    if (slot.vboard) {
      slot.vboard->Start();  // forks: before the other threads start
    }
  }
  for (Slot& slot : slots_) {
    slot.supervisor->Start();
  }
  link_->Start();
  int got = 0;
  signals_.async_wait([&](boost::system::error_code error, int number) {
    if (!error) {
      got = number;
      io_.stop();
    }
  });
  io_.run();
  LOG_INFO("agent", "signal {}: stopping", got);
  for (Slot& slot : slots_) {
    slot.supervisor->Stop();
  }
  io_.restart();
  link_->Stop(kFlushMs);
  for (Slot& slot : slots_) {
    if (slot.vboard) {
      slot.vboard->Stop();
    }
  }
  return absl::OkStatus();
}

bool Agent::Offer(const v1::Lease& lease) {
  for (Slot& slot : slots_) {
    if (slot.name == lease.board_name()) {
      return slot.supervisor->Offer(lease);
    }
  }
  return false;
}

void Agent::Revoke(const std::string& job_id, int64_t fence) {
  for (Slot& slot : slots_) {
    slot.supervisor->Revoke(job_id, fence);
  }
}

std::vector<v1::AgentBoard> Agent::Boards() {
  std::vector<v1::AgentBoard> boards;
  for (Slot& slot : slots_) {
    boards.push_back(slot.supervisor->Describe());
  }
  return boards;
}

std::vector<v1::HeldLease> Agent::Held() {
  std::vector<v1::HeldLease> held;
  for (Slot& slot : slots_) {
    if (auto lease = slot.supervisor->held()) {
      held.push_back(*std::move(lease));
    }
  }
  return held;
}

}  // namespace tinyrig::agent
