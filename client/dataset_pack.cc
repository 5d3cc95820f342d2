#include "client/dataset_pack.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <string_view>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/file.h"

namespace tinyrig::client {
namespace {

constexpr std::string_view kMagic = "TRDATA1\n";
constexpr int kMaxRows = 1'000'000;
constexpr uint64_t kMaxBytes = 1ULL << 30;
constexpr int kMaxClasses = 65536;

struct Row {
  std::string file;
  int class_count = 0;
  int label = 0;
};

bool ParseInt(std::string_view text, int* value) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

absl::StatusOr<Row> ParseRow(std::string_view line) {
  const std::vector<std::string> fields = absl::StrSplit(
      absl::StripAsciiWhitespace(absl::string_view(line.data(), line.size())),
      ',');
  Row row;
  if (fields.size() != 3 || fields[0].empty() ||
      !ParseInt(fields[1], &row.class_count) ||
      !ParseInt(fields[2], &row.label)) {
    return absl::InvalidArgumentError("wanted `file,class count,label`, got `" +
                                      std::string(line) + "`");
  }
  row.file = fields[0];
  if (row.class_count < 1 || row.class_count > kMaxClasses) {
    return absl::InvalidArgumentError(absl::StrCat(
        "class count ", row.class_count, " is not in 1..", kMaxClasses));
  }
  if (row.label < 0 || row.label >= row.class_count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "label ", row.label, " is not in 0..", row.class_count - 1));
  }
  if (row.file.find("..") != std::string::npos || row.file[0] == '/') {
    return absl::InvalidArgumentError("file `" + row.file +
                                      "` lies outside the folder");
  }
  return row;
}

absl::StatusOr<std::vector<uint8_t>> ReadSample(
    const std::filesystem::path& folder, const Row& row,
    const v1::DatasetFile& so_far, Preprocessing preprocessing) {
  ASSIGN_OR_RETURN(std::vector<uint8_t> bytes,
                   base::ReadFile(folder / row.file, kMaxBytes));
  if (bytes.empty()) {
    return absl::InvalidArgumentError(row.file + " is empty");
  }
  if (so_far.names_size() > 0 &&
      static_cast<int64_t>(bytes.size()) != so_far.sample_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat(
        row.file, " has ", bytes.size(), " bytes, the first file has ",
        so_far.sample_bytes(), ": all must be of one size"));
  }
  if (preprocessing == Preprocessing::kPixelMinus128) {
    for (uint8_t& byte : bytes) {
      byte ^= 0x80;  // uint8 - 128, as the bits of an int8
    }
  }
  return bytes;
}

absl::Status AddRow(const std::filesystem::path& folder, const Row& row,
                    Preprocessing preprocessing, v1::DatasetFile* dataset) {
  if (dataset->names_size() > 0 && row.class_count != dataset->class_count()) {
    return absl::InvalidArgumentError(
        absl::StrCat("class count ", row.class_count, ", the first row says ",
                     dataset->class_count()));
  }
  ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                   ReadSample(folder, row, *dataset, preprocessing));
  if (dataset->inputs().size() + bytes.size() > kMaxBytes ||
      dataset->names_size() >= kMaxRows) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kMaxRows, " rows or ", kMaxBytes,
                     " bytes: split the dataset"));
  }
  dataset->set_class_count(row.class_count);
  dataset->set_sample_bytes(static_cast<int64_t>(bytes.size()));
  dataset->add_names(row.file);
  dataset->add_labels(row.label);
  dataset->mutable_inputs()->append(bytes.begin(), bytes.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Preprocessing> ParsePreprocessing(const std::string& text) {
  if (text == "raw") {
    return Preprocessing::kRaw;
  }
  if (text == "pixel-128") {
    return Preprocessing::kPixelMinus128;
  }
  return absl::InvalidArgumentError("preprocessing `" + text +
                                    "`: raw or pixel-128");
}

absl::StatusOr<v1::DatasetFile> PackDataset(const std::filesystem::path& folder,
                                            Preprocessing preprocessing) {
  const std::filesystem::path table = folder / "y_labels.csv";
  ASSIGN_OR_RETURN(const std::string text, base::ReadTextFile(table));
  v1::DatasetFile dataset;
  dataset.set_preprocessing(preprocessing == Preprocessing::kRaw ? "raw"
                                                                 : "pixel-128");
  std::set<std::string> seen;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) {
      continue;
    }
    const std::string where = absl::StrCat(table.string(), ":", number);
    const auto row = ParseRow(std::string_view(line.data(), line.size()));
    if (!row.ok()) {
      return base::WithContext(row.status(), where);
    }
    if (!seen.insert(row->file).second) {
      return absl::InvalidArgumentError(where + ": " + row->file +
                                        " stands twice");
    }
    RETURN_IF_ERROR(base::WithContext(
        AddRow(folder, *row, preprocessing, &dataset), where));
  }
  if (dataset.names_size() == 0) {
    return absl::InvalidArgumentError(table.string() + ": has no rows");
  }
  return dataset;
}

std::vector<uint8_t> EncodeDataset(const v1::DatasetFile& dataset) {
  std::vector<uint8_t> bytes(kMagic.begin(), kMagic.end());
  const std::string body = dataset.SerializeAsString();
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

std::string DatasetNameOf(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::path whole =
      std::filesystem::weakly_canonical(folder, ignored);
  if (!whole.has_filename()) {
    whole = whole.parent_path();  // "kws01/"
  }
  std::string name = whole.filename().string();
  for (char& c : name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' &&
        c != '-') {
      c = '-';
    }
  }
  const size_t start = name.find_first_of(
      "abcdefghijklmnopqrstuvwxyz"
      "0123456789");
  name = start == std::string::npos ? "dataset" : name.substr(start, 64);
  return name;
}

}  // namespace tinyrig::client
