#include "engine/read/registry.h"

#include "engine/read/builtin_names.h"
#include "engine/read/ops/ops.h"

namespace tinyrig::engine::read {
namespace {

struct Row {
  int code;  ///< the format's number
  ReadOpFunction read;
};

constexpr Row kRows[] = {
    {0, ReadAdd},        {1, ReadAveragePool2d},
    {3, ReadConv2d},     {4, ReadDepthwiseConv2d},
    {6, ReadDequantize}, {9, ReadFullyConnected},
    {17, ReadMaxPool2d}, {22, ReadReshape},
    {25, ReadSoftmax},   {34, ReadPad},
    {40, ReadMean},      {114, ReadQuantize},
};

}  // namespace

ReadOpFunction FindReader(int builtin_code) {
  for (const Row& row : kRows) {
    if (row.code == builtin_code) {
      return row.read;
    }
  }
  return nullptr;
}

std::string SupportedOperators() {
  std::string text;
  for (const Row& row : kRows) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", BuiltinName(row.code));
  }
  return text;
}

}  // namespace tinyrig::engine::read
