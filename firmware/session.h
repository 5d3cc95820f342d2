// Bytes in, frames out: finds requests, answers each (sequence, type) once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "firmware/command.h"
#include "proto/wire/frame.h"

namespace tinyrig::firmware {

class Session {
 public:
  explicit Session(const TinyrigModel& model) : commands_(model) {}

  /// Measures the overheads and says kBootEvent.
  void Begin();

  /// Takes one received byte; replies through hal::Send. \return true when the
  /// host asked for a reset and the reply is out.
  bool Take(uint8_t byte);

 private:
  bool Answer(const wire::Frame& request);

  Commands commands_;
  wire::FrameDecoder decoder_;
  bool has_reply_ = false;
  uint8_t last_type_ = 0;
  uint16_t last_sequence_ = 0;
  size_t last_frame_bytes_ = 0;
  uint8_t last_frame_[wire::kMaxFrameBytes] = {};
  uint8_t payload_[wire::kMaxPayloadBytes] = {};
};

}  // namespace tinyrig::firmware
