// Brings a flash plan onto a board through the ROM bootloader: a dumb loop
// over the plan with retries. Skipping what the board already carries is the
// caller's matter (the firmware's hello names its image).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "agent/flash/an3155.h"
#include "agent/flash/flash_plan.h"
#include "agent/lines/board_lines.h"

namespace tinyrig::agent {

/// step is "erase", "write" or "verify"; done and total are bytes (sectors for
/// "erase").
using FlashProgress =
    std::function<void(const std::string& step, int64_t done, int64_t total)>;

struct FlashReport {
  int64_t erased_sectors = 0;
  int64_t retries = 0;  ///< blocks or commands that had to be repeated
};

class Flasher {
 public:
  /// All outlive the flasher. `port` is the one that the loader is wired to.
  Flasher(SerialPort* port, BoardLines* lines, const boards::Board* board,
          LoaderTimeouts timeouts = {})
      : port_(port), lines_(lines), board_(board), loader_(port, timeouts) {}

  /// Resets into the loader, erases the plan's sectors, writes and reads back
  /// every block, and resets into the new image. A sector that reads back
  /// wrong is erased and written again.
  /// Errors: DEADLINE_EXCEEDED no loader; FAILED_PRECONDITION the loader's
  /// product id is another chip's, or nobody pulls the wires; DATA_LOSS still
  /// wrong after all retries (the address is named); UNAVAILABLE; CANCELLED.
  absl::Status Flash(const FlashPlan& plan, const FlashProgress& progress,
                     FlashReport* report);

  /// Resets into the loader and asks who is there; leaves the board in its
  /// application. \return the chip's unique id, 24 hex digits, empty when the
  /// loader does not let it be read. Errors as Flash.
  absl::StatusOr<std::string> Identify();

 private:
  absl::Status EnterLoader();
  absl::Status LeaveLoader();
  /// Runs `command`; after an error enters the loader again and repeats.
  absl::Status WithRetry(const std::function<absl::Status()>& command,
                         FlashReport* report);
  absl::Status Erase(std::span<const uint16_t> sectors, FlashReport* report);
  absl::Status WriteAndVerify(const FlashPlan& plan,
                              std::span<const uint16_t> sectors,
                              const FlashProgress& progress,
                              FlashReport* report,
                              std::vector<uint16_t>* bad_sectors);

  SerialPort* port_;
  BoardLines* lines_;
  const boards::Board* board_;
  An3155 loader_;
};

}  // namespace tinyrig::agent
