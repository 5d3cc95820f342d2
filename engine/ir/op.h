// One typed struct per operator. The reader has resolved what the file leaves
// implicit: SAME/VALID are explicit pads, a fused activation is a clamp in
// quantised units, scales are integer multipliers (TFLite's scheme:
// value = round(x * multiplier * 2^(shift-31)), |multiplier| in [2^30, 2^31),
// or 0). A multiplier is negative where a weight scale is: some converters do
// that.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tinyrig::engine::ir {

using TensorId = int;
constexpr TensorId kNoTensor = -1;

/// TFLite's QuantizeMultiplier result; shift > 0 is a left shift.
struct Multiplier {
  int32_t multiplier = 0;
  int32_t shift = 0;
};

/// Output clamp in quantised units (activation and type range together).
struct Clamp {
  int32_t min = -128;
  int32_t max = 127;
};

struct Window {
  int32_t filter_h = 1, filter_w = 1;
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
};

/// weights [out, fh, fw, in] int8, bias [out] int32 or kNoTensor.
/// Padding cells hold the input's zero point.
struct Conv2d {
  TensorId input, weights, bias, output;
  Window window;
  Clamp clamp;
  std::vector<Multiplier> multipliers;  ///< one per output channel
};

/// weights [1, fh, fw, out] int8; out = in * depth_multiplier.
struct DepthwiseConv2d {
  TensorId input, weights, bias, output;
  Window window;
  int32_t depth_multiplier = 1;
  Clamp clamp;
  std::vector<Multiplier> multipliers;  ///< one per output channel
};

/// weights [out, in] int8 (per-tensor: one multiplier repeated `out` times).
/// Input is [batch, in] after flattening; batch >= 1.
struct FullyConnected {
  TensorId input, weights, bias, output;
  Clamp clamp;
  std::vector<Multiplier> multipliers;  ///< one per output
  int32_t weights_zero_point = 0;
};

/// Padding cells do not count in the average.
struct AveragePool2d {
  TensorId input, output;
  Window window;
  Clamp clamp;
};

struct MaxPool2d {
  TensorId input, output;
  Window window;
  Clamp clamp;
};

/// Mean over height and width, n = height * width of the input:
/// out = clamp(zp_out + M(sum - n * zp_in)); `multiplier` M already holds
/// scale_in / scale_out / n, folded as TFLite Micro folds it (its multiplier
/// may be below 2^30).
struct Mean {
  TensorId input, output;
  bool keep_dims = true;
  Multiplier multiplier;  ///< scale_in / scale_out / n
};

/// Both inputs of equal shape (the reader refuses a broadcast). TFLite's 20-bit
/// left shift scheme.
struct Add {
  TensorId input1, input2, output;
  int32_t left_shift = 20;
  Multiplier multiplier1, multiplier2, multiplier_out;
  Clamp clamp;
};

/// paddings[d] = {before, after}; value in quantised units.
struct Pad {
  TensorId input, output;
  std::vector<std::pair<int32_t, int32_t>> paddings;
  int32_t value = 0;
};

struct Reshape {
  TensorId input, output;
};

/// Over the last dim. int8 in; int8 out with scale 1/256, zero point -128.
struct Softmax {
  TensorId input, output;
  int32_t input_multiplier = 0;
  int32_t input_left_shift = 0;
  int32_t diff_min = 0;
};

/// float32 -> int8/uint8, or int8 <-> uint8 / int8 -> int8 requantisation.
struct Quantize {
  TensorId input, output;
  Multiplier multiplier;  ///< integer input only: scale_in / scale_out
};

/// int8/uint8 -> float32.
struct Dequantize {
  TensorId input, output;
};

/// Every operator: its struct and the format's name of it, in the order of the
/// format's codes. The readers, the reference loops and the emitters are
/// declared from this list: one that is forgotten does not build.
#define TINYRIG_ENGINE_OPERATORS(X)     \
  X(Add, ADD)                           \
  X(AveragePool2d, AVERAGE_POOL_2D)     \
  X(Conv2d, CONV_2D)                    \
  X(DepthwiseConv2d, DEPTHWISE_CONV_2D) \
  X(Dequantize, DEQUANTIZE)             \
  X(FullyConnected, FULLY_CONNECTED)    \
  X(MaxPool2d, MAX_POOL_2D)             \
  X(Reshape, RESHAPE)                   \
  X(Softmax, SOFTMAX)                   \
  X(Pad, PAD)                           \
  X(Mean, MEAN)                         \
  X(Quantize, QUANTIZE)

template <class Ignored, class... Bodies>
struct VariantOfRest {
  using Type = std::variant<Bodies...>;
};
#define TINYRIG_NEXT_BODY(Body, builtin) , Body
/// One of the structs of the list.
using OpBody =
    VariantOfRest<void TINYRIG_ENGINE_OPERATORS(TINYRIG_NEXT_BODY)>::Type;
#undef TINYRIG_NEXT_BODY

struct Op {
  int file_index = 0;  ///< operator index in the .tflite, for messages
  std::string name;    ///< builtin name, "CONV_2D"
  OpBody body;
};

}  // namespace tinyrig::engine::ir
