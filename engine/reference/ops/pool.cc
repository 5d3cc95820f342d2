// AVERAGE_POOL_2D, MAX_POOL_2D, MEAN.
#include <algorithm>

#include "engine/reference/fixed_point.h"
#include "engine/reference/kernels.h"

namespace tinyrig::engine::reference {
namespace {

/// Calls cell(value) for every input cell of channel `c` under the window.
template <class Cell>
void ForEachCell(const ir::Window& w, const ir::Tensor& in, const int8_t* data,
                 int32_t y, int32_t x, int32_t c, const Cell& cell) {
  for (int32_t fy = 0; fy < w.filter_h; ++fy) {
    const int32_t in_y = y * w.stride_h - w.pad_top + fy;
    for (int32_t fx = 0; fx < w.filter_w; ++fx) {
      const int32_t in_x = x * w.stride_w - w.pad_left + fx;
      if (in_y >= 0 && in_y < in.dim(1) && in_x >= 0 && in_x < in.dim(2)) {
        cell(data[(int64_t{in_y} * in.dim(2) + in_x) * in.dim(3) + c]);
      }
    }
  }
}

/// Fills the output with pooled(y, x, channel), clamped.
template <class Body, class Pooled>
void ForEachOutput(const Body& op, Memory* memory, const Pooled& pooled) {
  const ir::Tensor& out = memory->tensor(op.output);
  int8_t* to = memory->MutableInt8(op.output);
  for (int32_t y = 0; y < out.dim(1); ++y) {
    for (int32_t x = 0; x < out.dim(2); ++x) {
      for (int32_t c = 0; c < out.dim(3); ++c) {
        *to++ = static_cast<int8_t>(
            std::clamp(pooled(y, x, c), op.clamp.min, op.clamp.max));
      }
    }
  }
}

}  // namespace

void Run(const ir::AveragePool2d& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const int8_t* data = memory->Int8(op.input);
  ForEachOutput(op, memory, [&](int32_t y, int32_t x, int32_t c) {
    int64_t sum = 0;
    int64_t count = 0;
    ForEachCell(op.window, in, data, y, x, c, [&](int8_t value) {
      sum += value;
      ++count;
    });
    // Half away from zero; a window that lies in the padding has no cells.
    const int64_t half = sum > 0 ? count / 2 : -(count / 2);
    return count == 0 ? 0 : static_cast<int32_t>((sum + half) / count);
  });
}

void Run(const ir::MaxPool2d& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const int8_t* data = memory->Int8(op.input);
  ForEachOutput(op, memory, [&](int32_t y, int32_t x, int32_t c) {
    int32_t most = -128;
    ForEachCell(op.window, in, data, y, x, c,
                [&](int8_t value) { most = std::max<int32_t>(most, value); });
    return most;
  });
}

void Run(const ir::Mean& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const ir::Tensor& out = memory->tensor(op.output);
  const int8_t* data = memory->Int8(op.input);
  int8_t* to = memory->MutableInt8(op.output);
  const int32_t cells = in.dim(1) * in.dim(2);
  const int32_t channels = in.dim(3);
  for (int32_t c = 0; c < channels; ++c) {
    int32_t sum = 0;
    for (int32_t cell = 0; cell < cells; ++cell) {
      sum = WrappingAdd(
          sum, data[int64_t{cell} * channels + c] - in.quant.zero_point());
    }
    const int32_t value =
        WrappingAdd(Multiply(sum, op.multiplier), out.quant.zero_point());
    to[c] = static_cast<int8_t>(std::clamp(value, -128, 127));
  }
}

}  // namespace tinyrig::engine::reference
