// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: sums of
// (input - zero point) * weight, plus bias, rescaled per channel, clamped.
// A padding cell holds the zero point, so it adds nothing.
#include <algorithm>

#include "base/bytes.h"
#include "engine/reference/fixed_point.h"
#include "engine/reference/kernels.h"

namespace tinyrig::engine::reference {
namespace {

std::vector<int32_t> BiasOf(const ir::Graph& graph, ir::TensorId bias,
                            int32_t channels) {
  std::vector<int32_t> values(static_cast<size_t>(channels), 0);
  if (bias != ir::kNoTensor) {
    const std::vector<uint8_t>& data = graph.tensor(bias).data;
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<int32_t>(base::LoadLe32(&data[4 * i]));
    }
  }
  return values;
}

/// Constants widened once per op; the sums below then run on 16-bit factors.
std::vector<int16_t> Widen(const ir::Tensor& weights, int32_t zero_point) {
  std::vector<int16_t> wide;
  wide.reserve(weights.data.size());
  for (const uint8_t byte : weights.data) {
    wide.push_back(
        static_cast<int16_t>(static_cast<int8_t>(byte) - zero_point));
  }
  return wide;
}

int32_t Dot(const int16_t* a, const int16_t* b, size_t count) {
  uint32_t sum = 0;  // wraps where TFLite would overflow
  for (size_t i = 0; i < count; ++i) {
    sum += static_cast<uint32_t>(a[i] * b[i]);
  }
  return static_cast<int32_t>(sum);
}

template <class Body>
int8_t Rescale(const Body& op, size_t channel, int32_t sum, int32_t zero_out) {
  const int32_t value =
      WrappingAdd(Multiply(sum, op.multipliers[channel]), zero_out);
  return static_cast<int8_t>(std::clamp(value, op.clamp.min, op.clamp.max));
}

/// One output position of a windowed op: where its filter lies on the input.
struct Place {
  int32_t y0, x0;  ///< input row and column of the filter's first cell
};

Place PlaceOf(const ir::Window& w, int32_t y, int32_t x) {
  return {y * w.stride_h - w.pad_top, x * w.stride_w - w.pad_left};
}

/// Copies the cells under the filter, minus the zero point; 0 outside.
void Gather(const ir::Window& w, const ir::Tensor& in, const int8_t* data,
            Place place, std::vector<int16_t>* patch) {
  const int32_t channels = in.dim(-1);
  const int32_t zero = in.quant.zero_point();
  std::fill(patch->begin(), patch->end(), int16_t{0});
  for (int32_t fy = 0; fy < w.filter_h; ++fy) {
    const int32_t y = place.y0 + fy * w.dilation_h;
    for (int32_t fx = 0; fx < w.filter_w; ++fx) {
      const int32_t x = place.x0 + fx * w.dilation_w;
      if (y < 0 || y >= in.dim(1) || x < 0 || x >= in.dim(2)) {
        continue;
      }
      const int8_t* from = data + (int64_t{y} * in.dim(2) + x) * channels;
      int16_t* to = patch->data() + (int64_t{fy} * w.filter_w + fx) * channels;
      for (int32_t c = 0; c < channels; ++c) {
        to[c] = static_cast<int16_t>(from[c] - zero);
      }
    }
  }
}

}  // namespace

void Run(const ir::Conv2d& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const ir::Tensor& out = memory->tensor(op.output);
  const auto channels = static_cast<size_t>(out.dim(-1));
  const std::vector<int16_t> weights = Widen(memory->tensor(op.weights), 0);
  const std::vector<int32_t> bias =
      BiasOf(memory->graph(), op.bias, out.dim(-1));
  std::vector<int16_t> patch(weights.size() / channels);
  int8_t* to = memory->MutableInt8(op.output);
  for (int32_t y = 0; y < out.dim(1); ++y) {
    for (int32_t x = 0; x < out.dim(2); ++x) {
      Gather(op.window, in, memory->Int8(op.input), PlaceOf(op.window, y, x),
             &patch);
      for (size_t c = 0; c < channels; ++c) {
        const int32_t sum =
            Dot(patch.data(), &weights[c * patch.size()], patch.size());
        *to++ =
            Rescale(op, c, WrappingAdd(sum, bias[c]), out.quant.zero_point());
      }
    }
  }
}

void Run(const ir::DepthwiseConv2d& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const ir::Tensor& out = memory->tensor(op.output);
  const auto channels = static_cast<size_t>(out.dim(-1));
  const auto in_channels = static_cast<size_t>(in.dim(-1));
  const auto depth = static_cast<size_t>(op.depth_multiplier);
  const std::vector<int16_t> weights = Widen(memory->tensor(op.weights), 0);
  const std::vector<int32_t> bias =
      BiasOf(memory->graph(), op.bias, out.dim(-1));
  const size_t cells = weights.size() / channels;
  std::vector<int16_t> patch(cells * in_channels);
  int8_t* to = memory->MutableInt8(op.output);
  for (int32_t y = 0; y < out.dim(1); ++y) {
    for (int32_t x = 0; x < out.dim(2); ++x) {
      Gather(op.window, in, memory->Int8(op.input), PlaceOf(op.window, y, x),
             &patch);
      for (size_t c = 0; c < channels; ++c) {
        uint32_t sum = 0;
        for (size_t cell = 0; cell < cells; ++cell) {
          sum += static_cast<uint32_t>(patch[cell * in_channels + c / depth] *
                                       weights[cell * channels + c]);
        }
        *to++ = Rescale(op, c, WrappingAdd(static_cast<int32_t>(sum), bias[c]),
                        out.quant.zero_point());
      }
    }
  }
}

void Run(const ir::FullyConnected& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const ir::Tensor& out = memory->tensor(op.output);
  const ir::Tensor& constant = memory->tensor(op.weights);
  const auto depth = static_cast<size_t>(constant.dim(1));
  const auto channels = static_cast<size_t>(constant.dim(0));
  const std::vector<int16_t> weights = Widen(constant, op.weights_zero_point);
  const std::vector<int32_t> bias =
      BiasOf(memory->graph(), op.bias, constant.dim(0));
  std::vector<int16_t> row(depth);
  const int8_t* from = memory->Int8(op.input);
  int8_t* to = memory->MutableInt8(op.output);
  const auto batches = static_cast<size_t>(in.elements()) / depth;
  for (size_t batch = 0; batch < batches; ++batch) {
    for (size_t i = 0; i < depth; ++i) {
      row[i] = static_cast<int16_t>(*from++ - in.quant.zero_point());
    }
    for (size_t c = 0; c < channels; ++c) {
      const int32_t sum = Dot(row.data(), &weights[c * depth], depth);
      *to++ = Rescale(op, c, WrappingAdd(sum, bias[c]), out.quant.zero_point());
    }
  }
}

}  // namespace tinyrig::engine::reference
