#include "client/dataset_pack.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "proto/file/dataset.h"

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

TEST_F(PackDatasetTest, APackedFileIsTakenAsItIs) {
  Write("a.bin", "aaa");
  Write("y_labels.csv", "a.bin,3,2\n");
  const auto dataset = Pack();
  ASSERT_TRUE(dataset.ok());
  Write("packed", file::SerializeDataset(*dataset));
  const auto path = folder_->path() / "packed";
  EXPECT_TRUE(IsDatasetPath(path));
  EXPECT_TRUE(IsDatasetPath(folder_->path()));
  EXPECT_FALSE(IsDatasetPath(folder_->path() / "a.bin"));
  const auto loaded = LoadDataset(path, Preprocessing::kRaw);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->inputs(), "aaa");
  EXPECT_TRUE(absl::IsInvalidArgument(
      LoadDataset(path, Preprocessing::kPixelMinus128).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      LoadDataset(folder_->path() / "a.bin", Preprocessing::kRaw).status()));
}

TEST_F(PackDatasetTest, UnpackedAndPackedAgainIsTheSame) {
  Write("b.bin", "bbb");
  Write("a.bin", "aaa");
  Write("y_labels.csv", "b.bin,3,2\na.bin,3,0\n");
  const auto dataset = Pack();
  ASSERT_TRUE(dataset.ok());
  const auto again = folder_->path() / "again";
  ASSERT_TRUE(UnpackDataset(*dataset, again).ok());
  const auto packed = PackDataset(again, Preprocessing::kRaw);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->SerializeAsString(), dataset->SerializeAsString());
}

TEST_F(PackDatasetTest, NamesThatLeaveTheFolderAreNotUnpacked) {
  v1::DatasetFile dataset;
  dataset.set_sample_bytes(1);
  dataset.set_class_count(2);
  dataset.add_labels(1);
  dataset.set_inputs("x");
  for (const char* name : {"../x.bin", "/x.bin", "", "a,b.bin", "a\nb"}) {
    dataset.clear_names();
    dataset.add_names(name);
    EXPECT_TRUE(absl::IsInvalidArgument(
        UnpackDataset(dataset, folder_->path() / "out")))
        << name;
  }
}

}  // namespace
}  // namespace tinyrig::client
