// One YAML mapping read strictly: every error carries file and line, keys that
// nobody asked for are refused. The first error wins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "yaml-cpp/yaml.h"

namespace tinyrig::agent {

class StrictMap {
 public:
  StrictMap(const YAML::Node& node, std::string file, std::string what)
      : node_(node), file_(std::move(file)), what_(std::move(what)) {
    if (!node_.IsMap()) {
      Fail(node_, what_ + " is not a mapping (key: value)");
    }
  }

  /// The scalar, or `otherwise` without such a key.
  std::string Text(const std::string& key, const std::string& otherwise = "") {
    const YAML::Node value = Take(key);
    if (!value) {
      return otherwise;
    }
    if (!value.IsScalar()) {
      Fail(value, key + " is not plain text");
      return otherwise;
    }
    return value.Scalar();
  }

  int64_t Number(const std::string& key, int64_t low, int64_t high,
                 int64_t otherwise) {
    const YAML::Node value = Take(key);
    if (!value) {
      return otherwise;
    }
    int64_t number = 0;
    if (!value.IsScalar() || !YAML::convert<int64_t>::decode(value, number) ||
        number < low || number > high) {
      Fail(value,
           absl::StrCat(key, " is not a number from ", low, " to ", high));
      return otherwise;
    }
    return number;
  }

  /// The node of a nested mapping or sequence; check with if (node).
  YAML::Node Take(const std::string& key) {
    asked_.insert(key);
    if (!node_.IsMap()) {
      return YAML::Node(YAML::NodeType::Undefined);
    }
    const YAML::Node& constant = node_;  // operator[] must not insert
    return constant[key];
  }

  void Fail(const YAML::Node& at, const std::string& text) {
    if (error_.ok()) {
      error_ = absl::InvalidArgumentError(
          absl::StrCat(file_, ":", at.Mark().line + 1, ": ", text));
    }
  }

  /// The first error; call when every key has been asked for.
  absl::Status Finish() {
    std::set<std::string> seen;
    for (const auto& entry : node_) {
      const std::string key = entry.first.Scalar();
      if (!asked_.contains(key)) {
        std::string known;
        for (const auto& name : asked_) {
          known += (known.empty() ? "" : ", ") + name;
        }
        Fail(entry.first, absl::StrCat("unknown key '", key, "' in ", what_,
                                       ", known are: ", known));
      }
      if (!seen.insert(key).second) {
        Fail(entry.first, absl::StrCat("key '", key, "' twice in ", what_));
      }
    }
    return error_;
  }

 private:
  YAML::Node node_;
  std::string file_;
  std::string what_;
  std::set<std::string> asked_;
  absl::Status error_;
};

}  // namespace tinyrig::agent
