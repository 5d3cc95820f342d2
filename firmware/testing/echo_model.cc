// The smallest models that an image can carry, for tests of the firmware, the
// virtual board and the agent. They do what docs/ABI.md asks of a generated
// model source: three layers, y = 3x + 1 in bytes, input preserved.
//
// TINYRIG_TEST_MODEL 0: just that. 1: the second layer divides by zero when the
// first input byte is 0xDB, jumps into nowhere when it is 0xBA, and overflows
// the stack when it is 0x50; 2: it hangs when the first input byte is 0xDB.
#include "proto/abi/model.h"

namespace {

constexpr uint32_t kBytes = 2000;

[[gnu::section(".bss.tinyrig.arena"),
  gnu::aligned(16)]] uint8_t arena[2 * kBytes];
[[gnu::section(".rodata.tinyrig.tables")]] const uint8_t kAdded[4] = {1, 1, 1,
                                                                      1};

[[gnu::section(".text.tinyrig.model.layer0")]] void Triple() {
  for (uint32_t i = 0; i < kBytes; ++i) {
    arena[kBytes + i] = static_cast<uint8_t>(arena[i] * 3);
  }
}

#if TINYRIG_TEST_MODEL == 1
[[gnu::noinline]] uint32_t Deeper(uint32_t depth) {
  volatile uint32_t page[32];
  page[0] = depth;
  return depth == UINT32_MAX ? 0 : Deeper(depth + 1) + page[0];
}
#endif

[[gnu::section(".text.tinyrig.model.layer1")]] void Misbehave() {
#if TINYRIG_TEST_MODEL == 1
  volatile uint32_t zero = 0;
  if (arena[0] == 0xDB) {
    zero = 1000 / zero;
  } else if (arena[0] == 0xBA) {
    zero = *reinterpret_cast<volatile uint32_t*>(0x60000000);
  } else if (arena[0] == 0x50) {
    zero = Deeper(0);
  }
#elif TINYRIG_TEST_MODEL == 2
  volatile uint8_t* const first = arena;
  while (*first == 0xDB) {
  }
#endif
}

[[gnu::section(".text.tinyrig.model.layer2")]] void Add() {
  for (uint32_t i = 0; i < kBytes; ++i) {
    arena[kBytes + i] = static_cast<uint8_t>(arena[kBytes + i] + kAdded[i % 4]);
  }
}

[[gnu::section(".rodata.tinyrig.model")]] void (*const kLayers[])() = {
    Triple, Misbehave, Add};

[[gnu::section(".text.tinyrig.model.invoke")]] void Invoke(
    TinyrigStepHook on_step) {
  for (uint32_t i = 0; i < 3; ++i) {
    if (on_step != nullptr) {
      on_step(i);
    }
    kLayers[i]();
  }
}

const TinyrigTensor kInput = {arena, kBytes};
const TinyrigTensor kOutput = {arena + kBytes, kBytes};

}  // namespace

extern "C" const TinyrigModel tinyrig_model = {TINYRIG_MODEL_MAGIC,
                                               TINYRIG_MODEL_ABI_VERSION,
                                               TINYRIG_MODEL_INPUT_PRESERVED,
                                               &kInput,
                                               &kOutput,
                                               1,
                                               1,
                                               2 * kBytes,
                                               3,
                                               Invoke};
