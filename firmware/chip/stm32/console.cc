// The console: received bytes go through a ring from the interrupt to the main
// loop; the interrupt takes what is sent from the caller's buffer, and the core
// sleeps meanwhile. Where that interrupt cannot come, sending is polled.
#include "firmware/chip/chip.h"
#include "firmware/chip/stm32/gpio.h"
#include "firmware/chip/stm32/registers.h"
#include "firmware/chip/stm32/usart.h"
#include "firmware/cortex_m/core.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

constexpr uint32_t UsartBase(uint32_t usart) {
  switch (usart) {
    case 1:
      return 0x40011000;
    case 2:
      return 0x40004400;
    case 3:
      return 0x40004800;
    default:
      return 0x40011400;  // USART6
  }
}
constexpr uint32_t kBase = UsartBase(board::kConsoleUsart);
constexpr bool kOnApb2 = board::kConsoleUsart == 1 || board::kConsoleUsart == 6;
constexpr uint32_t kEnableBit =
    kOnApb2 ? (board::kConsoleUsart == 1 ? 4 : 5) : 15 + board::kConsoleUsart;

/// docs/WIRE.md promises this; a power of two.
constexpr uint32_t kRingBytes = 4096;
uint8_t ring[kRingBytes];
// Free-running; one writer each: the interrupt and the main loop.
volatile uint32_t ring_in;
volatile uint32_t ring_out;
// What is left to send: the main loop sets it, the interrupt uses it up.
const uint8_t* volatile send_next;
volatile uint32_t send_left;
/// A byte takes 11 us at 921600 baud; a line that is stuck ends a Send: after
/// so many polls, or wake-ups without progress (two received bytes may come in
/// the time of one sent; on a silent line the tick, 20 times a second).
constexpr uint32_t kSendLimit = 10'000'000;
constexpr uint32_t kIdleWakeUps = 50;
bool running;

void SendFromInterrupt() {
  if (send_left != 0 && stm32::UsartHasRoom(kBase)) {
    const uint8_t* const next = send_next;
    stm32::PutUsartByte(kBase, *next);
    send_next = next + 1;
    send_left = send_left - 1;
    if (send_left == 0) {
      stm32::InterruptOnRoom(kBase, false);
    }
  }
}

void SendPolled(const uint8_t* bytes, size_t size) {
  uint32_t patience = kSendLimit;
  for (size_t i = 0; i < size; ++i) {
    while (!stm32::UsartHasRoom(kBase) && patience != 0) {
      --patience;
    }
    stm32::PutUsartByte(kBase, bytes[i]);
  }
}

bool Sending() {
  return send_left != 0;
}

void StartSending(const uint8_t* bytes, uint32_t size) {
  // Or a received byte's interrupt could use up the last byte in between.
  const uint32_t interrupts = hal::MaskInterrupts();
  send_next = bytes;
  send_left = size;
  stm32::InterruptOnRoom(kBase, size != 0);
  hal::RestoreInterrupts(interrupts);
}

void SendAsleep(const uint8_t* bytes, uint32_t size) {
  StartSending(bytes, size);
  uint32_t before = size;
  for (uint32_t idle = 0; Sending() && idle < kIdleWakeUps; ++idle) {
    cortex_m::SleepWhile(Sending);
    const uint32_t left = send_left;
    idle = left != before ? 0 : idle;
    before = left;
  }
  StartSending(nullptr, 0);  // the buffer is the caller's again
}

}  // namespace

void chip::SetUpConsole() {
  stm32::UseAlternate(board::kConsoleTx, board::kConsoleAlternateFunction);
  stm32::UseAlternate(board::kConsoleRx, board::kConsoleAlternateFunction);
  stm32::SetBits(kOnApb2 ? stm32::kRccApb2enr : stm32::kRccApb1enr,
                 1u << kEnableBit);
  const uint32_t clock_hz = kOnApb2 ? stm32::Apb2Hz() : stm32::Apb1Hz();
  stm32::StartUsart(kBase,
                    (clock_hz + board::kConsoleBaud / 2) / board::kConsoleBaud);
  running = true;
}

void chip::HandleConsoleInterrupt() {
  uint8_t byte = 0;
  while (stm32::TakeUsartByte(kBase, &byte)) {
    // A full ring drops the byte: the frame fails its CRC and comes again.
    if (ring_in - ring_out < kRingBytes) {
      ring[ring_in % kRingBytes] = byte;
      ring_in = ring_in + 1;
    }
  }
  SendFromInterrupt();
}

bool chip::ReceiveByte(uint8_t* byte) {
  if (ring_in == ring_out) {
    return false;
  }
  *byte = ring[ring_out % kRingBytes];
  asm volatile("" ::: "memory");
  ring_out = ring_out + 1;
  return true;
}

bool chip::NothingReceived() {
  return ring_in == ring_out;
}

void hal::Send(const uint8_t* bytes, size_t size) {
  if (!running) {
    return;  // a fault before the console is up
  }
  if (cortex_m::CanBeInterrupted()) {
    SendAsleep(bytes, static_cast<uint32_t>(size));
  } else {
    StartSending(nullptr, 0);  // a fault may have cut a Send short
    SendPolled(bytes, size);
  }
}

void chip::DrainConsole() {
  for (uint32_t i = 0; running && i < kSendLimit; ++i) {
    if (stm32::UsartIsDone(kBase)) {
      return;
    }
  }
}

}  // namespace tinyrig
