#include "agent/job/blob_cache.h"

#include "gtest/gtest.h"

#include "agent/job/artifact.h"
#include "base/file.h"
#include "base/sha256.h"
#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

namespace tinyrig::agent {
namespace {

using Bytes = std::vector<uint8_t>;

class CountingSource : public BlobSource {
 public:
  absl::StatusOr<Bytes> Fetch(const std::string&,
                              const std::function<bool()>&) override {
    ++fetches;
    return blob;
  }
  Bytes blob;
  int fetches = 0;
};

class BlobCacheTest : public ::testing::Test {
 protected:
  absl::StatusOr<Bytes> Get(const Bytes& blob) {
    source_.blob = blob;
    return cache_.Get(base::Sha256Hex(blob), [] { return false; });
  }
  base::TempDir folder_ = *base::TempDir::Create("cache");
  CountingSource source_;
  BlobCache cache_{folder_.path() / "c", 1000, &source_};
};

TEST_F(BlobCacheTest, FetchesOnce) {
  EXPECT_EQ(*Get(Bytes(10, 1)), Bytes(10, 1));
  EXPECT_EQ(*Get(Bytes(10, 1)), Bytes(10, 1));
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(BlobCacheTest, ADamagedFileIsFetchedAgain) {
  const Bytes blob(10, 1);
  ASSERT_TRUE(Get(blob).ok());
  ASSERT_TRUE(
      base::WriteFileAtomic(folder_.path() / "c" / base::Sha256Hex(blob), "rot")
          .ok());
  EXPECT_EQ(*Get(blob), blob);
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(BlobCacheTest, StaysBelowItsLimitAndDropsTheOldest) {
  for (uint8_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(Get(Bytes(400, i)).ok());
    std::filesystem::last_write_time(
        folder_.path() / "c" / base::Sha256Hex(Bytes(400, i)),
        std::filesystem::file_time_type::clock::now() -
            std::chrono::hours(100 - i));
  }
  int64_t sum = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(folder_.path() / "c")) {
    sum += static_cast<int64_t>(file.file_size());
  }
  EXPECT_LE(sum, 1000);
  const int before = source_.fetches;
  ASSERT_TRUE(Get(Bytes(400, 3)).ok());
  EXPECT_EQ(source_.fetches, before);
  ASSERT_TRUE(Get(Bytes(400, 0)).ok());
  EXPECT_EQ(source_.fetches, before + 1);
}

TEST_F(BlobCacheTest, RefusesOtherBytesAndOtherNames) {
  source_.blob = Bytes(3, 9);
  const auto never = [] { return false; };
  EXPECT_TRUE(absl::IsDataLoss(
      cache_.Get(base::Sha256Hex(Bytes(4, 4)), never).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(cache_.Get("../../etc/passwd", never).status()));
}

Bytes BytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}

v1::CompiledModel ModelWithoutHeader(const std::string& board_id) {
  v1::CompiledModel model;
  model.set_board_id(board_id);
  model.set_model_sha256(std::string(64, 'a'));
  model.set_image("abc");
  model.set_image_sha256(base::Sha256Hex(BytesOf("abc")));
  model.set_image_hash("beef");
  for (v1::TensorInfo* tensor : {model.add_inputs(), model.add_outputs()}) {
    tensor->set_type("int8");
    tensor->add_shape(4);
    tensor->set_size_bytes(4);
  }
  return model;
}

TEST(Artifact, ForAnotherBoardOrWithoutHeader) {
  const auto& board = **boards::FindBoard("nucleo_f412zg");
  const auto message = [&](const std::string& id) {
    const absl::Status status =
        ArtifactForBoard(
            BytesOf(file::SerializeArtifact(ModelWithoutHeader(id))), board)
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_NE(message("nucleo_f746zg").find("compiled for nucleo_f746zg"),
            std::string::npos);
  EXPECT_EQ(message(board.id).find("compiled for"), std::string::npos);
}

TEST(Artifact, DatasetOfAnotherSampleSize) {
  v1::DatasetFile data;
  data.set_sample_bytes(4);
  data.set_class_count(2);
  data.add_names("a");
  data.add_labels(1);
  data.set_inputs("1234");
  const v1::CompiledModel model = ModelWithoutHeader("any");
  EXPECT_TRUE(
      DatasetForModel(BytesOf(file::SerializeDataset(data)), model).ok());
  data.set_sample_bytes(5);
  data.set_inputs("12345");
  EXPECT_TRUE(absl::IsInvalidArgument(
      DatasetForModel(BytesOf(file::SerializeDataset(data)), model).status()));
}

TEST(Artifact, PatternIsAsTheHeaderSays) {
  v1::CompiledModel model;
  auto* first = model.add_inputs();
  first->set_type("int8");
  first->set_size_bytes(3);
  auto* second = model.add_inputs();
  second->set_type("float32");
  second->set_size_bytes(4);
  const Bytes expected{11, 48, 85, 0, 0, 0x80, 0xBF};  // -1.0F
  EXPECT_EQ(PatternInput(model), expected);
}

}  // namespace
}  // namespace tinyrig::agent
