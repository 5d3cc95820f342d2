// SHA-256: the content address of models, images and datasets.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace tinyrig::base {

/// 32 bytes, as FIPS 180-4 orders them.
std::array<uint8_t, 32> Sha256(std::span<const uint8_t> bytes);

/// The same as 64 lower-case hex digits.
std::string Sha256Hex(std::span<const uint8_t> bytes);

/// Any bytes as lower-case hex.
std::string Hex(std::span<const uint8_t> bytes);

/// True for 64 lower-case hex digits, nothing else (so it is safe in a path).
bool IsSha256Hex(const std::string& text);

}  // namespace tinyrig::base
