// One mapping of a board file, read strictly: the first key that is missing,
// unknown, twice there or out of range is kept as the error, with its path.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "boards/board.h"
#include "yaml-cpp/yaml.h"

namespace tinyrig::boards {

class YamlSection {
 public:
  /// `error` is shared by all sections of a file and keeps the first one.
  YamlSection(const YAML::Node& node, std::string path, absl::Status* error);

  /// Decimal or 0x hexadecimal.
  uint32_t Number(const std::string& key, uint32_t low, uint32_t high);
  std::vector<uint32_t> Numbers(const std::string& key, uint32_t low,
                                uint32_t high);
  bool Flag(const std::string& key);
  /// 1..`longest` characters out of [A-Za-z0-9_.-].
  std::string Word(const std::string& key, size_t longest);
  /// A pin, "PD8".
  Pin PinAt(const std::string& key);
  YamlSection Child(const std::string& key);
  /// Every element of a sequence of mappings; `key` names them in errors.
  std::vector<YamlSection> Children(const std::string& key);

  /// One of the words, as its value.
  template <typename T>
  T Choice(const std::string& key,
           const std::vector<std::pair<std::string_view, T>>& choices) {
    const std::string word = Word(key, 64);
    std::string names;
    for (const auto& [name, value] : choices) {
      if (name == word) {
        return value;
      }
      names += std::string(names.empty() ? "" : ", ") + std::string(name);
    }
    Fail(key, "is not one of " + names);
    return choices.front().second;
  }

  [[nodiscard]] bool Has(const std::string& key) const;
  /// Keeps `what` about `key` as the error, unless there is one already.
  void Fail(const std::string& key, const std::string& what);
  /// Call when every key has been asked for: refuses the others.
  void RefuseOthers();

 private:
  YAML::Node Take(const std::string& key);
  std::string Scalar(const std::string& key);
  uint32_t ToNumber(const std::string& key, const std::string& text,
                    uint32_t low, uint32_t high);

  YAML::Node node_;
  std::string path_;
  absl::Status* error_;
  std::set<std::string> asked_;
};

}  // namespace tinyrig::boards
