// Which Host headers are served.
#include "server/http/host_rule.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

TEST(HostRule, LoopbackAnswersToItsOwnNamesOnly) {
  const HostRule rule = HostRule::For(true, "127.0.0.1", {});
  for (const char* host : {"localhost", "127.0.0.1", "[::1]"}) {
    EXPECT_TRUE(rule.Allows(host)) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.2", "xlocalhost"}) {
    EXPECT_FALSE(rule.Allows(host)) << host;
  }
}

TEST(HostRule, PortCaseAndTheLastDotDoNotCount) {
  const HostRule rule = HostRule::For(true, "127.0.0.1", {"Lab.Local."});
  for (const char* host : {"localhost:7078", "LocalHost", "localhost.",
                           "[::1]:7078", "lab.local:80", "LAB.LOCAL."}) {
    EXPECT_TRUE(rule.Allows(host)) << host;
  }
}

TEST(HostRule, NoHostIsNoBrowser) {
  EXPECT_TRUE(HostRule::For(true, "127.0.0.1", {}).Allows(""));
}

TEST(HostRule, TheListenersOwnNameIsServed) {
  EXPECT_TRUE(HostRule::For(true, "127.0.1.1", {}).Allows("127.0.1.1:7078"));
}

TEST(HostRule, ElsewhereAnyNameUnlessSomeAreNamed) {
  EXPECT_TRUE(HostRule::For(false, "0.0.0.0", {}).Allows("lab.example"));
  const HostRule named = HostRule::For(false, "0.0.0.0", {"lab.example"});
  EXPECT_TRUE(named.Allows("lab.example"));
  EXPECT_FALSE(named.Allows("other.example"));
}

TEST(HostRule, ListsWhatItServes) {
  EXPECT_EQ(HostRule::For(true, "localhost", {"lab"}).List(),
            "127.0.0.1, [::1], lab, localhost");
}

}  // namespace
}  // namespace tinyrig::server
