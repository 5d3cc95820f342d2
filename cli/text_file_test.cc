#include "cli/text_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.h"

namespace tinyrig::cli {
namespace {

class TextFileTest : public ::testing::Test {
 protected:
  base::TempDir folder_ = *base::TempDir::Create("text-file");
  std::string path_ = folder_.path() / "out.csv";
};

TEST_F(TextFileTest, AppearsAsAWhole) {
  auto file = TextFile::Open(path_, false);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Write("a\n").ok());
  ASSERT_TRUE(file->Write("b\n").ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(base::ReadTextFile(path_).value_or(""), "a\nb\n");
}

TEST_F(TextFileTest, LeavesNothingWithoutCommit) {
  {
    auto file = TextFile::Open(path_, false);
    ASSERT_TRUE(file.ok() && file->Write("a\n").ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(TextFileTest, OverwritesOnlyWhenForced) {
  ASSERT_TRUE(base::WriteFileAtomic(path_, std::string("old")).ok());
  EXPECT_EQ(TextFile::Open(path_, false).status().code(),
            absl::StatusCode::kAlreadyExists);
  auto file = TextFile::Open(path_, true);
  ASSERT_TRUE(file.ok() && file->Write("new").ok() && file->Commit().ok());
  EXPECT_EQ(base::ReadTextFile(path_).value_or(""), "new");
}

}  // namespace
}  // namespace tinyrig::cli
