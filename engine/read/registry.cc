#include "engine/read/registry.h"

#include "engine/read/ops/ops.h"

namespace tinyrig::engine::read {
namespace {

struct Row {
  fb::BuiltinOperator code;
  ReadOpFunction read;
};

#define TINYRIG_READER_ROW(Body, builtin) \
  {fb::BuiltinOperator::builtin, Read##Body},
constexpr Row kRows[] = {TINYRIG_ENGINE_OPERATORS(TINYRIG_READER_ROW)};
#undef TINYRIG_READER_ROW

}  // namespace

ReadOpFunction FindReader(fb::BuiltinOperator code) {
  for (const Row& row : kRows) {
    if (row.code == code) {
      return row.read;
    }
  }
  return nullptr;
}

std::string BuiltinName(fb::BuiltinOperator code) {
  const std::string name = fb::EnumNameBuiltinOperator(code);
  return name.empty() ? absl::StrCat("BUILTIN_", static_cast<int>(code)) : name;
}

std::string SupportedOperators() {
  std::string text;
  for (const Row& row : kRows) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", BuiltinName(row.code));
  }
  return text;
}

}  // namespace tinyrig::engine::read
