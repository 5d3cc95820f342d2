#include "proto/file/artifact.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/sha256.h"

namespace tinyrig::file {
namespace {

using ::testing::HasSubstr;

v1::TensorInfo Tensor(const std::string& type, int32_t extent,
                      int64_t size_bytes) {
  v1::TensorInfo tensor;
  tensor.set_type(type);
  tensor.add_shape(1);
  tensor.add_shape(extent);
  tensor.set_size_bytes(size_bytes);
  return tensor;
}

void SetImage(v1::CompiledModel* model, const std::string& image) {
  model->set_image(image);
  model->set_image_sha256(base::Sha256Hex(
      {reinterpret_cast<const uint8_t*>(image.data()), image.size()}));
}

v1::CompiledModel GoodModel() {
  v1::CompiledModel model;
  model.set_model_sha256(std::string(64, 'a'));
  model.set_image_hash("beef");
  model.set_flash_base(0x08000000);
  SetImage(&model, "image");
  *model.add_inputs() = Tensor("int8", 8, 8);
  *model.add_outputs() = Tensor("float32", 3, 12);
  return model;
}

/// The status of a good file after one change.
absl::Status With(const std::function<void(v1::CompiledModel*)>& change) {
  v1::CompiledModel model = GoodModel();
  change(&model);
  return ParseArtifact(SerializeArtifact(model)).status();
}

void ExpectBad(const absl::Status& status, const std::string& text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(text));
}

TEST(Artifact, WhatIsWrittenIsRead) {
  const std::string bytes = SerializeArtifact(GoodModel());
  EXPECT_TRUE(IsArtifact(bytes));
  const auto model = ParseArtifact(bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->SerializeAsString(), GoodModel().SerializeAsString());
  EXPECT_EQ(InputBytes(*model), 8);
  EXPECT_EQ(OutputBytes(*model), 12);
  EXPECT_EQ(ClassCount(*model), 3);
  EXPECT_TRUE(
      ParseArtifact(std::vector<uint8_t>(bytes.begin(), bytes.end())).ok());
}

TEST(Artifact, OtherMagic) {
  for (const char* text : {"", "TINYRIG", "TINYRIG2xxxx", "TRDATA1\nxx"}) {
    EXPECT_FALSE(IsArtifact(text));
    ExpectBad(ParseArtifact(std::string_view(text)).status(), "magic bytes");
  }
}

TEST(Artifact, CutAnywhere) {
  const std::string bytes = SerializeArtifact(GoodModel());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseArtifact(std::string_view(bytes).substr(0, size)).ok())
        << size;
  }
}

TEST(Artifact, RubbishBehindTheMagic) {
  ExpectBad(
      ParseArtifact(std::string_view("TINYRIG1\xff\xff\xff\xff")).status(),
      "cut or damaged");
}

TEST(Artifact, PartsMissing) {
  ExpectBad(With([](auto* model) { model->clear_model_sha256(); }),
            "model_sha256");
  ExpectBad(With([](auto* model) { model->set_model_sha256("../etc"); }),
            "model_sha256");
  ExpectBad(With([](auto* model) { model->clear_image(); }), "image: 0 bytes");
  ExpectBad(With([](auto* model) { model->clear_image_hash(); }), "image_hash");
  ExpectBad(With([](auto* model) { model->clear_inputs(); }), "inputs: 0");
  ExpectBad(With([](auto* model) { model->clear_outputs(); }), "outputs: 0");
}

TEST(Artifact, ImageIsNotTheOneThatWasHashed) {
  const absl::Status status =
      With([](auto* model) { model->set_image("imagE"); });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(With([](auto* model) { model->clear_image_sha256(); }).code(),
            absl::StatusCode::kDataLoss);
}

TEST(Artifact, ImageBeyondTheAddresses) {
  const int64_t end = 1LL << 32;
  EXPECT_TRUE(With([&](auto* model) { model->set_flash_base(end - 5); }).ok());
  ExpectBad(With([&](auto* model) { model->set_flash_base(end - 4); }),
            "flash_base");
  ExpectBad(With([](auto* model) { model->set_flash_base(-1); }), "flash_base");
  ExpectBad(With([](auto* model) { model->set_flash_base(INT64_MAX); }),
            "flash_base");
}

TEST(Artifact, TensorWhoseSizeIsNotItsShape) {
  ExpectBad(
      With([](auto* model) { model->mutable_inputs(0)->set_size_bytes(9); }),
      "inputs[0]: 8 elements of int8 say 9 bytes");
  ExpectBad(With([](auto* model) {
              *model->add_outputs() = Tensor("float32", 3, 3);
            }),
            "outputs[1]");
  ExpectBad(
      With([](auto* model) { model->mutable_inputs(0)->set_type("int4"); }),
      "\"int4\" is none of");
}

TEST(Artifact, ExtentsThatOverflow) {
  for (const int32_t extent : {0, -1, INT32_MIN, INT32_MAX}) {
    ExpectBad(
        With([&](auto* model) { model->mutable_inputs(0)->add_shape(extent); }),
        "impossible shape");
  }
  ExpectBad(With([](auto* model) {
              v1::TensorInfo* tensor = model->mutable_inputs(0);
              for (int i = 0; i < 64; ++i) {
                tensor->add_shape(2);
              }
              tensor->set_size_bytes(0);
            }),
            "impossible shape");
}

TEST(Artifact, MoreThanAnybodyHas) {
  ExpectBad(With([](auto* model) {
              for (int i = 0; i < kMaxTensors; ++i) {
                *model->add_inputs() = Tensor("int8", 1, 1);
              }
            }),
            "inputs: 65 tensors");
  ExpectBad(With([](auto* model) {
              for (int i = 0; i <= kMaxLayers; ++i) {
                model->add_layers();
              }
            }),
            "layers: 65536");
  ExpectBad(With([](auto* model) {
              model->set_image(std::string(kMaxImageBytes + 1, 'x'));
            }),
            "image: 67108865 bytes");
}

}  // namespace
}  // namespace tinyrig::file
