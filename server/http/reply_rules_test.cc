// What every answer says in its header, and which answers are packed.
#include <map>

#include <gtest/gtest.h>

#include "server/http/gzip.h"
#include "server/http/reply_gzip.h"
#include "server/http/reply_headers.h"

namespace tinyrig::server {
namespace {

std::map<std::string, std::string> Lines(const HttpReply& reply) {
  std::map<std::string, std::string> lines;
  for (const auto& [name, value] : HeadersOf(reply)) {
    lines[name] = value;
  }
  return lines;
}

TEST(HeadersOf, EveryAnswerKeepsOtherSitesOut) {
  for (const int status : {200, 304, 404, 503}) {
    HttpReply reply;
    reply.status = status;
    const auto lines = Lines(reply);
    EXPECT_EQ(lines.at("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(lines.at("Referrer-Policy"), "same-origin");
    EXPECT_EQ(lines.at("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_EQ(lines.at("Content-Security-Policy"), kContentSecurityPolicy);
  }
}

TEST(HeadersOf, WhatHasNotChangedHasNoType) {
  HttpReply reply;
  reply.content_type = "text/plain";
  EXPECT_EQ(Lines(reply).at("Content-Type"), "text/plain");
  reply.status = 304;
  EXPECT_FALSE(Lines(reply).contains("Content-Type"));
}

TEST(HeadersOf, TheReplysOwnLinesComeAfterTheCommonOnes) {
  HttpReply reply;
  reply.headers = {{"Referrer-Policy", "no-referrer"}, {"ETag", "\"1\""}};
  EXPECT_EQ(Lines(reply).at("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(Lines(reply).at("ETag"), "\"1\"");
}

TEST(AcceptsGzip, NeedsTheWordAndAWeightAboveZero) {
  for (const char* header : {"gzip", "br, gzip", "gzip;q=0.5, br", " gzip "}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header : {"", "br", "xgzip", "gzip;q=0", "gzip; q=0.000"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

HttpReply TextOf(size_t size_bytes) {
  HttpReply reply;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body = std::string(size_bytes, 'a');
  return reply;
}

TEST(PackReply, PacksTextsFromTheLeastSizeOn) {
  HttpReply small = TextOf(kMinGzipBytes - 1);
  PackReply("gzip", small);
  EXPECT_FALSE(Lines(small).contains("Content-Encoding"));
  HttpReply large = TextOf(kMinGzipBytes);
  PackReply("gzip", large);
  EXPECT_EQ(Lines(large).at("Content-Encoding"), "gzip");
  EXPECT_EQ(Lines(large).at("Vary"), "Accept-Encoding");
  EXPECT_LT(large.body.size(), kMinGzipBytes);
}

TEST(PackReply, CachesLearnThatItDependsOnTheClientEvenWhenNotPacked) {
  HttpReply reply = TextOf(kMinGzipBytes);
  PackReply("br", reply);
  EXPECT_EQ(Lines(reply).at("Vary"), "Accept-Encoding");
  EXPECT_EQ(reply.body.size(), kMinGzipBytes);
}

TEST(PackReply, LeavesBytesAndWhatIsPackedAlone) {
  HttpReply bytes = TextOf(kMinGzipBytes);
  bytes.content_type = "application/octet-stream";
  PackReply("gzip", bytes);
  EXPECT_TRUE(bytes.headers.empty());
  HttpReply packed = TextOf(kMinGzipBytes);
  packed.headers = {{"Content-Encoding", "gzip"}};
  PackReply("gzip", packed);
  EXPECT_EQ(packed.headers.size(), 1U);
  EXPECT_EQ(packed.body.size(), kMinGzipBytes);
}

TEST(GzipStream, PieceByPieceIsOneGzipFile) {
  GzipStream stream(1);
  std::string packed = stream.Add(std::string(100'000, 'a'));
  packed += stream.Add("b");
  packed += stream.Finish();
  ASSERT_GT(packed.size(), 10U);
  EXPECT_EQ(packed.substr(0, 2), "\x1F\x8B");
  EXPECT_LT(packed.size(), 1000U);
}

}  // namespace
}  // namespace tinyrig::server
