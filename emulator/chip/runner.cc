#include "emulator/chip/runner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

namespace tinyrig::emulator {
namespace {

// About a quarter of a millisecond of our time: how late input is seen while
// the core executes.
constexpr uint64_t kSliceCycles = 50'000;
constexpr int64_t kNsPerUs = 1'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t NowNs() {  // base::Clock counts microseconds: too coarse for naps
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

int64_t NowUs() {
  return NowNs() / kNsPerUs;
}

}  // namespace

Runner::Runner(std::unique_ptr<VBoard> board, Plugs plugs)
    : board_(std::move(board)),
      console_(std::move(plugs.console), board_->faults(),
               FaultLine::kConsoleIn, FaultLine::kConsoleOut),
      loader_(std::move(plugs.loader), board_->faults(), FaultLine::kLoaderIn,
              FaultLine::kLoaderOut),
      shares_console_(loader_.pty == nullptr),
      control_(std::move(plugs.control)) {
  control_->SetHandler([this](std::string_view line) {
    return ControlReply(*board_, line, &quit_);
  });
}

absl::StatusOr<std::unique_ptr<Runner>> Runner::Create(
    std::unique_ptr<VBoard> board, const RunnerOptions& options) {
  const std::string loader_link = options.loader_link.empty()
                                      ? options.link + ".loader"
                                      : options.loader_link;
  const std::string control_path = options.control_path.empty()
                                       ? options.link + ".control"
                                       : options.control_path;
  const boards::Board& data = board->board();
  Plugs plugs;
  // The socket first: it tells a second board of the same name apart before
  // the links of the first are taken away.
  ASSIGN_OR_RETURN(plugs.control, ControlServer::Listen(control_path));
  ASSIGN_OR_RETURN(plugs.console, Pty::Open(options.link));
  if (data.bootloader.shares_console) {
    RETURN_IF_ERROR(plugs.console->AddLink(loader_link));
  } else {
    ASSIGN_OR_RETURN(plugs.loader, Pty::Open(loader_link));
  }
  std::unique_ptr<Runner> runner(
      new Runner(std::move(board), std::move(plugs)));
  RETURN_IF_ERROR(runner->CatchSignals());
  fmt::print("ready board={} uid={} link={} loader={} control={}\n", data.id,
             runner->board_->uid(), options.link, loader_link, control_path);
  std::fflush(stdout);
  return runner;
}

absl::Status Runner::CatchSignals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_.Reset(signalfd(-1, &ending, SFD_NONBLOCK | SFD_CLOEXEC));
  prctl(PR_SET_TIMERSLACK, 1000);  // ns; the default is 50 us
  return signals_.valid() ? absl::OkStatus()
                          : base::ErrnoStatus(errno, "signalfd");
}

absl::Status Runner::Loop() {
  int64_t last_ns = NowNs();
  while (!quit_) {
    Deliver();
    const VBoard::Activity activity = board_->Run(kSliceCycles);
    const std::vector<uint8_t> sent = board_->TakeConsoleOutput();
    console_.out.Push(sent, NowUs());
    FlushOut(console_);
    FlushOut(loader_);

    const int64_t before_ns = NowNs();
    pacer_.RealTimePassed(before_ns - last_ns);
    const bool waiting = activity == VBoard::Activity::kWaiting;
    const int64_t nap_ns = waiting ? board_->NanosToNextEvent() : INT64_MAX;
    int64_t wait_ns = 0;
    if (activity != VBoard::Activity::kRunning) {
      wait_ns = pacer_.WaitFor(nap_ns);
    }
    Poll(std::min(wait_ns, NanosToLines()));
    last_ns = NowNs();
    const int64_t left_ns = pacer_.RealTimePassed(last_ns - before_ns);
    if (waiting && wait_ns == 0) {
      board_->LetPass(nap_ns);
      pacer_.Owe(nap_ns);
    } else if (waiting && left_ns > 0) {
      board_->LetPass(std::min(left_ns, nap_ns));
    }
  }
  return absl::OkStatus();
}

