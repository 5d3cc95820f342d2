#include "firmware/testing/fake_model.h"

#include "firmware/testing/fake_hal.h"

namespace tinyrig::firmware::testing {
namespace {

uint8_t arena[2 * kFakeBytes];
int invocations = 0;

void Layer0(uint32_t cycles) {
  Fake().cycles += cycles;
  Fake().instructions += 5;
}
void Layer1() {
  Fake().cycles += kFakeLayerCycles[1];
  Fake().instructions += 10;
  for (uint32_t i = 0; i < kFakeBytes; ++i) {
    arena[kFakeBytes + i] = static_cast<uint8_t>(arena[i] + 1);
  }
}

// The first layer works twice, as a streamed one does.
void Invoke(TinyrigStepHook on_step) {
  ++invocations;
  for (const uint32_t layer : {0U, 1U, 0U}) {
    if (on_step != nullptr) {
      on_step(layer);
    }
    layer == 0 ? Layer0(kFakeLayerCycles[0] / 2) : Layer1();
  }
}

const TinyrigTensor kInputs[] = {{arena, 3}, {arena + 3, 5}};
const TinyrigTensor kOutputs[] = {{arena + 8, 4}, {arena + 12, 4}};

}  // namespace

TinyrigModel FakeModel(bool keeps_input) {
  return {TINYRIG_MODEL_MAGIC,
          TINYRIG_MODEL_ABI_VERSION,
          keeps_input ? uint16_t{TINYRIG_MODEL_INPUT_PRESERVED} : uint16_t{0},
          kInputs,
          kOutputs,
          2,
          2,
          2 * kFakeBytes,
          2,
          Invoke};
}

int FakeInvocations() {
  return invocations;
}

}  // namespace tinyrig::firmware::testing
