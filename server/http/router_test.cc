// Which route a method and a path find.
#include "server/http/router.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

using Segments = std::vector<std::string>;

Router Jobs() {
  Router router;
  for (const auto& [method, pattern] : {std::pair{"GET", "/jobs"},
                                        {"POST", "/jobs"},
                                        {"POST", "/jobs/{id}:cancel"},
                                        {"GET", "/jobs/{id}"},
                                        {"GET", "/jobs/{id}/log"}}) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    router.Add(std::move(route));
  }
  return router;
}

// The pattern found; "" for none.
std::string Found(const Router& router, std::string_view method,
                  const Segments& path) {
  const auto match = router.Find(method, path);
  return match.route == nullptr ? "" : match.route->pattern;
}

TEST(Router, MatchesWholePathsOnly) {
  const Router router = Jobs();
  EXPECT_EQ(Found(router, "GET", {"jobs"}), "/jobs");
  EXPECT_EQ(Found(router, "GET", {"jobs", "j-1", "log"}), "/jobs/{id}/log");
  EXPECT_EQ(Found(router, "GET", {"jobs", "j-1", "log", "x"}), "");
  EXPECT_EQ(Found(router, "GET", {}), "");
}

TEST(Router, AVariableIsOneSegmentAndNotEmpty) {
  const Router router = Jobs();
  EXPECT_EQ(router.Find("GET", {"jobs", "a/b"}).variables.at("id"), "a/b");
  EXPECT_EQ(Found(router, "GET", {"jobs", ""}), "");
  EXPECT_EQ(Found(router, "POST", {"jobs", ":cancel"}), "");
}

TEST(Router, AVerbIsNoPartOfTheVariable) {
  const Router router = Jobs();
  const auto match = router.Find("POST", {"jobs", "j-1:cancel"});
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->pattern, "/jobs/{id}:cancel");
  EXPECT_EQ(match.variables.at("id"), "j-1");
}

TEST(Router, HeadFindsTheRouteOfGet) {
  EXPECT_EQ(Found(Jobs(), "HEAD", {"jobs", "j-1"}), "/jobs/{id}");
  EXPECT_EQ(Found(Jobs(), "HEAD", {"jobs", "j-1:cancel"}), "/jobs/{id}");
}

TEST(Router, SaysWhichMethodsAPathTakes) {
  const auto match = Jobs().Find("DELETE", {"jobs"});
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed, "GET, POST");
  EXPECT_EQ(Jobs().Find("DELETE", {"nowhere"}).allowed, "");
}

}  // namespace
}  // namespace tinyrig::server
