#include "agent/device/device_session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

#include "base/sha256.h"

namespace tinyrig::agent {
namespace {

// A device that lost its state by a reset that nobody saw answers so; the
// caller starts over with hello.
absl::Status StatusOfReply(wire::Type type, wire::Status status) {
  switch (status) {
    case wire::Status::kOk:
      return absl::OkStatus();
    case wire::Status::kBadState:
    case wire::Status::kInputCrc:
      return absl::AbortedError(
          absl::StrFormat("request 0x%02X: %s, the device has lost its input",
                          static_cast<int>(type),
                          wire::StatusName(static_cast<uint8_t>(status))));
    case wire::Status::kModelFailed:
      return absl::FailedPreconditionError(
          "the image's model does not fit its firmware (ABI version): compile "
          "it again");
    default:
      return absl::InternalError(absl::StrFormat(
          "request 0x%02X refused by the device: %s", static_cast<int>(type),
          wire::StatusName(static_cast<uint8_t>(status))));
  }
}

template <typename T>
absl::StatusOr<T> Body(const std::vector<uint8_t>& body, const char* what) {
  const auto value = wire::ReadStruct<T>(body.data(), body.size());
  if (!value) {
    return absl::InternalError(absl::StrFormat(
        "%s reply has %d bytes, wanted %d: firmware and agent differ in "
        "version",
        what, body.size(), sizeof(T)));
  }
  return *value;
}

template <size_t N>
std::string Text(const char (&padded)[N]) {
  return {padded, ::strnlen(padded, N)};
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> DeviceSession::Ask(
    wire::Type type, const wire::Payload& payload, const CallTiming& timing) {
  ASSIGN_OR_RETURN(auto reply, channel_.Call(type, payload, timing));
  RETURN_IF_ERROR(StatusOfReply(type, reply.status));
  return std::move(reply.body);
}

absl::StatusOr<HelloInfo> DeviceSession::Hello(int64_t deadline_ms) {
  CallTiming timing;
  timing.deadline_ms = deadline_ms;
  timing.resend_max_ms = 500;
  ASSIGN_OR_RETURN(const auto body, Ask(wire::Type::kHello, {}, timing));
  HelloInfo info;
  ASSIGN_OR_RETURN(info.raw, Body<wire::HelloReply>(body, "hello"));
  info.uid = base::Hex(info.raw.uid);
  info.image_hash = base::Hex(info.raw.image_hash);
  info.firmware_version = Text(info.raw.firmware_version);
  info.board_id = Text(info.raw.board_id);
  boot_id_ = info.raw.boot_id;
  return info;
}

absl::Status DeviceSession::SetInput(std::span<const uint8_t> input) {
  input_crc32_ = wire::Crc32(input.data(), input.size());
  for (size_t at = 0; at < input.size(); at += wire::kMaxInputChunkBytes) {
    const size_t size = std::min(wire::kMaxInputChunkBytes, input.size() - at);
    const auto payload = wire::SetInputPayload(static_cast<uint32_t>(at),
                                               input.data() + at, size);
    RETURN_IF_ERROR(Ask(wire::Type::kSetInput, payload).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<wire::RunReply> DeviceSession::Run(uint16_t warmups,
                                                  uint16_t runs, bool profile,
                                                  int64_t expected_ms,
                                                  int64_t deadline_ms) {
  wire::RunRequest request{};
  request.warmups = warmups;
  request.runs = runs;
  request.flags = profile ? wire::kRunProfile : 0;
  request.input_crc32 = input_crc32_;
  CallTiming timing;
  timing.resend_ms = expected_ms * 3 / 2 + 250;
  timing.resend_max_ms = std::max<int64_t>(5000, timing.resend_ms);
  timing.deadline_ms = deadline_ms;
  ASSIGN_OR_RETURN(const auto body,
                   Ask(wire::Type::kRun, wire::RunPayload(request), timing));
  return Body<wire::RunReply>(body, "run");
}

absl::StatusOr<std::vector<uint8_t>> DeviceSession::GetOutput(
    uint32_t output_bytes, uint32_t output_crc32) {
  std::vector<uint8_t> output;
  while (output.size() < output_bytes) {
    const size_t count =
        std::min(wire::kMaxOutputChunkBytes, output_bytes - output.size());
    ASSIGN_OR_RETURN(
        const auto body,
        Ask(wire::Type::kGetOutput,
            wire::GetOutputPayload(static_cast<uint32_t>(output.size()),
                                   static_cast<uint16_t>(count))));
    if (body.size() != count) {
      return absl::InternalError(absl::StrFormat(
          "output reply has %d bytes, wanted %d", body.size(), count));
    }
    output.insert(output.end(), body.begin(), body.end());
  }
  if (wire::Crc32(output.data(), output.size()) != output_crc32) {
    return absl::AbortedError("the output is not the run's: CRC differs");
  }
  return output;
}

absl::StatusOr<std::vector<wire::SampleRecord>> DeviceSession::GetSamples(
    uint16_t count) {
  ASSIGN_OR_RETURN(const auto body,
                   Ask(wire::Type::kGetSamples, wire::RangePayload(0, count)));
  auto samples = wire::ReadArray<wire::SampleRecord>(body.data(), body.size());
  if (!samples || samples->size() != count) {
    return absl::InternalError("samples reply has another size than asked");
  }
  return *std::move(samples);
}

absl::StatusOr<std::vector<uint32_t>> DeviceSession::GetLayers(uint16_t count) {
  std::vector<uint32_t> cycles;
  while (cycles.size() < count) {
    const size_t part =
        std::min(wire::kMaxLayersPerReply, count - cycles.size());
    ASSIGN_OR_RETURN(
        const auto body,
        Ask(wire::Type::kGetLayers,
            wire::RangePayload(static_cast<uint16_t>(cycles.size()),
                               static_cast<uint16_t>(part))));
    const auto some = wire::ReadArray<uint32_t>(body.data(), body.size());
    if (!some || some->size() != part) {
      return absl::InternalError("layers reply has another size than asked");
    }
    cycles.insert(cycles.end(), some->begin(), some->end());
  }
  return cycles;
}

absl::StatusOr<wire::MemoryReply> DeviceSession::GetMemory() {
  ASSIGN_OR_RETURN(const auto body, Ask(wire::Type::kGetMemory, {}));
  return Body<wire::MemoryReply>(body, "memory");
}

absl::StatusOr<wire::FaultRecord> DeviceSession::GetFault(bool clear) {
  ASSIGN_OR_RETURN(const auto body,
                   Ask(wire::Type::kGetFault, wire::GetFaultPayload(clear)));
  return Body<wire::FaultRecord>(body, "fault");
}

absl::Status DeviceSession::Restart() {
  return channel_.Restart();
}

}  // namespace tinyrig::agent
