// Request targets.
#include "server/http/url.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Segments = std::vector<std::string>;

TEST(ParseTarget, DropsEmptySegments) {
  EXPECT_EQ(ParseTarget("/")->path, Segments{});
  EXPECT_EQ(ParseTarget("//api///v1/")->path, (Segments{"api", "v1"}));
}

TEST(ParseTarget, DecodesSegmentsAfterSplittingThem) {
  EXPECT_EQ(ParseTarget("/a%2Fb/%41+c")->path, (Segments{"a/b", "A+c"}));
}

TEST(ParseTarget, TakesParametersInTheirOrderWithPlusAsBlank) {
  const auto target = ParseTarget("/x?b=1+2&a=%3D&&c&d==");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path, Segments{"x"});
  EXPECT_EQ(target->query,
            (Pairs{{"b", "1 2"}, {"a", "="}, {"c", ""}, {"d", "="}}));
}

TEST(ParseTarget, RefusesWhatDoesNotBeginWithASlash) {
  for (const char* target : {"", "x", "http://host/x", "*"}) {
    EXPECT_EQ(ParseTarget(target).status().code(),
              absl::StatusCode::kInvalidArgument)
        << target;
  }
}

TEST(ParseTarget, TakesExactlyTheLongestTarget) {
  const std::string longest = "/" + std::string(kMaxTargetBytes - 1, 'a');
  EXPECT_TRUE(ParseTarget(longest).ok());
  EXPECT_FALSE(ParseTarget(longest + "a").ok());
}

TEST(PercentDecode, NeedsTwoHexDigits) {
  EXPECT_EQ(*PercentDecode("%4a%4A", false), "JJ");
  for (const char* text : {"%", "%4", "a%4", "%4g", "%g4", "%%41"}) {
    EXPECT_FALSE(PercentDecode(text, false).ok()) << text;
  }
}

TEST(PercentDecode, RefusesANulHoweverItIsWritten) {
  EXPECT_FALSE(PercentDecode("a%00b", false).ok());
  EXPECT_FALSE(PercentDecode(std::string_view("a\0b", 3), false).ok());
}

TEST(PercentDecode, KeepsBytesThatAreNoAscii) {
  EXPECT_EQ(*PercentDecode("%C3%BC%FF", true), "\xC3\xBC\xFF");
}

}  // namespace
}  // namespace tinyrig::server
