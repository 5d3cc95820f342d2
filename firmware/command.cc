#include "firmware/command.h"

#include <cstring>

#include "firmware/hal.h"
#include "firmware/measure.h"

namespace tinyrig::firmware {
namespace {

using wire::Status;
using wire::Type;

/// A field at an offset; the caller has checked the size. Little-endian both
/// on the chip and on the host.
template <typename T>
T Field(const uint8_t* payload, size_t offset = 0) {
  T value;
  std::memcpy(&value, payload + offset, sizeof(value));
  return value;
}

template <typename T>
size_t Put(uint8_t* body, const T& value) {
  std::memcpy(body, &value, sizeof(value));
  return sizeof(value);
}

}  // namespace

void Commands::Calibrate() {
  run_overhead_cycles_ = EmptyCallCycles();
  layer_overhead_cycles_ = EmptyStepCycles();
}

Commands::Handler Commands::HandlerOf(Type type) {
  switch (type) {
    case Type::kHello:
      return &Commands::Hello;
    case Type::kSetInput:
      return &Commands::SetInput;
    case Type::kRun:
      return &Commands::Run;
    case Type::kGetOutput:
      return &Commands::GetOutput;
    case Type::kGetSamples:
      return &Commands::GetSamples;
    case Type::kGetLayers:
      return &Commands::GetLayers;
    case Type::kGetMemory:
      return &Commands::GetMemory;
    case Type::kReset:
      return &Commands::Reset;
    case Type::kGetFault:
      return &Commands::GetFault;
    case Type::kBootEvent:
    case Type::kFaultEvent:
      break;
  }
  return nullptr;
}

size_t Commands::Execute(Type type, const uint8_t* payload,
                         size_t payload_bytes, uint8_t* reply) {
  const Handler handler = HandlerOf(type);
  Answer answer = {Status::kUnknownCommand, 0};
  if (handler != nullptr) {
    answer = (this->*handler)({payload, payload_bytes}, reply + 1);
  }
  reply[0] = static_cast<uint8_t>(answer.status);
  return answer.status == Status::kOk ? 1 + answer.body_bytes : 1;
}

bool Commands::ModelFits() const {
  return model_.magic == TINYRIG_MODEL_MAGIC &&
         model_.abi_version == TINYRIG_MODEL_ABI_VERSION;
}

Commands::Answer Commands::Hello(const Request& request, uint8_t* body) {
  if (request.bytes != 0) {
    return {Status::kBadLength, 0};
  }
  const hal::Facts& facts = hal::GetFacts();
  const TinyrigImageHeader& image = hal::ImageHeader();
  wire::HelloReply hello = {};
  std::memcpy(hello.uid, facts.uid, sizeof(hello.uid));
  std::memcpy(hello.image_hash, image.hash, sizeof(hello.image_hash));
  std::memcpy(hello.firmware_version, image.firmware_version,
              sizeof(hello.firmware_version));
  std::memcpy(hello.board_id, image.board_id, sizeof(hello.board_id));
  hello.boot_id = facts.boot_id;
  hello.reset_cause = facts.reset_cause;
  hello.idcode = facts.idcode;
  hello.cpuid = facts.cpuid;
  hello.core_clock_hz = hal::CoreClockHz();
  hello.flash_acr = hal::FlashAcr();
  hello.ccr = hal::CacheControl();
  if (ModelFits()) {
    hello.input_bytes = Inputs(model_).bytes();
    hello.output_bytes = Outputs(model_).bytes();
    hello.arena_bytes = model_.arena_bytes;
    hello.layer_count = static_cast<uint16_t>(model_.layer_count);
    hello.model_flags = model_.flags;
  }
  hello.run_overhead_cycles = run_overhead_cycles_;
  hello.layer_overhead_cycles = layer_overhead_cycles_;
  hello.fault_pending = hal::PendingFault() != nullptr ? 1 : 0;
  return {Status::kOk, Put(body, hello)};
}

Commands::Answer Commands::SetInput(const Request& request, uint8_t*) {
  if (request.bytes < sizeof(uint32_t) + 1) {
    return {Status::kBadLength, 0};
  }
  if (!ModelFits()) {
    return {Status::kModelFailed, 0};
  }
  const auto offset = Field<uint32_t>(request.payload);
  const auto size = static_cast<uint32_t>(request.bytes - sizeof(offset));
  const uint32_t input_bytes = Inputs(model_).bytes();
  // A gap would leave bytes that nobody set.
  if (offset > input_set_bytes_ || offset > input_bytes ||
      size > input_bytes - offset) {
    return {Status::kBadArgument, 0};
  }
  // The planner may have put the outputs where the inputs were.
  has_output_ = false;
  Inputs(model_).Write(offset, request.payload + sizeof(offset), size);
  if (offset + size > input_set_bytes_) {
    input_set_bytes_ = offset + size;
  }
  return {Status::kOk, 0};
}

Status Commands::CheckRun(const wire::RunRequest& run) const {
  const bool profile = (run.flags & wire::kRunProfile) != 0;
  const uint8_t zeros[sizeof(run.reserved)] = {};
  if (run.runs < 1 || run.runs > wire::kMaxRuns || run.warmups > kMaxWarmups ||
      (run.flags & ~wire::kRunProfile) != 0 || (profile && run.runs != 1) ||
      std::memcmp(run.reserved, zeros, sizeof(zeros)) != 0) {
    return Status::kBadArgument;
  }
  if (!ModelFits()) {
    return Status::kModelFailed;
  }
  const bool keeps_input = (model_.flags & TINYRIG_MODEL_INPUT_PRESERVED) != 0;
  if (input_set_bytes_ != Inputs(model_).bytes() ||
      (!keeps_input && run.warmups + run.runs != 1) ||
      (profile && model_.layer_count > kMaxProfiledLayers)) {
    return Status::kBadState;
  }
  return Inputs(model_).Crc32() == run.input_crc32 ? Status::kOk
                                                   : Status::kInputCrc;
}

void Commands::RunSamples(const wire::RunRequest& run) {
  for (uint32_t i = 0; i < uint32_t{run.warmups} + run.runs; ++i) {
    hal::FeedWatchdog();
    const wire::SampleRecord sample = Time(model_.invoke);
    if (i >= run.warmups) {
      samples_[sample_count_++] = sample;
    }
  }
}

void Commands::RunProfile(const wire::RunRequest& run) {
  for (uint32_t pass = 0; pass <= run.warmups; ++pass) {
    hal::FeedWatchdog();
    TimeLayers(model_.invoke, layer_cycles_, model_.layer_count);
  }
  has_profile_ = true;
}

Commands::Answer Commands::Run(const Request& request, uint8_t* body) {
  if (request.bytes != sizeof(wire::RunRequest)) {
    return {Status::kBadLength, 0};
  }
  const auto run = Field<wire::RunRequest>(request.payload);
  const Status status = CheckRun(run);
  if (status != Status::kOk) {
    return {status, 0};
  }
  hal::SetBusyLed(true);
  sample_count_ = 0;
  has_output_ = false;
  // Whatever was asked before, every series starts from the same state.
  hal::ColdCaches();
  if ((run.flags & wire::kRunProfile) != 0) {
    RunProfile(run);
  } else {
    RunSamples(run);
  }
  hal::FeedWatchdog();
  hal::SetBusyLed(false);
  if (!hal::StackIntact()) {
    hal::Fail();
  }
  has_output_ = true;
  if ((model_.flags & TINYRIG_MODEL_INPUT_PRESERVED) == 0) {
    input_set_bytes_ = 0;
  }
  return {Status::kOk,
          Put(body, wire::RunReply{sample_count_, 0, Outputs(model_).Crc32()})};
}

Commands::Answer Commands::GetOutput(const Request& request, uint8_t* body) {
  if (request.bytes != sizeof(uint32_t) + sizeof(uint16_t)) {
    return {Status::kBadLength, 0};
  }
  if (!has_output_) {
    return {Status::kBadState, 0};
  }
  const auto offset = Field<uint32_t>(request.payload);
  const auto count = Field<uint16_t>(request.payload, sizeof(offset));
  const uint32_t output_bytes = Outputs(model_).bytes();
  if (count < 1 || count > wire::kMaxOutputChunkBytes ||
      offset > output_bytes || count > output_bytes - offset) {
    return {Status::kBadArgument, 0};
  }
  Outputs(model_).Read(offset, body, count);
  return {Status::kOk, count};
}

namespace {

struct Range {
  uint16_t first;
  uint16_t count;
};

/// kOk when [first, first + count) is inside of `available` entries.
Status ReadRange(const uint8_t* payload, size_t bytes, size_t most,
                 uint32_t available, Range* range) {
  if (bytes != 2 * sizeof(uint16_t)) {
    return Status::kBadLength;
  }
  range->first = Field<uint16_t>(payload);
  range->count = Field<uint16_t>(payload, sizeof(uint16_t));
  if (range->count < 1 || range->count > most || range->first > available ||
      range->count > available - range->first) {
    return Status::kBadArgument;
  }
  return Status::kOk;
}

}  // namespace

Commands::Answer Commands::GetSamples(const Request& request, uint8_t* body) {
  Range range = {};
  const Status status =
      ReadRange(request.payload, request.bytes, wire::kMaxSamplesPerReply,
                sample_count_, &range);
  if (status == Status::kBadArgument && sample_count_ == 0) {
    return {Status::kBadState, 0};
  }
  if (status != Status::kOk) {
    return {status, 0};
  }
  const size_t size = range.count * sizeof(wire::SampleRecord);
  std::memcpy(body, samples_ + range.first, size);
  return {Status::kOk, size};
}

Commands::Answer Commands::GetLayers(const Request& request, uint8_t* body) {
  Range range = {};
  const Status status =
      ReadRange(request.payload, request.bytes, wire::kMaxLayersPerReply,
                has_profile_ ? model_.layer_count : 0, &range);
  if (status == Status::kBadArgument && !has_profile_) {
    return {Status::kBadState, 0};
  }
  if (status != Status::kOk) {
    return {status, 0};
  }
  const size_t size = range.count * sizeof(uint32_t);
  std::memcpy(body, layer_cycles_ + range.first, size);
  return {Status::kOk, size};
}

Commands::Answer Commands::GetMemory(const Request& request, uint8_t* body) {
  if (request.bytes != 0) {
    return {Status::kBadLength, 0};
  }
  return {Status::kOk,
          Put(body, wire::MemoryReply{hal::StackBytes(), hal::StackPeakBytes(),
                                      hal::StaticBytes(),
                                      ModelFits() ? model_.arena_bytes : 0})};
}

Commands::Answer Commands::Reset(const Request& request, uint8_t*) {
  return {request.bytes == 0 ? Status::kOk : Status::kBadLength, 0};
}

Commands::Answer Commands::GetFault(const Request& request, uint8_t* body) {
  if (request.bytes != 1) {
    return {Status::kBadLength, 0};
  }
  if (request.payload[0] > 1) {
    return {Status::kBadArgument, 0};
  }
  const wire::FaultRecord* const pending = hal::PendingFault();
  wire::FaultRecord record = {};
  record.layer = hal::kNoLayer;
  if (pending != nullptr) {
    record = *pending;
  }
  if (request.payload[0] == 1) {
    hal::ClearFault();
  }
  return {Status::kOk, Put(body, record)};
}

}  // namespace tinyrig::firmware
