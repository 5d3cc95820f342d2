#include "boards/image_header.h"

#include <cstring>

#include "gtest/gtest.h"

#include "proto/abi/model.h"

namespace tinyrig::boards {
namespace {

std::vector<uint8_t> RawImage(size_t size) {
  std::vector<uint8_t> image(size, 0x11);
  TinyrigImageHeader header = {};
  header.magic = TINYRIG_IMAGE_MAGIC;
  header.header_version = 1;
  std::memcpy(image.data() + TINYRIG_IMAGE_HEADER_OFFSET, &header,
              sizeof(header));
  return image;
}

TEST(ImageHeader, FilledImagePasses) {
  auto image = RawImage(2001);
  ASSERT_TRUE(FillImageHeader(&image).ok());
  EXPECT_EQ(image.size(), 2008u);
  EXPECT_EQ(image.back(), 0xFF);
  const auto hash = CheckImageHeader(image);
  ASSERT_TRUE(hash.ok()) << hash.status();
  EXPECT_NE(*hash, (std::array<uint8_t, 32>{}));
}

TEST(ImageHeader, FillingAgainChangesNothing) {
  auto image = RawImage(2000);
  ASSERT_TRUE(FillImageHeader(&image).ok());
  const auto before = image;
  ASSERT_TRUE(FillImageHeader(&image).ok());
  EXPECT_EQ(image, before);
}

TEST(ImageHeader, EveryOtherByteIsNoticed) {
  auto image = RawImage(1200);
  ASSERT_TRUE(FillImageHeader(&image).ok());
  for (size_t i = 0; i < image.size(); ++i) {
    auto changed = image;
    changed[i] ^= 1;
    EXPECT_FALSE(CheckImageHeader(changed).ok()) << i;
  }
  image.push_back(0xFF);
  EXPECT_EQ(CheckImageHeader(image).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(ImageHeader, RefusesWhatHasNoHeader) {
  std::vector<uint8_t> image(100);
  EXPECT_EQ(FillImageHeader(&image).code(), absl::StatusCode::kInvalidArgument);
  image.resize(5000);
  EXPECT_EQ(FillImageHeader(&image).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tinyrig::boards
