// One USART, asynchronous mode, at the pace of its baud rate.
//
// A byte takes 1 start + 8 or 9 data + 1 or 2 stop bits of BRR kernel clocks
// each, in CPU cycles; the line hands over received bytes one such frame after
// the other, so an overrun happens only when the firmware is truly late.
// Register fronts: v1 (F4) and v2 (F7). The engine behind is the same.
// NOT emulated: synchronous, LIN, IrDA, smartcard and half-duplex modes, flow
// control, parity and framing errors, DMA, break, mute, auto baud, time-outs.
// Sources: RM0402 chapter 27, RM0385 chapter 31.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "emulator/chip/rcc.h"

namespace tinyrig::emulator {

class Usart : public RegisterDevice {
 public:
  enum class Version { kV1, kV2 };
  struct Hooks {
    std::function<void(uint8_t)> transmit;  ///< a frame has left, complete
    std::function<void(bool)> interrupt;    ///< level of the IRQ line
    std::function<bool()> tx_pin, rx_pin;   ///< is the pin muxed to us now?
  };
  struct Counters {
    uint64_t sent = 0, received = 0, overruns = 0, unheard = 0;
  };

  Usart(Version version, int number, const Rcc& rcc, EventQueue& events,
        uint32_t line_baud, Hooks hooks);

  void Reset() override;

  /// A byte on the RX line. Frames follow each other without a gap; bytes
  /// beyond kLineBytes wait with the caller (see line_free()).
  void LineByte(uint8_t byte);
  [[nodiscard]] size_t line_free() const { return kLineBytes - line_.size(); }
  void ClearLine() { line_.clear(); }
  /// A frame is under way in either direction.
  [[nodiscard]] bool busy() const { return shifting_ || !line_.empty(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

  static constexpr size_t kLineBytes = 4096;

 protected:
  uint32_t ReadWord(uint32_t offset_bytes) override;
  void WriteWord(uint32_t offset_bytes, uint32_t value, uint32_t mask) override;

 private:
  uint32_t ReadV1(uint32_t offset);
  void WriteV1(uint32_t offset, uint32_t value, uint32_t mask);
  uint32_t ReadV2(uint32_t offset);
  void WriteV2(uint32_t offset, uint32_t value, uint32_t mask);
  void WriteControl(uint32_t value, uint32_t mask);
  uint32_t ReadData();
  void WriteData(uint32_t value);
  void StartFrame(uint8_t byte);
  void FrameSent();
  void ScheduleLine();
  void FrameReceived();
  void LineIdle();
  void UpdateInterrupt();
  [[nodiscard]] bool Enabled() const;
  [[nodiscard]] uint64_t FrameCycles() const;

  Version version_;
  int number_;
  const Rcc& rcc_;
  EventQueue& events_;
  uint32_t line_baud_;
  Hooks hooks_;

  uint32_t flags_ = 0;  // SR (v1), ISR (v2): bits 0 to 7 are the same
  uint32_t cr1_ = 0, cr2_ = 0, cr3_ = 0, brr_ = 0, gtpr_ = 0, rtor_ = 0;
  bool status_read_ = false;  // v1: SR then DR clears ORE and IDLE
  uint8_t receive_data_ = 0;
  uint8_t shift_data_ = 0, holding_data_ = 0;
  bool shifting_ = false, holding_ = false;
  EventQueue::Handle tx_event_ = 0;
  std::deque<uint8_t> line_;
  bool line_scheduled_ = false;
  EventQueue::Handle idle_event_ = 0;
  bool idle_pending_ = false;
  Counters counters_;
};

}  // namespace tinyrig::emulator
