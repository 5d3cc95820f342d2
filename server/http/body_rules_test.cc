// Which bodies are taken.
#include "server/http/body_rules.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

constexpr int64_t kLimit = 1000;

// 0: it may be read.
int Json(const std::string& method, const std::string& type,
         const BodyLength& length) {
  HttpRequest request;
  request.method = method;
  request.headers["content-type"] = type;
  const auto refusal = RefuseJsonBody(request, length, kLimit);
  return refusal.has_value() ? refusal->status : 0;
}

int Upload(const BodyLength& length) {
  const auto refusal = RefuseUpload(length, kLimit);
  return refusal.has_value() ? refusal->status : 0;
}

TEST(RefuseJsonBody, TakesExactlyTheLimit) {
  EXPECT_EQ(Json("POST", "application/json", {.bytes = kLimit}), 0);
  EXPECT_EQ(Json("POST", "application/json", {.bytes = kLimit + 1}), 413);
}

TEST(RefuseJsonBody, OnlyAPostHasABody) {
  EXPECT_EQ(Json("GET", "application/json", {.bytes = 1}), 400);
  EXPECT_EQ(Json("GET", "application/json", {.is_chunked = true}), 400);
  EXPECT_EQ(Json("GET", "", {.bytes = 0}), 0);
  EXPECT_EQ(Json("GET", "", {}), 0);
}

TEST(RefuseJsonBody, WantsItsType) {
  EXPECT_EQ(Json("POST", "application/json; charset=utf-8", {.bytes = 1}), 0);
  EXPECT_EQ(Json("POST", "text/plain", {.bytes = 1}), 415);
  EXPECT_EQ(Json("POST", "", {.is_chunked = true}), 415);
  EXPECT_EQ(Json("POST", "", {}), 0);
}

TEST(RefuseUpload, TakesExactlyTheLimit) {
  EXPECT_EQ(Upload({.bytes = kLimit}), 0);
  EXPECT_EQ(Upload({.bytes = kLimit + 1}), 413);
  EXPECT_EQ(Upload({.bytes = UINT64_MAX}), 413);
}

TEST(RefuseUpload, WantsALengthOrChunks) {
  EXPECT_EQ(Upload({}), 411);
  EXPECT_EQ(Upload({.is_chunked = true}), 0);
  EXPECT_EQ(Upload({.bytes = 0}), 0);
}

TEST(TooLarge, SaysWhatIsTaken) {
  EXPECT_NE(TooLarge("blob", kLimit)
                .body.find("blob: larger than the 1000 bytes that are taken"),
            std::string::npos);
}

}  // namespace
}  // namespace tinyrig::server
