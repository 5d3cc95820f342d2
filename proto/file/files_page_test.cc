// Replays docs/FILES.md: every `artifact` and `dataset` example is read and
// written again byte for byte, every `broken` one is refused with the code
// and the words that the page gives.
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

namespace tinyrig::file {
namespace {

struct Example {
  std::string kind, name, code, says;
  std::string bytes;
};

/// "KIND name=.. [code=..]", then indented lines: `says` text, `bytes` hex.
std::vector<Example> ReadPage() {
  std::ifstream page(TINYRIG_SOURCE_DIR "/docs/FILES.md");
  std::vector<Example> examples;
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string first, word;
    words >> first;
    if (line.starts_with("artifact name=") ||
        line.starts_with("dataset name=") || line.starts_with("broken name=")) {
      std::map<std::string, std::string> fields;
      while (words >> word) {
        const size_t equals = word.find('=');
        fields[word.substr(0, equals)] = word.substr(equals + 1);
      }
      examples.push_back({first, fields["name"], fields["code"], "", ""});
    } else if (!examples.empty() && line.starts_with("  says ")) {
      examples.back().says = line.substr(7);
    } else if (!examples.empty() && line.starts_with("  bytes ")) {
      while (words >> word) {
        examples.back().bytes +=
            static_cast<char>(std::stoul(word, nullptr, 16));
      }
    }
  }
  return examples;
}

absl::Status StatusOf(const Example& example) {
  return IsArtifact(example.bytes) ? ParseArtifact(example.bytes).status()
                                   : ParseDataset(example.bytes).status();
}

TEST(FilesPage, ExamplesAreReadAndWrittenByteForByte) {
  int seen = 0;
  for (const Example& example : ReadPage()) {
    SCOPED_TRACE(example.name);
    if (example.kind == "artifact") {
      const auto model = ParseArtifact(example.bytes);
      ASSERT_TRUE(model.ok()) << model.status();
      EXPECT_EQ(SerializeArtifact(*model), example.bytes);
      EXPECT_EQ(model->board_id(), "nucleo_f412zg");
      EXPECT_EQ(InputBytes(*model), 4);
      EXPECT_EQ(ClassCount(*model), 2);
      ++seen;
    } else if (example.kind == "dataset") {
      const auto dataset = ParseDataset(example.bytes);
      ASSERT_TRUE(dataset.ok()) << dataset.status();
      EXPECT_EQ(SerializeDataset(*dataset), example.bytes);
      EXPECT_EQ(dataset->names(1), "b.bin");
      EXPECT_EQ(dataset->labels(0), 1);
      ++seen;
    }
  }
  EXPECT_EQ(seen, 2);
}

TEST(FilesPage, BrokenFilesAreRefusedForTheReasonGiven) {
  int seen = 0;
  for (const Example& example : ReadPage()) {
    if (example.kind != "broken") {
      continue;
    }
    ++seen;
    SCOPED_TRACE(example.name);
    const absl::Status status = StatusOf(example);
    EXPECT_EQ(absl::StatusCodeToString(status.code()), example.code);
    EXPECT_THAT(std::string(status.message()),
                ::testing::HasSubstr(example.says));
  }
  EXPECT_GE(seen, 4);
}

}  // namespace
}  // namespace tinyrig::file
