// Seeded inputs of the recorded outputs (golden/README.md beside the models).
// x = seed; per element x ^= x << 13; x ^= x >> 17; x ^= x << 5; b = low byte.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/ir/graph.h"

namespace tinyrig::engine::reference::testing {

/// Next xorshift32 state's low byte as int8.
inline int8_t NextByte(uint32_t* x) {
  *x ^= *x << 13;
  *x ^= *x >> 17;
  *x ^= *x << 5;
  return static_cast<int8_t>(*x & 0xff);
}

/// noise: every element is a random byte. noise_i has seed i + 1.
inline std::vector<int8_t> NoiseInput(size_t count, uint32_t seed) {
  std::vector<int8_t> values(count);
  for (int8_t& value : values) {
    value = NextByte(&seed);
  }
  return values;
}

/// walk: a random walk, clamped to int8. walk_i has seed 1001 + i.
inline std::vector<int8_t> WalkInput(size_t count, uint32_t seed) {
  std::vector<int8_t> values(count);
  int v = 0;
  for (int8_t& value : values) {
    v = std::clamp(v + (NextByte(&seed) >> 3), -128, 127);
    value = static_cast<int8_t>(v);
  }
  return values;
}

/// The 16 ids in order: noise0..noise7, walk0..walk7.
struct GoldenSample {
  std::string id;
  bool walk = false;
  uint32_t seed = 0;

  [[nodiscard]] std::vector<int8_t> Input(size_t count) const {
    return walk ? WalkInput(count, seed) : NoiseInput(count, seed);
  }
};

inline std::vector<GoldenSample> GoldenSamples() {
  std::vector<GoldenSample> all;
  for (uint32_t i = 0; i < 8; ++i) {
    all.push_back({"noise" + std::to_string(i), false, i + 1});
  }
  for (uint32_t i = 0; i < 8; ++i) {
    all.push_back({"walk" + std::to_string(i), true, 1001 + i});
  }
  return all;
}

/// The bytes of a graph's input for a sample: int8 as it is; float32 is
/// float(q - zero point) * scale of the QUANTIZE that reads it.
inline std::vector<uint8_t> InputBytes(const ir::Graph& graph,
                                       const std::vector<int8_t>& values) {
  const ir::TensorId id = graph.inputs[0];
  if (graph.tensor(id).type != ir::DType::kFloat32) {
    return {values.begin(), values.end()};
  }
  const auto& quantize = std::get<ir::Quantize>(graph.ops[0].body);
  const ir::Quant& quant = graph.tensor(quantize.output).quant;
  std::vector<uint8_t> bytes(values.size() * 4);
  for (size_t i = 0; i < values.size(); ++i) {
    const float real =
        static_cast<float>(values[i] - quant.zero_point()) * quant.scale();
    std::memcpy(&bytes[4 * i], &real, sizeof(real));
  }
  return bytes;
}

}  // namespace tinyrig::engine::reference::testing
