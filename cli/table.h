// Plain text tables and CSV from the same rows.
#pragma once

#include <string>
#include <vector>

namespace tinyrig::cli {

class Table {
 public:
  /// A header that begins with '>' is right-aligned (the mark is not shown).
  explicit Table(std::vector<std::string> headers);
  void Row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string Text() const;
  /// With a header line; cells by the rules of base/csv.h.
  [[nodiscard]] std::string Csv() const;

 private:
  std::vector<std::string> headers_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tinyrig::cli
