#include "client/dataset_pack.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/file.h"
#include "proto/file/dataset.h"

namespace tinyrig::client {
namespace {

using file::kMaxClasses;
using file::kMaxInputsBytes;
using file::kMaxSamples;
constexpr uint64_t kMaxFileBytes = uint64_t{kMaxInputsBytes} + (64 << 20);

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

bool LeavesFolder(std::string_view file) {
  return file.find("..") != std::string_view::npos || file.starts_with('/');
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
  if (LeavesFolder(row.file)) {
    return absl::InvalidArgumentError("file `" + row.file +
                                      "` lies outside the folder");
  }
  return row;
}

absl::StatusOr<std::vector<uint8_t>> ReadSample(
    const std::filesystem::path& folder, const Row& row,
    const v1::DatasetFile& so_far, Preprocessing preprocessing) {
  ASSIGN_OR_RETURN(std::vector<uint8_t> bytes,
                   base::ReadFile(folder / row.file, kMaxInputsBytes));
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
  if (std::ssize(dataset->inputs()) + std::ssize(bytes) > kMaxInputsBytes ||
      dataset->names_size() >= kMaxSamples) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kMaxSamples, " rows or ", kMaxInputsBytes,
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

absl::StatusOr<v1::DatasetFile> LoadDataset(const std::filesystem::path& path,
                                            Preprocessing preprocessing) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored) ||
      !std::filesystem::exists(path, ignored)) {
    return PackDataset(path, preprocessing);
  }
  if (preprocessing != Preprocessing::kRaw) {
    return absl::InvalidArgumentError(path.string() +
                                      ": is packed already, its inputs are "
                                      "what they are; leave --preprocess out");
  }
  ASSIGN_OR_RETURN(const auto bytes, base::ReadFile(path, kMaxFileBytes));
  auto dataset = file::ParseDataset(bytes);
  return dataset.ok() ? std::move(dataset)
                      : base::WithContext(dataset.status(), path.string());
}

bool IsDatasetPath(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return true;
  }
  std::ifstream stream(path, std::ios::binary);
  std::string head(file::kDatasetMagic.size(), '\0');
  return std::filesystem::is_regular_file(path, ignored) &&
         stream.read(head.data(), std::ssize(head)) &&
         head == file::kDatasetMagic;
}

absl::Status UnpackDataset(const v1::DatasetFile& dataset,
                           const std::filesystem::path& folder) {
  std::string labels;
  for (int i = 0; i < dataset.names_size(); ++i) {
    const std::string& name = dataset.names(i);
    if (name.empty() || LeavesFolder(name) ||
        name.find_first_of(std::string_view(",\n\r\0", 4)) !=
            std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("sample ", i, ": `", absl::CHexEscape(name),
                       "` is no file name inside the folder"));
    }
    const std::filesystem::path file = folder / name;
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error) {
      return base::ErrnoStatus(error.value(),
                               "creating " + file.parent_path().string());
    }
    const auto at =
        static_cast<size_t>(dataset.sample_bytes()) * static_cast<size_t>(i);
    RETURN_IF_ERROR(base::WriteFileAtomic(
        file, dataset.inputs().substr(
                  at, static_cast<size_t>(dataset.sample_bytes()))));
    absl::StrAppend(&labels, name, ",", dataset.class_count(), ",",
                    dataset.labels(i), "\n");
  }
  return base::WriteFileAtomic(folder / "y_labels.csv", labels);
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
