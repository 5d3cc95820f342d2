#include "proto/file/dataset.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tinyrig::file {
namespace {

using ::testing::HasSubstr;

v1::DatasetFile GoodDataset() {
  v1::DatasetFile dataset;
  dataset.set_preprocessing("raw");
  dataset.set_sample_bytes(2);
  dataset.set_class_count(3);
  for (int i = 0; i < 3; ++i) {
    dataset.add_names("s" + std::to_string(i));
    dataset.add_labels(i);
  }
  dataset.set_inputs("aabbcc");
  return dataset;
}

/// The status of a good file after one change.
absl::Status With(const std::function<void(v1::DatasetFile*)>& change) {
  v1::DatasetFile dataset = GoodDataset();
  change(&dataset);
  return ParseDataset(SerializeDataset(dataset)).status();
}

void ExpectBad(const absl::Status& status, const std::string& text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(text));
}

TEST(Dataset, WhatIsWrittenIsRead) {
  const std::string bytes = SerializeDataset(GoodDataset());
  const auto dataset = ParseDataset(bytes);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->SerializeAsString(), GoodDataset().SerializeAsString());
  EXPECT_TRUE(
      ParseDataset(std::vector<uint8_t>(bytes.begin(), bytes.end())).ok());
}

TEST(Dataset, OtherMagic) {
  for (const char* text : {"", "TRDATA1", "TRDATA2\nxx", "TINYRIG1xx"}) {
    ExpectBad(ParseDataset(std::string_view(text)).status(), "magic bytes");
  }
}

TEST(Dataset, CutAnywhere) {
  const std::string bytes = SerializeDataset(GoodDataset());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseDataset(std::string_view(bytes).substr(0, size)).ok())
        << size;
  }
}

TEST(Dataset, RubbishBehindTheMagic) {
  ExpectBad(ParseDataset(std::string_view("TRDATA1\n\xff\xff\xff")).status(),
            "cut or damaged");
}

TEST(Dataset, CountsThatDoNotAgree) {
  ExpectBad(With([](auto* dataset) { dataset->clear_labels(); }), "0 samples");
  ExpectBad(With([](auto* dataset) { dataset->add_labels(0); }),
            "3 names for 4 labels");
  ExpectBad(With([](auto* dataset) { dataset->mutable_inputs()->pop_back(); }),
            "3 samples of 2 bytes, but 5 bytes of inputs");
  ExpectBad(With([](auto* dataset) { dataset->clear_inputs(); }),
            "but 0 bytes of inputs");
}

TEST(Dataset, SampleBytesThatOverflow) {
  for (const int64_t bytes :
       {int64_t{0}, int64_t{-2}, INT64_MIN, INT64_MAX, INT64_MAX / 3 + 1}) {
    ExpectBad(With([&](auto* dataset) { dataset->set_sample_bytes(bytes); }),
              "bytes of inputs");
  }
}

TEST(Dataset, LabelOutOfRangeNamesTheSample) {
  ExpectBad(With([](auto* dataset) { dataset->set_labels(1, 3); }),
            "sample 1 (s1): label 3 is out of range, 0..2");
  ExpectBad(With([](auto* dataset) { dataset->set_labels(0, -1); }),
            "sample 0 (s0): label -1");
}

TEST(Dataset, ClassCountAtItsEdges) {
  ExpectBad(With([](auto* dataset) { dataset->set_class_count(0); }),
            "class_count: 0");
  EXPECT_TRUE(
      With([](auto* dataset) { dataset->set_class_count(kMaxClasses); }).ok());
  ExpectBad(
      With([](auto* dataset) { dataset->set_class_count(kMaxClasses + 1); }),
      "class_count: 65537");
}

TEST(Dataset, MoreSamplesThanAreTaken) {
  ExpectBad(With([](auto* dataset) {
              dataset->mutable_labels()->Resize(kMaxSamples + 1, 0);
            }),
            "1000001 samples");
}

TEST(Dataset, FitsAModelOfItsSizeAndClasses) {
  v1::CompiledModel model;
  for (v1::TensorInfo* tensor :
       {model.add_inputs(), model.add_inputs(), model.add_outputs()}) {
    tensor->set_type("int8");
    tensor->set_size_bytes(4);
  }
  EXPECT_TRUE(CheckDatasetFits(model, 8, 4).ok());
  EXPECT_TRUE(CheckDatasetFits(model, 8, 2).ok());
  ExpectBad(CheckDatasetFits(model, 4, 4), "the model's input takes 8");
  ExpectBad(CheckDatasetFits(model, 8, 5), "5 classes, the model has 4");
}

}  // namespace
}  // namespace tinyrig::file
