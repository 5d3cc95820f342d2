#include "proto/file/magic.h"

namespace tinyrig::file {

std::string SerializeWithMagic(std::string_view magic,
                               const google::protobuf::MessageLite& message) {
  std::string bytes(magic);
  message.AppendToString(&bytes);
  return bytes;
}

absl::Status ParseAfterMagic(std::string_view name, std::string_view magic,
                             std::string_view bytes,
                             google::protobuf::MessageLite* message) {
  const std::string what(name);
  if (!bytes.starts_with(magic)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": ", bytes.size(),
                     " bytes that do not begin with its magic bytes"));
  }
  bytes.remove_prefix(magic.size());
  // Protobuf counts in int.
  if (bytes.size() > INT32_MAX ||
      !message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": the ", bytes.size(),
                     " bytes behind its magic bytes are cut or damaged"));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::file