void Runner::FillPollSet() {
  poll_set_.clear();
  poll_set_.push_back({signals_.get(), POLLIN, 0});
  for (const Port* port : {&console_, &loader_}) {
    if (port->pty != nullptr) {
      const int in = port->in.room() > 0 ? POLLIN : 0;
      const int out = port->blocked ? POLLOUT : 0;
      poll_set_.push_back({port->pty->watch_fd(), POLLIN, 0});
      poll_set_.push_back({port->pty->fd(), static_cast<int16_t>(in | out), 0});
    }
  }
  control_->AddTo(&poll_set_);
}

void Runner::Poll(int64_t timeout_ns) {
  FillPollSet();
  timespec timeout{};
  timeout.tv_sec = timeout_ns / kNsPerSecond;
  timeout.tv_nsec = timeout_ns % kNsPerSecond;
  const int ready =
      ppoll(poll_set_.data(), poll_set_.size(),
            timeout_ns == INT64_MAX ? nullptr : &timeout, nullptr);
  if (ready <= 0) {
    return;
  }
  quit_ = quit_ || poll_set_[0].revents != 0;
  ServePort(console_);
  ServePort(loader_);
  control_->Serve(poll_set_);
}

void Runner::ServePort(Port& port) {
  if (port.pty == nullptr) {
    return;
  }
  port.pty->ClientsChanged();
  port.blocked = false;
  std::array<uint8_t, 4096> bytes;
  const size_t room = std::min(port.in.room(), bytes.size());
  if (room > 0) {
    const size_t got = port.pty->Read({bytes.data(), room});
    port.in.Push({bytes.data(), got}, NowUs());
  }
}

void Runner::Deliver() {
  const int64_t now_us = NowUs();
  Port& loader = LoaderPort();
  const bool rom = board_->mode() == VBoard::Mode::kRom;
  while (!(shares_console_ && rom) && console_.in.Ready(now_us) &&
         board_->ConsoleRoom() > 0) {
    board_->ConsoleByte(console_.in.Pop());
  }
  while (!(shares_console_ && !rom) && loader.in.Ready(now_us) &&
         now_us >= loader_busy_until_us_) {
    const VBoard::LoaderAnswer answer = board_->LoaderByte(loader.in.Pop());
    if (answer.after_us > 0) {
      loader_busy_until_us_ = now_us + answer.after_us;
      loader.out.Hold(loader_busy_until_us_);
    }
    loader.out.Push(answer.bytes, now_us);
  }
}

void Runner::FlushOut(Port& port) {
  if (port.pty == nullptr || port.blocked) {
    return;
  }
  const int64_t now_us = NowUs();
  while (port.out.Ready(now_us) && port.unwritten.size() < 4096) {
    port.unwritten.push_back(port.out.Pop());
  }
  if (port.unwritten.empty()) {
    return;
  }
  if (!port.pty->has_client()) {
    port.unwritten.clear();  // nobody at the other end of the wire
    return;
  }
  const size_t put = port.pty->Write(port.unwritten);
  port.unwritten.erase(port.unwritten.begin(),
                       port.unwritten.begin() + static_cast<ptrdiff_t>(put));
  port.blocked = !port.unwritten.empty();
}

// Until a stalled byte is due; not for lines that wait for the chip.
int64_t Runner::NanosToLines() const {
  const int64_t now_us = NowUs();
  int64_t next_us = INT64_MAX;
  for (const Port* port : {&console_, &loader_}) {
    if (!port->blocked) {
      next_us = std::min(next_us, port->unwritten.empty()
                                      ? port->out.NextReadyMicros()
                                      : now_us);
    }
  }
  if (board_->ConsoleRoom() > 0) {
    next_us = std::min(next_us, console_.in.NextReadyMicros());
  }
  next_us = std::min(
      next_us, std::max(loader_.in.NextReadyMicros(), loader_busy_until_us_));
  if (next_us == INT64_MAX) {
    return INT64_MAX;
  }
  return std::max<int64_t>(next_us - now_us, 0) * kNsPerUs;
}

}  // namespace tinyrig::emulator
