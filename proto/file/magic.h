// What both file formats share: 8 magic bytes, then one protobuf message to
// the end of the file. Pure. Used by artifact.cc and dataset.cc only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "google/protobuf/message_lite.h"

#include "base/status.h"

namespace tinyrig::file {

/// The magic bytes, then the message.
std::string SerializeWithMagic(std::string_view magic,
                               const google::protobuf::MessageLite& message);

/// Fills `message` from what stands behind the magic bytes. `name` leads the
/// error. Errors: INVALID_ARGUMENT another beginning, more than 2 GiB, or
/// bytes that are no such message.
absl::Status ParseAfterMagic(std::string_view name, std::string_view magic,
                             std::string_view bytes,
                             google::protobuf::MessageLite* message);

/// The same bytes; valid as long as `bytes` is.
inline std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tinyrig::file
