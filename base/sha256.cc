#include "base/sha256.h"

#include <algorithm>

#include "absl/strings/escaping.h"

#include <openssl/sha.h>

namespace tinyrig::base {

std::array<uint8_t, 32> Sha256(std::span<const uint8_t> bytes) {
  std::array<uint8_t, 32> digest;
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

std::string Hex(std::span<const uint8_t> bytes) {
  return absl::BytesToHexString(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string Sha256Hex(std::span<const uint8_t> bytes) {
  return Hex(Sha256(bytes));
}

bool IsSha256Hex(const std::string& text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace tinyrig::base
