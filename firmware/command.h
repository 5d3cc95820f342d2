// Carries out the requests of proto/wire/message.h on one model. Knows nothing
// of frames and sequence numbers (session.h) nor of the chip (hal.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "firmware/tensors.h"
#include "proto/abi/model.h"
#include "proto/wire/message.h"

namespace tinyrig::firmware {

/// Layers beyond this cannot be profiled; a run is not affected.
constexpr uint32_t kMaxProfiledLayers = 256;
constexpr uint16_t kMaxWarmups = 64;

class Commands {
 public:
  explicit Commands(const TinyrigModel& model) : model_(model) {}

  /// Measures the overheads; once, after the caches are on.
  void Calibrate();

  /// `reply` has room for kMaxPayloadBytes. \return its size, at least 1: the
  /// status, then what message.h says.
  size_t Execute(wire::Type type, const uint8_t* payload, size_t payload_bytes,
                 uint8_t* reply);

 private:
  struct Request {
    const uint8_t* payload;
    size_t bytes;
  };
  struct Answer {
    wire::Status status;
    size_t body_bytes;
  };
  using Handler = Answer (Commands::*)(const Request& request, uint8_t* body);
  static Handler HandlerOf(wire::Type type);

  Answer Hello(const Request& request, uint8_t* body);
  Answer SetInput(const Request& request, uint8_t* body);
  Answer Run(const Request& request, uint8_t* body);
  Answer GetOutput(const Request& request, uint8_t* body);
  Answer GetSamples(const Request& request, uint8_t* body);
  Answer GetLayers(const Request& request, uint8_t* body);
  Answer GetMemory(const Request& request, uint8_t* body);
  Answer Reset(const Request& request, uint8_t* body);
  Answer GetFault(const Request& request, uint8_t* body);

  [[nodiscard]] bool ModelFits() const;
  [[nodiscard]] wire::Status CheckRun(const wire::RunRequest& run) const;
  void RunSamples(const wire::RunRequest& run);
  void RunProfile(const wire::RunRequest& run);

  const TinyrigModel& model_;
  uint32_t input_set_bytes_ = 0;  ///< all bytes before this one are set
  bool has_output_ = false;
  bool has_profile_ = false;
  uint16_t sample_count_ = 0;
  uint32_t run_overhead_cycles_ = 0;
  uint32_t layer_overhead_cycles_ = 0;
  wire::SampleRecord samples_[wire::kMaxRuns] = {};
  uint32_t layer_cycles_[kMaxProfiledLayers] = {};
};

}  // namespace tinyrig::firmware
