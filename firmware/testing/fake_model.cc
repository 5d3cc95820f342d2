#include "firmware/testing/fake_model.h"

#include "firmware/testing/fake_hal.h"

namespace tinyrig::firmware::testing {
namespace {

uint8_t arena[2 * kFakeBytes];
int invocations = 0;

void Layer(uint32_t which) {
  Fake().cycles += kFakeLayerCycles[which];
  Fake().instructions += 10;
}
void Layer0() {
  Layer(0);
}
void Layer1() {
  Layer(1);
  for (uint32_t i = 0; i < kFakeBytes; ++i) {
    arena[kFakeBytes + i] = static_cast<uint8_t>(arena[i] + 1);
  }
}
void Invoke() {
  ++invocations;
  Layer0();
  Layer1();
}

const TinyrigTensor kInputs[] = {{arena, 3}, {arena + 3, 5}};
const TinyrigTensor kOutputs[] = {{arena + 8, 4}, {arena + 12, 4}};
const TinyrigLayerFunction kLayers[] = {Layer0, Layer1};

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
          kLayers,
          2,
          Invoke};
}

int FakeInvocations() {
  return invocations;
}

}  // namespace tinyrig::firmware::testing
