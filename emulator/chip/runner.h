// The process around a virtual board: PTYs, control socket, signals, real
// time. One thread, one poll loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"
#include "emulator/chip/control.h"
#include "emulator/chip/line.h"
#include "emulator/chip/pacer.h"
#include "emulator/chip/pty.h"
#include "emulator/chip/vboard.h"

namespace tinyrig::emulator {

struct RunnerOptions {
  std::string link;
  std::string loader_link;   ///< empty: link + ".loader"
  std::string control_path;  ///< empty: link + ".control"
};

class Runner {
 public:
  /// Opens the PTYs and the socket, and prints the ready line.
  static absl::StatusOr<std::unique_ptr<Runner>> Create(
      std::unique_ptr<VBoard> board, const RunnerOptions& options);
  /// Until `quit`, SIGTERM or SIGINT.
  absl::Status Loop();

 private:
  /// A PTY with the two lines to its USART.
  struct Port {
    Port(std::unique_ptr<Pty> port_pty, FaultInjector& injector,
         FaultLine line_in, FaultLine line_out)
        : pty(std::move(port_pty)),
          in(injector, line_in),
          out(injector, line_out) {}
    std::unique_ptr<Pty> pty;
    Line in, out;
    std::vector<uint8_t> unwritten;
    bool blocked = false;  // the client does not read
  };

  struct Plugs {
    std::unique_ptr<ControlServer> control;
    std::unique_ptr<Pty> console, loader;  // loader: null when shared
  };
  Runner(std::unique_ptr<VBoard> board, Plugs plugs);
  absl::Status CatchSignals();
  void FillPollSet();
  void Poll(int64_t timeout_ns);
  void ServePort(Port& port);
  void Deliver();
  void FlushOut(Port& port);
  [[nodiscard]] int64_t NanosToLines() const;
  Port& LoaderPort() { return shares_console_ ? console_ : loader_; }

  std::unique_ptr<VBoard> board_;
  Port console_, loader_;
  bool shares_console_ = false;
  std::unique_ptr<ControlServer> control_;
  base::UniqueFd signals_;
  std::vector<pollfd> poll_set_;
  Pacer pacer_;
  int64_t loader_busy_until_us_ = 0;
  bool quit_ = false;
};

}  // namespace tinyrig::emulator
