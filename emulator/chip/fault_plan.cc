#include "emulator/chip/fault_plan.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tinyrig::emulator {
namespace {

constexpr int64_t kMaxStallMs = 3'600'000;

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

bool ParseOneIn(absl::string_view text, uint64_t* one_in) {
  return absl::ConsumePrefix(&text, "1/") && absl::SimpleAtoi(text, one_in) &&
         *one_in > 0;
}

bool ParseStall(absl::string_view text, FaultPlan* plan) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() != 2 || !ParseOneIn(parts[0], &plan->stall_one_in)) {
    return false;
  }
  absl::string_view length = parts[1];
  return absl::ConsumeSuffix(&length, "ms") &&
         absl::SimpleAtoi(length, &plan->stall_ms) && plan->stall_ms > 0 &&
         plan->stall_ms <= kMaxStallMs;
}

bool ParseHang(absl::string_view text, FaultPlan* plan) {
  uint64_t cycles = 0;
  if (!absl::ConsumeSuffix(&text, "cycles") ||
      !absl::SimpleAtoi(text, &cycles)) {
    return false;
  }
  plan->hang_after_cycles = cycles;
  return true;
}

bool ParseItem(absl::string_view item, FaultPlan* plan) {
  if (item == "dead") {
    plan->dead = true;
    return true;
  }
  const size_t equals = item.find('=');
  if (equals == absl::string_view::npos) {
    return false;
  }
  const absl::string_view key = item.substr(0, equals);
  const absl::string_view value = item.substr(equals + 1);
  if (key == "drop") {
    return ParseOneIn(value, &plan->drop_one_in);
  }
  if (key == "flip") {
    return ParseOneIn(value, &plan->flip_one_in);
  }
  if (key == "stall") {
    return ParseStall(value, plan);
  }
  if (key == "hang-after") {
    return ParseHang(value, plan);
  }
  return key == "reset-in-flash" &&
         absl::SimpleAtoi(value, &plan->reset_in_flash) &&
         plan->reset_in_flash > 0;
}

}  // namespace

absl::StatusOr<FaultPlan> FaultPlan::Parse(std::string_view text) {
  FaultPlan plan;
  if (text.empty() || text == "none") {
    return plan;
  }
  for (const absl::string_view item : absl::StrSplit(View(text), ',')) {
    if (!ParseItem(item, &plan)) {
      return absl::InvalidArgumentError(
          absl::StrCat("fault plan: \"", item,
                       "\" is none of drop=1/N, flip=1/N, stall=1/N:MSms, "
                       "hang-after=Ncycles, reset-in-flash=N, dead"));
    }
  }
  return plan;
}

FaultInjector::FaultInjector(const FaultPlan& plan, uint64_t seed)
    : plan_(plan) {
  for (size_t i = 0; i < states_.size(); ++i) {
    states_[i] = seed * 0x9E3779B97F4A7C15 + i * 0xD1B54A32D192ED03;
  }
}

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t FaultInjector::Next(FaultLine line) {
  uint64_t z = states_[static_cast<size_t>(line)] += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

FaultInjector::ByteFate FaultInjector::OnByte(FaultLine line, uint8_t byte) {
  ByteFate fate{.drop = false, .byte = byte, .stall_ms = 0};
  if (OneIn(line, plan_.stall_one_in)) {
    fate.stall_ms = plan_.stall_ms;
    ++counters_.stall;
  }
  if (OneIn(line, plan_.flip_one_in)) {
    fate.byte = static_cast<uint8_t>(byte ^ (1u << (Next(line) % 8)));
    ++counters_.flip;
  }
  if (OneIn(line, plan_.drop_one_in)) {
    fate.drop = true;
    ++counters_.drop;
  }
  return fate;
}

bool FaultInjector::OnFlashOperation() {
  ++flash_operations_;
  if (flash_operations_ != plan_.reset_in_flash) {
    return false;
  }
  ++counters_.reset_in_flash;
  return true;
}

bool FaultInjector::HangsAt(uint64_t cycles) {
  if (!plan_.hang_after_cycles || cycles < *plan_.hang_after_cycles) {
    return false;
  }
  plan_.hang_after_cycles.reset();
  ++counters_.hang;
  return true;
}

void FaultInjector::Replace(const FaultPlan& plan) {
  plan_ = plan;
  flash_operations_ = 0;
}

}  // namespace tinyrig::emulator
