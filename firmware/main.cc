// Boot, then serve requests for ever.
#include "firmware/chip/chip.h"
#include "firmware/cortex_m/core.h"
#include "firmware/cortex_m/hal_core.h"
#include "firmware/hal.h"
#include "firmware/session.h"
#include "tinyrig_board.h"

namespace {

// In .bss: the decoder and the last reply are too large for the stack.
tinyrig::firmware::Session session(tinyrig_model);

}  // namespace

int main() {
  using namespace tinyrig;  // NOLINT: this file only wires
  cortex_m::SetUpCore();
  chip::SetUpClocks();
  cortex_m::EnableCaches();
  cortex_m::GatherFacts();
  chip::StartWatchdog();
  chip::SetUpConsole();
  cortex_m::EnableInterrupt(chip::kConsoleIrq);
  cortex_m::StartTick(hal::CoreClockHz());
  session.Begin();
  chip::SetLed(board::kLedReady, true);
  for (;;) {
    uint8_t byte = 0;
    while (chip::ReceiveByte(&byte)) {
      if (session.Take(byte)) {
        chip::DrainConsole();
        cortex_m::SystemReset();
      }
    }
    hal::FeedWatchdog();
    cortex_m::SleepWhile(chip::NothingReceived);
  }
}
