// The chip of the unit tests: what the firmware asked of it is kept here.
#pragma once

#include <cstdint>
#include <vector>

#include "firmware/hal.h"

namespace tinyrig::firmware::testing {

struct FakeHal {
  hal::Facts facts = {};
  TinyrigImageHeader header = {};
  std::vector<uint8_t> sent;
  uint32_t cycles = 0;  ///< advanced by every Cycles()
  uint32_t cycles_per_read = 7;
  uint64_t instructions = 0;
  bool masked = false;
  bool busy = false;
  bool stack_intact = true;
  int failures = 0;
  int fed = 0;
  int cold_starts = 0;
  uint16_t running_layer = hal::kNoLayer;
  bool fault_pending = false;
  wire::FaultRecord fault = {};
};

/// The one that the linked hal:: functions use.
FakeHal& Fake();
/// A fresh one; call in SetUp.
void ResetFake();

}  // namespace tinyrig::firmware::testing
