// The wires beside the UART: reset, BOOT0. Behind them a virtual board's
// control socket, the DTR/RTS lines of a serial adapter, or nobody (a person
// moves the jumper).
#pragma once

#include <memory>
#include <string>

#include "agent/port/serial_port.h"
#include "base/status.h"

namespace tinyrig::agent {

class BoardLines {
 public:
  virtual ~BoardLines() = default;
  /// Level of BOOT0, sampled at the next reset.
  virtual absl::Status SetBoot0(bool high) = 0;
  /// Pulses NRST; the board boots by BOOT0 as it is now.
  virtual absl::Status Reset() = 0;
  /// False when nobody pulls the wires.
  [[nodiscard]] virtual bool automatic() const { return true; }
  /// Name of the timing model of a virtual board; empty for a real chip.
  virtual absl::StatusOr<std::string> TimingModel() { return std::string(); }
};

/// Control channel of a virtual board (docs/VBOARD.md); connects on each use,
/// so it survives a restart of the board's process.
/// Errors of its calls: UNAVAILABLE nobody listens there.
std::unique_ptr<BoardLines> MakeControlLines(std::string socket_path);

enum class ModemLine { kNone, kDtr, kRts };

struct ModemWiring {
  ModemLine reset = ModemLine::kRts;  ///< asserted = NRST low
  ModemLine boot0 = ModemLine::kDtr;  ///< asserted = BOOT0 high
};

/// DTR and RTS of an open port; the port outlives the lines.
std::unique_ptr<BoardLines> MakeModemLines(SerialPort* port,
                                           ModemWiring wiring);

/// Every call is FAILED_PRECONDITION and says what to do by hand.
std::unique_ptr<BoardLines> MakeManualLines();

/// One command on a control channel, without its newline; the reply line.
/// "error TEXT" becomes FAILED_PRECONDITION.
absl::StatusOr<std::string> ControlCommand(const std::string& socket_path,
                                           const std::string& command);

}  // namespace tinyrig::agent
