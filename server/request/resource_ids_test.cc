#include "server/request/resource_ids.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

TEST(ResourceIds, TakeOnlyPrefixAndNumber) {
  EXPECT_EQ(ParseJobId(JobName(12)).value_or(-1), 12);
  EXPECT_EQ(ParseRunId(RunName(7)).value_or(-1), 7);
  for (const char* text : {"", "j-", "12", "j--1", "j-0", "j-1x", "r-1", "j- 1",
                           "j-99999999999999999999"}) {
    EXPECT_FALSE(ParseJobId(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tinyrig::server
