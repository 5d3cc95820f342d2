// RESHAPE that could not be dropped: bytes from here to there.
//
// S: kBytes.
#ifndef TINYRIG_ENGINE_KERNELS_COPY_H_
#define TINYRIG_ENGINE_KERNELS_COPY_H_

#include "engine/kernels/simd.h"

namespace tinyrig::kernels {

/// `out` may be `in`; otherwise they do not overlap.
template <class S>
TINYRIG_INLINE void Copy(const uint8_t* in, uint8_t* out) {
  if (in != out) {
    __builtin_memcpy(out, in, S::kBytes);
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_COPY_H_
