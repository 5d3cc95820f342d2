#include "examples/digits/committed_files.h"

#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

#include "base/file.h"

namespace tinyrig::digits {

std::filesystem::path ExampleFolder() {
  return std::filesystem::path(TINYRIG_SOURCE_DIR) / "examples" / "digits";
}

absl::StatusOr<std::vector<Expected>> ReadExpected() {
  ASSIGN_OR_RETURN(const std::string text,
                   base::ReadTextFile(ExampleFolder() / "expected.csv"));
  std::vector<std::string> lines =
      absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines.empty() || lines.front() != "file,label,prediction,output") {
    return absl::InvalidArgumentError("expected.csv: unknown head line");
  }
  lines.erase(lines.begin());
  std::vector<Expected> rows;
  for (const std::string& line : lines) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    Expected row;
    if (cells.size() != 4 || !absl::SimpleAtoi(cells[1], &row.label) ||
        !absl::SimpleAtoi(cells[2], &row.prediction)) {
      return absl::InvalidArgumentError("expected.csv: bad row " + line);
    }
    row.file = cells[0];
    const std::string bytes = absl::HexStringToBytes(cells[3]);
    row.output.assign(bytes.begin(), bytes.end());
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::StatusOr<Accuracy> StatedAccuracy() {
  ASSIGN_OR_RETURN(const std::string text,
                   base::ReadTextFile(ExampleFolder() / "README.md"));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    Accuracy stated;
    if (std::sscanf(std::string(line).c_str(), "accuracy: %d / %d",
                    &stated.correct, &stated.total) == 2) {
      return stated;
    }
  }
  return absl::NotFoundError("README.md: no line \"accuracy: C / T\"");
}

}  // namespace tinyrig::digits
