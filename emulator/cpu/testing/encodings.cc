#include "emulator/cpu/testing/encodings.h"

namespace tinyrig::emulator::testing {

// clang-format off: one encoding a line is the table
const std::vector<EncodingClass>& IntegerClasses() {
  static const std::vector<EncodingClass> kClasses = {
      {"shift, add, move 16",
       {"000xxxxxxxxxxxxx", "001xxxxxxxxxxxxx", "010000xxxxxxxxxx",
        "0100010000xxx0xx", "0100010100xxx1xx", "0100011000xxx0xx",
        "10100xxxxxxxxxxx", "10101xxxxxxxxxxx"}},
      {"extend, reverse 16",
       {"10110010xxxxxxxx", "1011101000xxxxxx", "1011101001xxxxxx",
        "1011101011xxxxxx"}},
      {"modified immediate",
       {"11110x00000xnnnn0xxxddddxxxxxxxx", "11110x00001xnnnn0xxxddddxxxxxxxx",
        "11110x00010xnnnn0xxxddddxxxxxxxx", "11110x00010x11110xxxddddxxxxxxxx",
        "11110x00011xnnnn0xxxddddxxxxxxxx", "11110x00011x11110xxxddddxxxxxxxx",
        "11110x00100xnnnn0xxxddddxxxxxxxx", "11110x01000xnnnn0xxxddddxxxxxxxx",
        "11110x01010xnnnn0xxxddddxxxxxxxx", "11110x01011xnnnn0xxxddddxxxxxxxx",
        "11110x01101xnnnn0xxxddddxxxxxxxx", "11110x01110xnnnn0xxxddddxxxxxxxx",
        "11110x000001nnnn0xxx1111xxxxxxxx", "11110x001001nnnn0xxx1111xxxxxxxx",
        "11110x010001nnnn0xxx1111xxxxxxxx",
        "11110x011011nnnn0xxx1111xxxxxxxx"}},
      {"plain immediate",
       {"11110x100000nnnn0xxxddddxxxxxxxx", "11110x101010nnnn0xxxddddxxxxxxxx",
        "11110x100100xxxx0xxxddddxxxxxxxx", "11110x101100xxxx0xxxddddxxxxxxxx",
        "11110x10000011110xxxddddxxxxxxxx",
        "11110x10101011110xxxddddxxxxxxxx"}},
      {"saturate, bit field",
       {"111100110000nnnn0xxxddddxx0xxxxx", "111100110010nnnn0001ddddxx0xxxxx",
        "111100111000nnnn0xxxddddxx0xxxxx", "111100111010nnnn0001ddddxx0xxxxx",
        "111100110010nnnn0000dddd0000xxxx", "111100111010nnnn0000dddd0000xxxx",
        "111100110100nnnn00xxddddxx00xxxx", "111100111100nnnn00xxddddxx00xxxx",
        "111100110110nnnn000xddddxx0111xx",
        "111100110110111100xxddddxx01xxxx"}},
      {"shifted register",
       {"11101010000xnnnn0xxxddddxxxxmmmm", "11101010001xnnnn0xxxddddxxxxmmmm",
        "11101010010xnnnn0xxxddddxxxxmmmm", "11101010010x11110xxxddddxxxxmmmm",
        "11101010011xnnnn0xxxddddxxxxmmmm", "11101010011x11110xxxddddxxxxmmmm",
        "11101010100xnnnn0xxxddddxxxxmmmm", "11101011000xnnnn0xxxddddxxxxmmmm",
        "11101011010xnnnn0xxxddddxxxxmmmm", "11101011011xnnnn0xxxddddxxxxmmmm",
        "11101011101xnnnn0xxxddddxxxxmmmm", "11101011110xnnnn0xxxddddxxxxmmmm",
        "111010100001nnnn0xxx1111xxxxmmmm", "111010101001nnnn0xxx1111xxxxmmmm",
        "111010110001nnnn0xxx1111xxxxmmmm", "111010111011nnnn0xxx1111xxxxmmmm",
        "111010101100nnnn0xxxddddxxx0mmmm"}},
      {"register operations",
       {"11111010000xnnnn1111dddd0000mmmm", "11111010001xnnnn1111dddd0000mmmm",
        "11111010010xnnnn1111dddd0000mmmm", "11111010011xnnnn1111dddd0000mmmm",
        "111110100000nnnn1111dddd10xxmmmm", "111110100001nnnn1111dddd10xxmmmm",
        "111110100010nnnn1111dddd10xxmmmm", "111110100011nnnn1111dddd10xxmmmm",
        "111110100100nnnn1111dddd10xxmmmm", "111110100101nnnn1111dddd10xxmmmm",
        "11111010000x11111111dddd10xxmmmm", "11111010010x11111111dddd10xxmmmm",
        "11111010001x11111111dddd10xxmmmm"}},
      {"parallel",
       {"111110101000nnnn1111dddd0000mmmm", "111110101001nnnn1111dddd0000mmmm",
        "111110101010nnnn1111dddd0000mmmm", "111110101100nnnn1111dddd0000mmmm",
        "111110101101nnnn1111dddd0000mmmm", "111110101110nnnn1111dddd0000mmmm",
        "111110101000nnnn1111dddd0001mmmm", "111110101001nnnn1111dddd0001mmmm",
        "111110101010nnnn1111dddd0001mmmm", "111110101100nnnn1111dddd0001mmmm",
        "111110101101nnnn1111dddd0001mmmm", "111110101110nnnn1111dddd0001mmmm",
        "11111010100xnnnn1111dddd0010mmmm", "111110101010nnnn1111dddd0010mmmm",
        "11111010110xnnnn1111dddd0010mmmm", "111110101110nnnn1111dddd0010mmmm",
        "11111010100xnnnn1111dddd0100mmmm", "111110101010nnnn1111dddd0100mmmm",
        "11111010110xnnnn1111dddd0100mmmm", "111110101110nnnn1111dddd0100mmmm",
        "11111010100xnnnn1111dddd0101mmmm", "111110101010nnnn1111dddd0101mmmm",
        "11111010110xnnnn1111dddd0101mmmm", "111110101110nnnn1111dddd0101mmmm",
        "11111010100xnnnn1111dddd0110mmmm", "111110101010nnnn1111dddd0110mmmm",
        "11111010110xnnnn1111dddd0110mmmm", "111110101110nnnn1111dddd0110mmmm",
        "111110101010nnnn1111dddd1000mmmm"}},
      {"saturating arithmetic", {"111110101000nnnn1111dddd10xxmmmm"}},
      {"multiply",
       {"111110110000nnnnaaaadddd000xmmmm", "111110110000nnnn1111dddd0000mmmm",
        "111110110001nnnnaaaadddd00xxmmmm", "111110110001nnnn1111dddd00xxmmmm",
        "111110110010nnnnaaaadddd000xmmmm", "111110110010nnnn1111dddd000xmmmm",
        "111110110011nnnnaaaadddd000xmmmm", "111110110011nnnn1111dddd000xmmmm",
        "111110110100nnnnaaaadddd000xmmmm", "111110110100nnnn1111dddd000xmmmm",
        "111110110101nnnnaaaadddd000xmmmm", "111110110101nnnn1111dddd000xmmmm",
        "111110110110nnnnaaaadddd000xmmmm", "111110110111nnnnaaaadddd0000mmmm",
        "111110110111nnnn1111dddd0000mmmm"}},
      {"long multiply, divide",
       {"111110111000nnnnaaaadddd0000mmmm", "111110111010nnnnaaaadddd0000mmmm",
        "111110111100nnnnaaaadddd0000mmmm", "111110111110nnnnaaaadddd0000mmmm",
        "111110111110nnnnaaaadddd0110mmmm", "111110111100nnnnaaaadddd10xxmmmm",
        "111110111100nnnnaaaadddd110xmmmm", "111110111101nnnnaaaadddd110xmmmm",
        "111110111001nnnn1111dddd1111mmmm", "111110111011nnnn1111dddd1111mmmm"},
       false,
       true},
      {"status registers",
       {"11110011111011111000dddd00000000",
        "111100111000nnnn10001x0000000000"}},
  };
  return kClasses;
}

const std::vector<EncodingClass>& MemoryClasses() {
  static const std::vector<EncodingClass> kClasses = {
      {"single, 12-bit offset",
       {"111110001000bbbbddddxxxxxxxxxxxx", "111110001001bbbbddddxxxxxxxxxxxx",
        "111110001010bbbbddddxxxxxxxxxxxx", "111110001011bbbbddddxxxxxxxxxxxx",
        "111110001100bbbbddddxxxxxxxxxxxx", "111110001101bbbbddddxxxxxxxxxxxx",
        "111110011001bbbbddddxxxxxxxxxxxx",
        "111110011011bbbbddddxxxxxxxxxxxx"}},
      {"single, indexed",
       {"111110000xxxbbbbdddd1100xxxxxxxx", "111110000000bbbbdddd1xx1xxxxxxxx",
        "111110000001bbbbdddd1xx1xxxxxxxx", "111110000010bbbbdddd1xx1xxxxxxxx",
        "111110000011bbbbdddd1xx1xxxxxxxx", "111110000100bbbbdddd1xx1xxxxxxxx",
        "111110000101bbbbdddd1xx1xxxxxxxx", "111110010001bbbbdddd1xx1xxxxxxxx",
        "111110010011bbbbdddd1xx1xxxxxxxx"}},
      {"single, register offset",
       {"111110000000bbbbdddd000000xxiiii", "111110000001bbbbdddd000000xxiiii",
        "111110000010bbbbdddd000000xxiiii", "111110000011bbbbdddd000000xxiiii",
        "111110000100bbbbdddd000000xxiiii", "111110000101bbbbdddd000000xxiiii",
        "111110010001bbbbdddd000000xxiiii",
        "111110010011bbbbdddd000000xxiiii"}},
      {"dual",
       {"1110100xx110bbbbddddaaaaxxxxxxxx", "1110100xx111bbbbddddaaaaxxxxxxxx",
        "11101001x100bbbbddddaaaaxxxxxxxx", "11101001x101bbbbddddaaaaxxxxxxxx"},
       false,
       true},
      {"multiple",
       {"1110100010x0bbbb000000xxxxxxxx11", "1110100010x1bbbb000000xxxxxxxx11",
        "1110100100x0bbbb000000xxxxxxxx11", "1110100100x1bbbb000000xxxxxxxx11",
        "1011010011xxxxxx", "1011110011xxxxxx"}},
      {"stack relative", {"10010xxxxxxxxxxx", "10011xxxxxxxxxxx"}},
  };
  return kClasses;
}

const std::vector<EncodingClass>& FloatClassesV4() {
  static const std::vector<EncodingClass> kClasses = {
      {"arithmetic",
       {"111011100x00xxxxxxxx1010xxx0xxxx", "111011100x01xxxxxxxx1010xxx0xxxx",
        "111011100x10xxxxxxxx1010xxx0xxxx", "111011100x11xxxxxxxx1010xxx0xxxx",
        "111011101x00xxxxxxxx1010x0x0xxxx", "111011101x01xxxxxxxx1010xxx0xxxx",
        "111011101x10xxxxxxxx1010xxx0xxxx"},
       true},
      {"unary",
       {"111011101x11xxxxxxxx10100000xxxx", "111011101x110000xxxx1010x1x0xxxx",
        "111011101x110001xxxx1010x1x0xxxx"},
       true},
      {"compare",
       {"111011101x110100xxxx1010x1x0xxxx", "111011101x110101xxxx1010x1000000"},
       true},
      {"convert",
       {"111011101x111000xxxx1010x1x0xxxx", "111011101x11110xxxxx1010x1x0xxxx"},
       true},
      {"half",
       {"111011101x110010xxxx1010x1x0xxxx", "111011101x110011xxxx1010x1x0xxxx"},
       true},
      {"fixed point",
       {"111011101x11101xxxxx101011x0xxxx", "111011101x11111xxxxx101011x0xxxx",
        "111011101x11101xxxxx101001x00xxx", "111011101x11111xxxxx101001x00xxx"},
       true,
       false,
       true},
      {"moves",
       {"111011100000xxxxdddd1010x0010000", "111011100001xxxxdddd1010x0010000",
        "111011000100aaaadddd101000x10xxx", "111011000101aaaadddd101000x10xxx",
        "1110111011110001dddd101000010000", "11101110111100011111101000010000"},
       true,
       true},
      {"memory",
       {"11101101xx00bbbbxxxx1010xxxxxxxx", "11101101xx01bbbbxxxx1010xxxxxxxx",
        "11101101xx00bbbbxxxx1011xxxxxxxx", "11101101x001bbbbxxxx1011xxxxxxxx",
        "1110110010x0bbbb0xxx101000000xx1", "1110110010x1bbbb0xxx101000000xx1",
        "111011010010bbbb0xxx101000000xx1", "111011010011bbbb0xxx101000000xx1"},
       true},
  };
  return kClasses;
}

const std::vector<EncodingClass>& FloatClassesV5() {
  static const std::vector<EncodingClass> kClasses = {
      {"select", {"111111100xxxxxxxxxxx1010x0x0xxxx"}, true},
      {"minimum, maximum", {"111111101x00xxxxxxxx1010xxx0xxxx"}, true},
      {"round to integral",
       {"111111101x1110xxxxxx101001x0xxxx", "111011101x110110xxxx1010x1x0xxxx",
        "111011101x110111xxxx101001x0xxxx"},
       true},
      {"convert with rounding", {"111111101x1111xxxxxx1010x1x0xxxx"}, true},
  };
  return kClasses;
}
// clang-format on

std::vector<uint16_t> RandomInstruction(const char* pattern, bool distinct,
                                        Random* random) {
  uint32_t fields[256] = {};
  for (char letter : {'d', 'n', 'm', 'a'}) {
    fields[static_cast<unsigned char>(letter)] = (*random)() % 10;
  }
  while (distinct && fields['d'] == fields['a']) {
    fields['a'] = (*random)() % 10;
  }
  fields['b'] = 10;
  fields['i'] = 11;
  uint32_t bits = 0;
  unsigned count = 0;
  unsigned within = 0;  // position in a run of register letters
  for (const char* at = pattern; *at != 0; ++at) {
    uint32_t bit = 0;
    if (*at == '0' || *at == '1') {
      bit = *at == '1' ? 1 : 0;
    } else if (*at == 'x') {
      bit = (*random)() >> 13 & 1;
    } else {
      bit = fields[static_cast<unsigned char>(*at)] >> (3 - within) & 1;
      within = (within + 1) % 4;
    }
    bits = bits << 1 | bit;
    ++count;
  }
  if (count == 16) {
    return {static_cast<uint16_t>(bits)};
  }
  return {static_cast<uint16_t>(bits >> 16), static_cast<uint16_t>(bits)};
}

uint32_t RandomWord(Random* random) {
  const uint32_t value = (*random)();
  switch ((*random)() % 8) {
    case 0:
      return value & 0xFF;
    case 1:
      return 1u << (value & 31);
    case 2:
      return (1u << (value & 31)) - 1;
    case 3:
      return 0x80000000u + (value & 3) - 2;
    case 4:
      return (value & 1) != 0 ? 0x7FFF8000u : 0x80007FFFu;
    case 5:
      return value | 0x80808080u;
    default:
      return value;
  }
}

uint32_t RandomFloat(Random* random) {
  const uint32_t value = (*random)();
  const uint32_t sign = value & 0x80000000u;
  switch ((*random)() % 12) {
    case 0:
      return sign;
    case 1:
      return sign | 0x7F800000u;
    case 2:
      return sign | 0x7FC00000u | (value & 0xFFFF);  // quiet NaN
    case 3:
      return sign | 0x7F800001u | (value & 0xFFFF);  // signalling NaN
    case 4:
      return sign | (value & 0x7FFFFF);  // denormal
    case 5:
      return sign | (value & 0xFFFF) << 8 | 0x4E000000u;  // about 2^30
    case 6:
      return value;
    default:  // between 2^-10 and 2^22, with few fraction bits at times
      return sign | (117 + (value >> 20) % 32) << 23 |
             ((value & 1) != 0 ? value & 0x7FFFFE : (value & 0xF0) << 15);
  }
}

}  // namespace tinyrig::emulator::testing
