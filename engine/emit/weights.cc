#include "engine/emit/weights.h"

#include <algorithm>

#include "base/bytes.h"

namespace tinyrig::engine::emit {
namespace {

// Range of a channel's sum over all int8 inputs, bias folded in.
struct Range {
  int64_t low = 0;
  int64_t high = 0;
  int64_t bias = 0;
};

Range RangeOf(const Filters& filters, int64_t channel, int64_t bias,
              int32_t input_zero) {
  Range range;
  int64_t sum = 0;
  for (int64_t i = 0; i < filters.per_channel; ++i) {
    const auto w = static_cast<int8_t>(filters.weights[static_cast<size_t>(
        channel * filters.channel_stride + i * filters.weight_stride)]);
    sum += w;
    range.low += w * (w > 0 ? -128 : 127);
    range.high += w * (w > 0 ? 127 : -128);
  }
  range.bias = bias - input_zero * sum;
  range.low += range.bias;
  range.high += range.bias;
  return range;
}

// Doubling the sum must not overflow, and the shift must go right.
bool IsFast(const Range& range, const ir::Multiplier& multiplier) {
  constexpr int64_t kLimit = 1LL << 30;
  return range.low > -kLimit && range.high < kLimit && range.bias > -kLimit &&
         range.bias < kLimit &&
         (multiplier.shift < 0 || multiplier.multiplier == 0);
}

void Append32(int64_t value, std::vector<uint8_t>* bytes) {
  uint8_t word[4];
  base::StoreLe32(word, static_cast<uint32_t>(value));
  bytes->insert(bytes->end(), word, word + 4);
}

}  // namespace

std::vector<uint8_t> PackConvWeights(std::span<const uint8_t> weights,
                                     int64_t channels, int64_t rows,
                                     int64_t row_bytes) {
  std::vector<uint8_t> packed;
  for (int64_t pair = 0; pair < channels; pair += 2) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t word = 0; word < row_bytes; word += 4) {
        for (int64_t c = pair; c < std::min(pair + 2, channels); ++c) {
          for (int64_t i = word; i < word + 4; ++i) {
            const int64_t at = (c * rows + row) * row_bytes + i;
            packed.push_back(i < row_bytes ? weights[static_cast<size_t>(at)]
                                           : uint8_t{0});
          }
        }
      }
    }
  }
  return packed;
}

std::vector<uint8_t> PackDepthwiseWeights(std::span<const uint8_t> weights,
                                          int64_t taps, int64_t channels) {
  std::vector<uint8_t> packed;
  for (int64_t quad = 0; quad < channels; quad += 4) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t c = quad; c < quad + 4; ++c) {
        packed.push_back(c < channels
                             ? weights[static_cast<size_t>(tap * channels + c)]
                             : uint8_t{0});
      }
    }
  }
  return packed;
}

void AddChannelQuant(const Filters& filters, std::span<const uint8_t> bias,
                     const std::vector<ir::Multiplier>& multipliers,
                     int32_t input_zero, OpCode* code) {
  std::vector<Range> ranges;
  bool fast = true;
  for (size_t c = 0; c < multipliers.size(); ++c) {
    const int64_t b =
        bias.empty() ? 0 : static_cast<int32_t>(base::LoadLe32(&bias[4 * c]));
    ranges.push_back(RangeOf(filters, static_cast<int64_t>(c), b, input_zero));
    fast = fast && IsFast(ranges.back(), multipliers[c]);
  }
  for (size_t c = 0; c < multipliers.size(); ++c) {
    const int32_t shift = multipliers[c].shift;
    Append32(ranges[c].bias, &code->tables);  // wraps as the kernel's sum does
    Append32(multipliers[c].multiplier, &code->tables);
    Append32(fast ? std::max(-shift - 1, 0) : shift, &code->tables);
  }
  code->constants.emplace_back("tinyrig::kernels::QuantMode kQuantMode",
                               fast ? "tinyrig::kernels::QuantMode::kFast"
                                    : "tinyrig::kernels::QuantMode::kExact");
}

}  // namespace tinyrig::engine::emit
