// The few ARMv7E-M DSP instructions that the kernels are built from, each with
// a portable twin of the same result, so kernels run and are tested on the
// host. Sources: ARM DDI 0403 (A7.7), Arm C Language Extensions.
#ifndef TINYRIG_ENGINE_KERNELS_SIMD_H_
#define TINYRIG_ENGINE_KERNELS_SIMD_H_

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <arm_acle.h>
#define TINYRIG_HAS_DSP 1
#else
#define TINYRIG_HAS_DSP 0
#endif

#define TINYRIG_INLINE static inline __attribute__((always_inline))

namespace tinyrig::kernels {

/// Four bytes at any address, as the machine's word (little-endian).
TINYRIG_INLINE uint32_t LoadWord(const void* from) {
  uint32_t word;
  __builtin_memcpy(&word, from, 4);
  return word;
}

/// The same where the address is known to be a multiple of 4 (lets the
/// compiler use LDRD and LDM).
TINYRIG_INLINE uint32_t LoadAligned(const void* from) {
  uint32_t word;
  __builtin_memcpy(&word, __builtin_assume_aligned(from, 4), 4);
  return word;
}

TINYRIG_INLINE void StoreAligned(void* to, uint32_t word) {
  __builtin_memcpy(__builtin_assume_aligned(to, 4), &word, 4);
}

TINYRIG_INLINE int32_t LowHalf(uint32_t x) {
  return static_cast<int16_t>(x & 0xFFFFU);
}
TINYRIG_INLINE int32_t HighHalf(uint32_t x) {
  return static_cast<int16_t>(x >> 16);
}

/// SXTB16: bytes 0 and 2, each sign-extended to a half word.
TINYRIG_INLINE uint32_t ExtendEven(uint32_t x) {
#if TINYRIG_HAS_DSP
  uint32_t y;
  __asm__("sxtb16 %0, %1" : "=r"(y) : "r"(x));
  return y;
#else
  const auto low = static_cast<uint16_t>(static_cast<int8_t>(x & 0xFFU));
  const auto high =
      static_cast<uint16_t>(static_cast<int8_t>((x >> 16) & 0xFFU));
  return static_cast<uint32_t>(low) | (static_cast<uint32_t>(high) << 16);
#endif
}

/// SXTB16 with ROR #8: bytes 1 and 3.
TINYRIG_INLINE uint32_t ExtendOdd(uint32_t x) {
#if TINYRIG_HAS_DSP
  uint32_t y;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(x));
  return y;
#else
  return ExtendEven(x >> 8);
#endif
}

/// SMLAD: acc + low * low + high * high (wraps).
TINYRIG_INLINE int32_t MulAddPair(uint32_t x, uint32_t y, int32_t acc) {
#if TINYRIG_HAS_DSP
  int32_t sum;
  __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(x), "r"(y), "r"(acc));
  return sum;
#else
  return static_cast<int32_t>(static_cast<uint32_t>(acc) +
                              static_cast<uint32_t>(LowHalf(x) * LowHalf(y)) +
                              static_cast<uint32_t>(HighHalf(x) * HighHalf(y)));
#endif
}

/// SMLABB: acc + low * low (wraps).
TINYRIG_INLINE int32_t MulAddLow(uint32_t x, uint32_t y, int32_t acc) {
#if TINYRIG_HAS_DSP
  int32_t sum;
  __asm__("smlabb %0, %1, %2, %3" : "=r"(sum) : "r"(x), "r"(y), "r"(acc));
  return sum;
#else
  return static_cast<int32_t>(static_cast<uint32_t>(acc) +
                              static_cast<uint32_t>(LowHalf(x) * LowHalf(y)));
#endif
}

/// SMLATT: acc + high * high (wraps).
TINYRIG_INLINE int32_t MulAddHigh(uint32_t x, uint32_t y, int32_t acc) {
#if TINYRIG_HAS_DSP
  int32_t sum;
  __asm__("smlatt %0, %1, %2, %3" : "=r"(sum) : "r"(x), "r"(y), "r"(acc));
  return sum;
#else
  return static_cast<int32_t>(static_cast<uint32_t>(acc) +
                              static_cast<uint32_t>(HighHalf(x) * HighHalf(y)));
#endif
}

/// SADD16: half words added apart (each wraps).
TINYRIG_INLINE uint32_t AddHalves(uint32_t x, uint32_t y) {
#if TINYRIG_HAS_DSP
  uint32_t sum;
  __asm__("sadd16 %0, %1, %2" : "=r"(sum) : "r"(x), "r"(y));
  return sum;
#else
  return ((x + y) & 0xFFFFU) | ((x & 0xFFFF0000U) + (y & 0xFFFF0000U));
#endif
}

/// SMMULR: (x * y + 2^31) >> 32.
TINYRIG_INLINE int32_t MulHighRounded(int32_t x, int32_t y) {
#if TINYRIG_HAS_DSP
  int32_t high;
  __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(x), "r"(y));
  return high;
#else
  return static_cast<int32_t>(
      (static_cast<int64_t>(x) * y + (INT64_C(1) << 31)) >> 32);
#endif
}

/// SSAT #8 of x >> 1: the shift costs nothing.
TINYRIG_INLINE int32_t HalveToInt8(int32_t x) {
#if TINYRIG_HAS_DSP
  int32_t y;
  __asm__("ssat %0, #8, %1, asr #1" : "=r"(y) : "r"(x));
  return y;
#else
  const int32_t half = x >> 1;
  return half < -128 ? -128 : (half > 127 ? 127 : half);
#endif
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_SIMD_H_
