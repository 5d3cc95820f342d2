#include "client/dataset_pack.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace tinyrig::client {
namespace {

class PackDatasetTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(base::WriteFileAtomic(folder_->path() / name, text).ok());
  }
  absl::StatusOr<v1::DatasetFile> Pack(
      Preprocessing preprocessing = Preprocessing::kRaw) {
    return PackDataset(folder_->path(), preprocessing);
  }
  absl::StatusOr<base::TempDir> folder_ = base::TempDir::Create();
};

TEST_F(PackDatasetTest, KeepsTheOrderOfTheTable) {
  Write("b.bin", "bbb");
  Write("a.bin", "aaa");
  Write("y_labels.csv", "b.bin,3,2\r\na.bin,3,0\n\n");
  const auto dataset = Pack();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->inputs(), "bbbaaa");
  EXPECT_EQ(dataset->names(0), "b.bin");
  EXPECT_EQ(dataset->labels(1), 0);
  EXPECT_EQ(dataset->class_count(), 3);
  EXPECT_EQ(dataset->sample_bytes(), 3);
}

TEST_F(PackDatasetTest, PixelsMoveBy128) {
  Write("a.bin", std::string("\x00\x80\xff", 3));
  Write("y_labels.csv", "a.bin,2,1\n");
  const auto dataset = Pack(Preprocessing::kPixelMinus128);
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->inputs(), std::string("\x80\x00\x7f", 3));
}

TEST_F(PackDatasetTest, LabelOutOfRangeNamesTheRow) {
  Write("a.bin", "a");
  Write("y_labels.csv", "a.bin,2,2\n");
  const auto status = Pack().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("y_labels.csv:1"), std::string::npos);
  EXPECT_NE(status.message().find("label 2 is not in 0..1"), std::string::npos);
}

TEST_F(PackDatasetTest, RefusesWhatIsWrong) {
  Write("a.bin", "a");
  Write("long.bin", "aa");
  for (const char* table :
       {"", "a.bin,2\n", "a.bin,x,1\n", "../a.bin,2,1\n", "a.bin,0,0\n",
        "a.bin,2,-1\n", "a.bin,2,1\na.bin,2,1\n", "a.bin,2,1\nlong.bin,2,1\n",
        "a.bin,2,1\nlong.bin,3,1\n"}) {
    Write("y_labels.csv", table);
    EXPECT_EQ(Pack().status().code(), absl::StatusCode::kInvalidArgument)
        << table;
  }
  Write("y_labels.csv", "none.bin,2,1\n");
  EXPECT_EQ(Pack().status().code(), absl::StatusCode::kNotFound);
}

TEST(DatasetName, IsMadeSafe) {
  EXPECT_EQ(DatasetNameOf("/x/KWS 01"), "kws-01");
  EXPECT_EQ(DatasetNameOf("/x/kws01/"), "kws01");
  EXPECT_EQ(DatasetNameOf("/"), "dataset");
}

}  // namespace
}  // namespace tinyrig::client
