#include "base/address.h"

#include <gtest/gtest.h>

namespace tinyrig::base {
namespace {

TEST(ParseHostPort, SplitsAtTheLastColonAndKeepsTheHostAsWritten) {
  const auto name = ParseHostPort("lab.local:7077");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->host, "lab.local");
  EXPECT_EQ(name->port, 7077);
  const auto v6 = ParseHostPort("[::1]:0");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "[::1]");
  EXPECT_EQ(v6->port, 0);
}

TEST(ParseHostPort, TakesPortsUpTo65535) {
  EXPECT_EQ(ParseHostPort("h:65535")->port, 65535);
  for (const char* text : {"h:65536", "h:99999", "h:99999999999999999999"}) {
    const auto refused = ParseHostPort(text);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ParseHostPort, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"", "localhost", "h:", "h:-1", "h:+1", "h: 1", "h:http", "h:0x10"}) {
    EXPECT_FALSE(ParseHostPort(text).ok()) << text;
  }
}

TEST(ParseHostPort, SaysWhatItGotAndWhatItWants) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:99999").status().message(),
            "127.0.0.1:99999: port \"99999\", a number of 0..65535 is wanted");
  EXPECT_EQ(ParseHostPort("localhost").status().message(),
            "localhost: no port; HOST:PORT is wanted");
}

}  // namespace
}  // namespace tinyrig::base
