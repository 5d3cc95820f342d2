// What is wired to one board: console, loader port, lines, and the session over
// them. Opened and closed as a whole; used by one thread but for Interrupt.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "agent/config/config.h"
#include "agent/device/device_session.h"
#include "agent/flash/flasher.h"
#include "agent/lines/board_lines.h"
#include "agent/port/serial_port.h"
#include "boards/board.h"

namespace tinyrig::agent {

/// Where a board is found right now.
struct BoardEndpoints {
  std::string console;
  std::string loader;  ///< empty: the console's port
  std::string control;
  std::optional<ModemWiring> modem;
  LinesPort modem_port = LinesPort::kLoader;
};

/// UNAVAILABLE or NOT_FOUND while the board is away.
using EndpointFinder = std::function<absl::StatusOr<BoardEndpoints>()>;

class BoardIo {
 public:
  BoardIo(const boards::Board* board, EndpointFinder find,
          const base::Clock* clock)
      : board_(board), find_(std::move(find)), clock_(clock) {}

  /// Errors: UNAVAILABLE the board is away.
  absl::Status Open();
  void Close();

  // Only while open.
  DeviceSession* session() { return session_.get(); }
  BoardLines* lines() { return lines_.get(); }
  /// A reset into the application; what the session remembers is void.
  absl::Status ResetBoard();
  /// Calls `work` with a flasher; the console is in its own mode afterwards.
  /// \param await_boot false when nothing that boots is in flash
  absl::Status WithFlasher(const std::function<absl::Status(Flasher*)>& work,
                           bool await_boot);

  /// Ends what waits and all that follows; thread-safe.
  void Interrupt();
  void ClearInterrupt();

 private:
  [[nodiscard]] PortSettings ConsoleSettings() const {
    return {board_->console.baud, Parity::kNone};
  }

  const boards::Board* board_;
  EndpointFinder find_;
  const base::Clock* clock_;
  std::mutex mutex_;  // the pointers, against Interrupt
  bool interrupted_ = false;
  std::unique_ptr<SerialPort> console_;
  std::unique_ptr<SerialPort> loader_;  // null: shares the console
  std::unique_ptr<BoardLines> lines_;
  std::unique_ptr<DeviceSession> session_;
};

}  // namespace tinyrig::agent
