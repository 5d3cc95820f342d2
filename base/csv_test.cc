#include "base/csv.h"

#include <gtest/gtest.h>

namespace tinyrig::base {
namespace {

std::string Cell(std::string_view text) {
  std::string cell;
  AppendCsvCell(text, &cell);
  return cell;
}

TEST(CsvCell, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(Cell(""), "");
  EXPECT_EQ(Cell("plain text"), "plain text");
  EXPECT_EQ(Cell("a,b"), "\"a,b\"");
  EXPECT_EQ(Cell("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(Cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(Cell("two\rlines"), "\"two\rlines\"");
}

TEST(CsvCell, NeverStartsAFormula) {
  EXPECT_EQ(Cell("=1+2"), "'=1+2");
  EXPECT_EQ(Cell("+cmd|' /C calc'!A0"), "'+cmd|' /C calc'!A0");
  EXPECT_EQ(Cell("-x"), "'-x");
  EXPECT_EQ(Cell("@SUM(A1,B1)"), "\"'@SUM(A1,B1)\"");
  EXPECT_EQ(Cell("\tx"), "'\tx");
  EXPECT_EQ(Cell("\r=x"), "\"'\r=x\"");
  EXPECT_EQ(Cell("-inf"), "'-inf");
  EXPECT_EQ(Cell("++7"), "'++7");
  EXPECT_EQ(Cell("+5 % of A1"), "'+5 % of A1");
  EXPECT_EQ(Cell("-5%"), "'-5%");
  EXPECT_EQ(Cell("--"), "'--");
  EXPECT_EQ(Cell("+"), "'+");
}

TEST(CsvCell, SignedNumbersPercentagesAndTheDashStay) {
  EXPECT_EQ(Cell("-12.5e3"), "-12.5e3");
  EXPECT_EQ(Cell("+7"), "+7");
  EXPECT_EQ(Cell("+5.00 %"), "+5.00 %");
  EXPECT_EQ(Cell("-0.10 %"), "-0.10 %");
  EXPECT_EQ(Cell("-"), "-");
}

}  // namespace
}  // namespace tinyrig::base
