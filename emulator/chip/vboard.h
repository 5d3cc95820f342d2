// A whole board without its plugs: core, chip, ROM bootloader, fault plan, and
// the wires reset, BOOT0, power. No file descriptors, no clock: runner.h feeds
// it bytes and time.
//
//   kOff --power on--> reset --BOOT0=1--> kRom --Go--> kFlash
//                        \------BOOT0=0-------------------^ --lockup--> kLockup
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "boards/board.h"
#include "emulator/chip/bootloader.h"
#include "emulator/chip/chip.h"
#include "emulator/chip/fault_plan.h"
#include "emulator/core.h"

namespace tinyrig::emulator {

struct VBoardOptions {
  const boards::Board* board = nullptr;  ///< outlives the virtual board
  std::string uid_text;                  ///< up to 8 of [A-Za-z0-9_-]
  std::string flash_file;                ///< empty: in memory only
  bool flash_timing_typical = false;
  FaultPlan faults;
  uint64_t seed = 1;
};

class VBoard : public ChipListener, public CoreListener, public LoaderTarget {
 public:
  enum class Mode { kOff, kRom, kFlash, kLockup };
  enum class Activity {
    kRunning,  ///< executes instructions
    kWaiting,  ///< nothing before the next event
    kStopped,  ///< nothing at all before somebody pulls a wire or sends bytes
  };

  /// Errors: INVALID_ARGUMENT uid; FAILED_PRECONDITION a board of a family
  /// that is not emulated; those of FlashStore::Open.
  static absl::StatusOr<std::unique_ptr<VBoard>> Create(
      const VBoardOptions& options);
  ~VBoard() override;

  // --- wires
  void PulseReset();
  void SetBoot0(bool high) { boot0_ = high; }
  void SetPower(bool on);
  void PressButton(bool pressed) { chip_->PressButton(pressed); }
  void SetFaults(const FaultPlan& plan);

  // --- serial bytes, already through the fault plan
  /// How many more bytes the console takes now (0: later).
  [[nodiscard]] size_t ConsoleRoom() const;
  void ConsoleByte(uint8_t byte);
  /// Bytes that left the console's TX pin since the last call.
  std::vector<uint8_t> TakeConsoleOutput();
  struct LoaderAnswer {
    std::vector<uint8_t> bytes;
    int64_t after_us = 0;  ///< flash time, 0 with instant flash timing
  };
  LoaderAnswer LoaderByte(uint8_t byte);

  // --- time
  /// Executes at most about `cycles`. While bytes are under way on the console
  /// the core's naps between them pass at once and count next to nothing.
  Activity Run(uint64_t cycles);
  /// Virtual time until the next event; INT64_MAX without one.
  [[nodiscard]] int64_t NanosToNextEvent() const;
  /// Lets time pass while nothing executes, and carries out what is due.
  void LetPass(int64_t nanoseconds);
  /// Bytes are under way on the console: time that need not be waited for.
  [[nodiscard]] bool ConsoleBusy() const;

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] const boards::Board& board() const { return board_; }
  [[nodiscard]] const std::string& uid() const { return uid_; }
  FaultInjector& faults() { return injector_; }
  Core& core() { return *core_; }
  Chip& chip() { return *chip_; }
  [[nodiscard]] std::string StatusJson() const;

 private:
  explicit VBoard(const VBoardOptions& options);

  // ChipListener
  void WatchdogBites() override;
  void ConsoleSent(uint8_t byte) override { sent_.push_back(byte); }
  void CodeChanged(uint32_t base, uint32_t size_bytes) override;
  bool FlashInterrupted() override;
  // CoreListener
  void SystemResetRequested(bool lockup) override;
  // LoaderTarget
  bool ReadMemory(uint32_t address, std::span<uint8_t> bytes) override;
  Outcome WriteMemory(uint32_t address,
                      std::span<const uint8_t> bytes) override;
  Outcome EraseSectors(std::span<const uint16_t> sectors) override;
  Outcome EraseAll() override;
  [[nodiscard]] bool ReadoutProtected() const override;
  void SetReadoutProtection(bool on) override;
  void SetWriteProtection(uint32_t sectors) override;
  void SystemReset() override;
  void Go(uint32_t vector_table) override;

  Activity Execute(uint64_t cycles);
  void PassTo(uint64_t cycle);
  void RequestReset(uint32_t cause);
  void ResetNow(uint32_t cause);
  bool ResetIfRequested();
  [[nodiscard]] bool Protected(size_t sector) const;
  void EraseOne(size_t sector);

  const boards::Board& board_;
  std::string uid_;
  bool typical_;
  FaultInjector injector_;
  uint64_t faults_since_cycles_ = 0;
  bool hung_ = false;
  bool boot0_ = false;
  Mode mode_ = Mode::kOff;
  uint64_t resets_ = 0;
  uint32_t requested_reset_ = 0;  // flags of reset_flag; 0: none

  std::unique_ptr<FlashStore> store_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Chip> chip_;
  Bootloader bootloader_;
  std::vector<uint8_t> sent_;
};

/// "off", "rom", "flash", "lockup".
std::string_view ModeName(VBoard::Mode mode);

/// Carries out one line of the control channel (docs/VBOARD.md).
/// \param quit  set by the command `quit`
std::string ControlReply(VBoard& board, std::string_view line, bool* quit);

}  // namespace tinyrig::emulator
