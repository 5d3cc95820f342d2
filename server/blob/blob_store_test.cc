#include "server/blob/blob_store.h"

#include <csignal>

#include <gtest/gtest.h>

#include "base/file.h"
#include <sys/resource.h>

namespace tinyrig::server {
namespace {

class BlobStoreTest : public ::testing::Test {
 protected:
  BlobStore Open(const BlobLimits& limits = {.max_blob_bytes = 1000,
                                             .reserve_bytes = 0}) {
    return *BlobStore::Open(folder_.path() / "blobs", limits);
  }
  [[nodiscard]] bool NothingIncoming() const {
    return std::filesystem::is_empty(folder_.path() / "blobs" / "incoming");
  }
  base::TempDir folder_ = *base::TempDir::Create();
};

TEST_F(BlobStoreTest, WhatGoesInComesOut) {
  BlobStore blobs = Open();
  const auto sha256 = blobs.Put("hello");
  ASSERT_TRUE(sha256.ok()) << sha256.status();
  EXPECT_EQ(*sha256,
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(blobs.Read(*sha256).value_or(""), "hello");
  EXPECT_EQ(Open().Read(*sha256).value_or(""), "hello");
  EXPECT_EQ(blobs.Put("").ok(), true);
}

TEST_F(BlobStoreTest, AHashThatLiesKeepsNothing) {
  BlobStore blobs = Open();
  const std::string other(64, 'a');
  auto writer = *blobs.Begin(other, 5);
  ASSERT_TRUE(writer->Append("hello").ok());
  EXPECT_EQ(writer->Commit().code(), absl::StatusCode::kDataLoss);
  writer.reset();
  EXPECT_FALSE(blobs.Find(other).ok());
  EXPECT_TRUE(NothingIncoming());
}

TEST_F(BlobStoreTest, SizesAreLimitsToo) {
  BlobStore blobs = Open();
  const std::string name(64, 'a');
  EXPECT_EQ(blobs.Begin(name, 1001).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(blobs.Begin(name, 1000).ok());
  EXPECT_EQ(blobs.Begin(name, -1).status().code(),
            absl::StatusCode::kInvalidArgument);
  auto writer = *blobs.Begin(name, 3);
  EXPECT_EQ(writer->Append("four").code(), absl::StatusCode::kDataLoss);
}

TEST_F(BlobStoreTest, NamesCannotLeaveTheFolder) {
  BlobStore blobs = Open();
  for (const std::string& name :
       {std::string("../../x"), std::string(64, '/'), std::string(64, 'G'),
        std::string(63, 'a'), std::string()}) {
    EXPECT_EQ(blobs.Begin(name, 1).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(blobs.Find(name).status().code(), absl::StatusCode::kNotFound);
  }
}

TEST_F(BlobStoreTest, LeftoversOfAKilledServerGo) {
  Open();
  ASSERT_TRUE(base::WriteFileAtomic(
                  folder_.path() / "blobs" / "incoming" / "blob.dead", "half")
                  .ok());
  Open();
  EXPECT_TRUE(NothingIncoming());
}

TEST_F(BlobStoreTest, AFullDiskIsSaidAndKeepsNothing) {
  BlobStore reserved =
      Open({.max_blob_bytes = 1000, .reserve_bytes = 1LL << 60});
  EXPECT_EQ(reserved.Put("x").status().code(),
            absl::StatusCode::kResourceExhausted);
  BlobStore blobs = Open({.max_blob_bytes = 1 << 20, .reserve_bytes = 0});
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tiny = before;
  tiny.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &tiny);
  const absl::Status status = blobs.Put(std::string(10'000, 'x')).status();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(NothingIncoming());
}

}  // namespace
}  // namespace tinyrig::server
