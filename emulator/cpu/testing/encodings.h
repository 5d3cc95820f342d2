// Random instructions by class, for the step-lock tests. An encoding is text,
// most significant bit first: 0 and 1 are fixed, x is random, and a run of four
// equal letters is a register: d, n, m, a random of r0..r9; b = r10 points into
// RAM; i = r11 is a small index. Blanks only separate. Encodings were written
// down from the architecture manual's tables, avoiding what is UNPREDICTABLE.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tinyrig::emulator::testing {

/// std::mt19937 with 32-bit results.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

struct EncodingClass {
  const char* name;
  std::vector<const char*> patterns;
  bool floating_point = false;
  bool distinct = false;  // d and a differ
  // The oracle rounds fixed point to FP by FPSCR; the manual: to nearest.
  bool nearest_only = false;
};

const std::vector<EncodingClass>& IntegerClasses();
const std::vector<EncodingClass>& MemoryClasses();
const std::vector<EncodingClass>& FloatClassesV4();
const std::vector<EncodingClass>& FloatClassesV5();

/// The halfwords of one random instruction of `pattern`.
std::vector<uint16_t> RandomInstruction(const char* pattern, bool distinct,
                                        Random* random);
/// Integers that break things: small, large, powers of two, their neighbours.
uint32_t RandomWord(Random* random);
/// Floats likewise: zeros, infinities, NaNs, denormals, ordinary numbers.
uint32_t RandomFloat(Random* random);

}  // namespace tinyrig::emulator::testing
