// The control channel's commands and the status line.
#include <numeric>

#include "emulator/chip/vboard.h"
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tinyrig::emulator {

std::string_view ModeName(VBoard::Mode mode) {
  switch (mode) {
    case VBoard::Mode::kOff:
      return "off";
    case VBoard::Mode::kRom:
      return "rom";
    case VBoard::Mode::kFlash:
      return "flash";
    case VBoard::Mode::kLockup:
      return "lockup";
  }
  return "off";
}

// Every value is ours (ids, numbers), so nothing needs escaping.
std::string VBoard::StatusJson() const {
  const FaultInjector::Counters& faults = injector_.counters();
  const Usart::Counters& console = chip_->console().counters();
  const std::vector<uint32_t>& erases = store_->erase_counts();
  return fmt::format(
      R"({{"board":"{}","uid":"{}","power":"{}","boot0":{},"mode":"{}",)"
      R"("cycles":{},"instructions":{},"timing_model":"{}","hclk_hz":{},)"
      R"("resets":{},"erased_sectors":{},"erase_counts":[{}],)"
      R"("console":{{"sent":{},"received":{},"overruns":{},"unheard":{}}},)"
      R"("faults":{{"drop":{},"flip":{},"stall":{},"hang":{},)"
      R"("reset_in_flash":{},"dead":{}}}}})",
      board_.id, uid_, mode_ == Mode::kOff ? "off" : "on", boot0_ ? 1 : 0,
      ModeName(mode_), core_->NowCycles(), core_->InstructionCount(),
      core_->TimingModel(), chip_->rcc().clocks().hclk_hz, resets_,
      std::accumulate(erases.begin(), erases.end(), uint64_t{0}),
      fmt::join(erases, ","), console.sent, console.received, console.overruns,
      console.unheard, faults.drop, faults.flip, faults.stall, faults.hang,
      faults.reset_in_flash, injector_.plan().dead);
}

std::string ControlReply(VBoard& board, std::string_view line, bool* quit) {
  if (line == "status") {
    return board.StatusJson();
  }
  if (line == "reset") {
    board.PulseReset();
  } else if (line == "boot0 0" || line == "boot0 1") {
    board.SetBoot0(line.back() == '1');
  } else if (line == "power on" || line == "power off") {
    board.SetPower(line == "power on");
  } else if (line == "button 0" || line == "button 1") {
    board.PressButton(line.back() == '1');
  } else if (line.substr(0, 7) == "faults ") {
    const absl::StatusOr<FaultPlan> plan = FaultPlan::Parse(line.substr(7));
    if (!plan.ok()) {
      return absl::StrCat("error ", plan.status().message());
    }
    board.SetFaults(*plan);
  } else if (line == "quit") {
    *quit = true;
  } else {
    return "error unknown command; there are reset, boot0 0|1, power on|off, "
           "button 0|1, status, faults PLAN, quit";
  }
  return "ok";
}

}  // namespace tinyrig::emulator
