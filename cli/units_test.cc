#include "cli/units.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

TEST(Units, CountsHaveThousands) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1000), "1,000");
  EXPECT_EQ(Count(-1234567), "-1,234,567");
}

TEST(Units, BytesAreExactFromOneKibOn) {
  EXPECT_EQ(Bytes(1023), "1023 B");
  EXPECT_EQ(Bytes(1024), "1.0 KB (1,024)");
  EXPECT_EQ(Bytes(81920), "80.0 KB (81,920)");
  EXPECT_EQ(ShortBytes(1024 * 1024), "1.00 MB");
}

TEST(Units, TimesChooseTheirUnit) {
  EXPECT_EQ(Micros(999.9), "999.9 us");
  EXPECT_EQ(Micros(12345.6), "12.346 ms");
  EXPECT_EQ(Micros(2.5e6), "2.500 s");
  EXPECT_EQ(Seconds(-1), "?");
  EXPECT_EQ(Seconds(59.4), "59 s");
  EXPECT_EQ(Seconds(60), "1 min 00 s");
  EXPECT_EQ(Seconds(83.2), "1 min 23 s");
}

TEST(Units, SharesArePercentages) {
  EXPECT_EQ(Percent(0.901), "90.10 %");
  EXPECT_EQ(Percent(1), "100.00 %");
}

TEST(Units, EmulatedNamesItsTimingModelAndItsLimits) {
  EXPECT_EQ(OriginText(v1::EMULATED, "m4-trm-v1"),
            "EMULATED (timing model m4-trm-v1, not yet validated on silicon)");
  EXPECT_EQ(OriginText(v1::EMULATED, ""),
            "EMULATED (timing model unknown, not yet validated on silicon)");
  EXPECT_EQ(OriginText(v1::MEASURED, ""), "MEASURED");
}

}  // namespace
}  // namespace tinyrig::cli
