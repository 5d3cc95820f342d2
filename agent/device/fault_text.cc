// Names of the fault status bits: ARMv7-M ARM (DDI 0403E) B3.2.15, B3.2.16.
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "agent/device/device_session.h"

namespace tinyrig::agent {
namespace {

struct Bit {
  int number;
  const char* text;
};

constexpr Bit kCfsrBits[] = {
    {0, "IACCVIOL instruction fetch from a forbidden address"},
    {1, "DACCVIOL data access to a forbidden address"},
    {3, "MUNSTKERR on exception return"},
    {4, "MSTKERR on exception entry"},
    {5, "MLSPERR on lazy floating-point save"},
    {8, "IBUSERR bus error on instruction fetch"},
    {9, "PRECISERR bus error at the named address"},
    {10, "IMPRECISERR bus error of an earlier write"},
    {11, "UNSTKERR bus error on exception return"},
    {12, "STKERR bus error on exception entry (stack overflow?)"},
    {13, "LSPERR bus error on lazy floating-point save"},
    {16, "UNDEFINSTR undefined instruction"},
    {17, "INVSTATE not in Thumb state"},
    {18, "INVPC bad exception return"},
    {19, "NOCP coprocessor is off"},
    {24, "UNALIGNED access"},
    {25, "DIVBYZERO division by zero"},
};
constexpr Bit kHfsrBits[] = {
    {1, "VECTTBL vector table read failed"},
    {30, "FORCED escalated from another fault"},
};
constexpr Bit kResetBits[] = {
    {0, "power-on"}, {1, "reset pin"}, {2, "software"},
    {3, "watchdog"}, {4, "brown-out"}, {5, "low power"},
};

std::string Named(uint32_t value, std::span<const Bit> bits,
                  const char* separator) {
  std::vector<std::string> names;
  for (const Bit& bit : bits) {
    if ((value >> bit.number & 1) != 0) {
      names.emplace_back(bit.text);
    }
  }
  return absl::StrJoin(names, separator);
}

}  // namespace

std::string ResetCauseText(uint32_t reset_cause) {
  const std::string names = Named(reset_cause, kResetBits, ", ");
  return names.empty() ? "unknown cause" : names;
}

std::string FaultText(const wire::FaultRecord& fault,
                      const std::string& layer_name) {
  std::string text(wire::FaultKindName(fault.kind));
  if (fault.layer != 0xFFFF) {
    absl::StrAppend(&text, " in layer ", fault.layer);
    if (!layer_name.empty()) {
      absl::StrAppend(&text, " (", layer_name, ")");
    }
  }
  std::string cause = Named(fault.cfsr, kCfsrBits, "; ");
  const std::string hard = Named(fault.hfsr, kHfsrBits, "; ");
  if (!hard.empty()) {
    absl::StrAppend(&cause, cause.empty() ? "" : "; ", hard);
  }
  if (!cause.empty()) {
    absl::StrAppend(&text, ": ", cause);
  }
  constexpr uint32_t kMmarValid = 1U << 7;
  constexpr uint32_t kBfarValid = 1U << 15;
  if ((fault.cfsr & kMmarValid) != 0) {
    absl::StrAppendFormat(&text, "; address 0x%08X", fault.mmfar);
  } else if ((fault.cfsr & kBfarValid) != 0) {
    absl::StrAppendFormat(&text, "; address 0x%08X", fault.bfar);
  }
  if (fault.kind != static_cast<uint8_t>(wire::FaultKind::kWatchdog)) {
    absl::StrAppendFormat(
        &text,
        "; pc 0x%08X lr 0x%08X sp 0x%08X xpsr 0x%08X r0 0x%08X r1 0x%08X "
        "r2 0x%08X r3 0x%08X r12 0x%08X cfsr 0x%08X hfsr 0x%08X",
        fault.pc, fault.lr, fault.sp, fault.xpsr, fault.r0, fault.r1, fault.r2,
        fault.r3, fault.r12, fault.cfsr, fault.hfsr);
  }
  return text;
}

}  // namespace tinyrig::agent
