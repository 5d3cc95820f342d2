#include "firmware/testing/fake_hal.h"

#include <stdexcept>

namespace tinyrig {

using firmware::testing::Fake;

firmware::testing::FakeHal& firmware::testing::Fake() {
  static FakeHal fake;
  return fake;
}

void firmware::testing::ResetFake() {
  Fake() = FakeHal{};
}

namespace hal {

const Facts& GetFacts() {
  return Fake().facts;
}
const TinyrigImageHeader& ImageHeader() {
  return Fake().header;
}
uint32_t CoreClockHz() {
  return 216'000'000;
}
uint32_t FlashAcr() {
  return 0x307;
}
uint32_t CacheControl() {
  return 0x70210;
}
void Send(const uint8_t* bytes, size_t size) {
  Fake().sent.insert(Fake().sent.end(), bytes, bytes + size);
}
uint32_t Cycles() {
  return Fake().cycles += Fake().cycles_per_read;
}
uint64_t Instructions() {
  return Fake().instructions;
}
uint32_t MaskInterrupts() {
  const bool before = Fake().masked;
  Fake().masked = true;
  return before ? 1 : 0;
}
void RestoreInterrupts(uint32_t previous) {
  Fake().masked = previous != 0;
}
void ColdCaches() {
  ++Fake().cold_starts;
}
void FeedWatchdog() {
  ++Fake().fed;
}
void SetBusyLed(bool on) {
  Fake().busy = on;
}
uint32_t StackBytes() {
  return 8192;
}
uint32_t StackPeakBytes() {
  return 320;
}
uint32_t StaticBytes() {
  return 9000;
}
bool StackIntact() {
  return Fake().stack_intact;
}
void SetRunningLayer(uint16_t layer) {
  Fake().running_layer = layer;
}
const wire::FaultRecord* PendingFault() {
  return Fake().fault_pending ? &Fake().fault : nullptr;
}
void ClearFault() {
  Fake().fault_pending = false;
}
// On the chip this resets; in a test it leaves the call.
void Fail() {
  ++Fake().failures;
  throw std::runtime_error("hal::Fail");
}

}  // namespace hal
}  // namespace tinyrig
