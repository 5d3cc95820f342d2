#include "boards/yaml_section.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace tinyrig::boards {

YamlSection::YamlSection(const YAML::Node& node, std::string path,
                         absl::Status* error)
    : node_(node), path_(std::move(path)), error_(error) {
  if (!node_.IsMap()) {
    Fail("", "is not a mapping of keys to values");
    node_ = YAML::Node(YAML::NodeType::Map);
  }
}

void YamlSection::Fail(const std::string& key, const std::string& what) {
  if (!error_->ok()) {
    return;
  }
  const std::string dot = path_.empty() || key.empty() ? "" : ".";
  const std::string name = path_ + dot + key;
  *error_ = absl::InvalidArgumentError(absl::StrCat(
      "board file: ", name.empty() ? "the file" : "key " + name, " ", what));
}

bool YamlSection::Has(const std::string& key) const {
  const YAML::Node& node = node_;  // the const look-up adds nothing
  return node[key].IsDefined();
}

YAML::Node YamlSection::Take(const std::string& key) {
  asked_.insert(key);
  if (!Has(key)) {
    Fail(key, "is missing");
    return YAML::Node(YAML::NodeType::Undefined);
  }
  return node_[key];
}

std::string YamlSection::Scalar(const std::string& key) {
  const YAML::Node node = Take(key);
  if (!node.IsDefined()) {
    return "";
  }
  if (!node.IsScalar()) {
    Fail(key, "is not a single value");
    return "";
  }
  return node.Scalar();
}

uint32_t YamlSection::ToNumber(const std::string& key, const std::string& text,
                               uint32_t low, uint32_t high) {
  uint32_t value = 0;
  const bool is_hex = absl::StartsWith(text, "0x");
  const bool ok = is_hex ? absl::SimpleHexAtoi(text, &value)
                         : absl::SimpleAtoi(text, &value);
  if (!ok || value < low || value > high) {
    Fail(key, absl::StrFormat("is '%s': wanted a whole number %u..%u", text,
                              low, high));
    return low;
  }
  return value;
}

uint32_t YamlSection::Number(const std::string& key, uint32_t low,
                             uint32_t high) {
  return ToNumber(key, Scalar(key), low, high);
}

std::vector<uint32_t> YamlSection::Numbers(const std::string& key, uint32_t low,
                                           uint32_t high) {
  const YAML::Node node = Take(key);
  std::vector<uint32_t> values;
  if (node.IsDefined() && !node.IsSequence()) {
    Fail(key, "is not a list");
    return values;
  }
  for (size_t i = 0; node.IsDefined() && i < node.size(); ++i) {
    const std::string element = absl::StrCat(key, "[", i, "]");
    if (!node[i].IsScalar()) {
      Fail(element, "is not a single value");
      continue;
    }
    values.push_back(ToNumber(element, node[i].Scalar(), low, high));
  }
  return values;
}

bool YamlSection::Flag(const std::string& key) {
  const std::string text = Scalar(key);
  if (text != "true" && text != "false") {
    Fail(key, absl::StrCat("is '", text, "': wanted true or false"));
  }
  return text == "true";
}

std::string YamlSection::Word(const std::string& key, size_t longest) {
  const std::string text = Scalar(key);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           c == '-' || c == '.';
  });
  if (text.empty() || text.size() > longest || !plain) {
    Fail(key, absl::StrFormat("is '%s': wanted 1..%u of A-Z a-z 0-9 _ - .",
                              text, longest));
    return "";
  }
  return text;
}

Pin YamlSection::PinAt(const std::string& key) {
  const std::string text = Scalar(key);
  int number = -1;
  const bool ok = text.size() >= 3 && text.size() <= 4 && text[0] == 'P' &&
                  text[1] >= 'A' && text[1] <= 'K' &&
                  absl::SimpleAtoi(text.substr(2), &number) && number >= 0 &&
                  number <= 15;
  if (!ok) {
    Fail(key, absl::StrCat("is '", text, "': wanted a pin PA0..PK15"));
    return Pin{};
  }
  return Pin{text[1], number};
}

YamlSection YamlSection::Child(const std::string& key) {
  const YAML::Node node = Take(key);
  return {node.IsDefined() ? node : YAML::Node(YAML::NodeType::Map),
          path_.empty() ? key : path_ + "." + key, error_};
}

std::vector<YamlSection> YamlSection::Children(const std::string& key) {
  const YAML::Node node = Take(key);
  std::vector<YamlSection> children;
  if (node.IsDefined() && !node.IsSequence()) {
    Fail(key, "is not a list");
    return children;
  }
  const std::string prefix = path_.empty() ? key : path_ + "." + key;
  for (size_t i = 0; node.IsDefined() && i < node.size(); ++i) {
    children.emplace_back(node[i], absl::StrCat(prefix, "[", i, "]"), error_);
  }
  return children;
}

void YamlSection::RefuseOthers() {
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key =
        entry.first.IsScalar() ? entry.first.Scalar() : "(not a word)";
    if (asked_.count(key) == 0) {
      Fail(key, "is unknown");
    } else if (!seen.insert(key).second) {
      Fail(key, "is there twice");
    }
  }
}

}  // namespace tinyrig::boards
