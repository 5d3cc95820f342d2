// Where a sliding window lies wholly inside its input: the inner rectangle of
// the output, all of it known at compile time.
#ifndef TINYRIG_ENGINE_KERNELS_WINDOW_H_
#define TINYRIG_ENGINE_KERNELS_WINDOW_H_

namespace tinyrig::kernels {

/// First output index whose window does not start before the input.
constexpr int FirstInner(int pad, int stride, int out) {
  const int first = (pad + stride - 1) / stride;
  return first < out ? first : out;
}

/// One behind the last output index whose window ends inside the input.
constexpr int EndInner(int in, int pad, int stride, int span, int out) {
  const int room = in + pad - span;
  const int end = room < 0 ? 0 : room / stride + 1;
  return end < out ? end : out;
}

template <class S>
struct WindowShape {
  static constexpr bool kDilated = S::kDilationH > 1 || S::kDilationW > 1;
  static constexpr int kSpanH = (S::kFilterH - 1) * S::kDilationH + 1;
  static constexpr int kSpanW = (S::kFilterW - 1) * S::kDilationW + 1;
  static constexpr int kTop = FirstInner(S::kPadTop, S::kStrideH, S::kOutH);
  static constexpr int kLeft = FirstInner(S::kPadLeft, S::kStrideW, S::kOutW);
  static constexpr int kEndH =
      EndInner(S::kInH, S::kPadTop, S::kStrideH, kSpanH, S::kOutH);
  static constexpr int kEndW =
      EndInner(S::kInW, S::kPadLeft, S::kStrideW, kSpanW, S::kOutW);
  /// A dilated window is never contiguous: all of it counts as border.
  static constexpr bool kHasInner = !kDilated && kEndH > kTop&& kEndW > kLeft;
  static constexpr int kInnerTop = kHasInner ? kTop : 0;
  static constexpr int kInnerLeft = kHasInner ? kLeft : 0;
  static constexpr int kInnerBottom = kHasInner ? kEndH : 0;
  static constexpr int kInnerRight = kHasInner ? kEndW : 0;
  static constexpr bool kHasBorder =
      (kInnerBottom - kInnerTop) * (kInnerRight - kInnerLeft) <
      S::kOutH * S::kOutW;
};

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_WINDOW_H_
