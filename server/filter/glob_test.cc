#include "server/filter/glob.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

TEST(Glob, StarsTakeAnythingAndBracketsQuote) {
  EXPECT_TRUE(MatchesGlob("", ""));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a*c", "abbc"));
  EXPECT_TRUE(MatchesGlob("*ab*", "aab"));
  EXPECT_TRUE(MatchesGlob("a*b*c", "axxbyybc"));
  EXPECT_TRUE(MatchesGlob("v[*][?][[]", "v*?["));
  EXPECT_TRUE(MatchesGlob("gr\u00fc*", "gr\u00fcn"));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_FALSE(MatchesGlob("a", ""));
  EXPECT_FALSE(MatchesGlob("a*c", "abcd"));
  EXPECT_FALSE(MatchesGlob("A*", "abc"));
  EXPECT_FALSE(MatchesGlob("v[*]", "vx"));
}

TEST(Glob, ManyStarsEndSoon) {
  const std::string text(2000, 'a');
  EXPECT_FALSE(MatchesGlob("a*a*a*a*a*a*a*a*b", text));
}

}  // namespace
}  // namespace tinyrig::server
