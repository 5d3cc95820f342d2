// Weights and tables as the kernels want them. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/emit/op_emitter.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::emit {

/// conv_s8.h's layout of filters [channels, rows, row_bytes]: pairs of
/// channels, word by word, rows padded to whole words with zeros.
std::vector<uint8_t> PackConvWeights(std::span<const uint8_t> weights,
                                     int64_t channels, int64_t rows,
                                     int64_t row_bytes);

/// depthwise_s8.h's layout of [taps, channels]: quads of channels, tap by tap.
std::vector<uint8_t> PackDepthwiseWeights(std::span<const uint8_t> weights,
                                          int64_t taps, int64_t channels);

/// The filter of one output channel, as the bytes lie in the IR.
struct Filters {
  std::span<const uint8_t> weights;
  int64_t per_channel = 0;     ///< weights of one channel
  int64_t channel_stride = 0;  ///< from channel to channel
  int64_t weight_stride = 1;   ///< from weight to weight of one channel
};

/// Fills code->tables with one ChannelQuant per multiplier (the input's zero
/// point folded into the bias), and adds kQuantMode: kFast where the worst
/// input of every channel allows it. `bias` is int32 data or empty.
void AddChannelQuant(const Filters& filters, std::span<const uint8_t> bias,
                     const std::vector<ir::Multiplier>& multipliers,
                     int32_t input_zero, OpCode* code);

}  // namespace tinyrig::engine::emit
