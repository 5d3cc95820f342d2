#include "cli/table.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

TEST(Table, AlignsAndQuotes) {
  Table table({"name", ">n"});
  table.Row({"a,b", "1"});
  table.Row({"c", "22"});
  EXPECT_EQ(table.Text(), "name   n\na,b    1\nc     22\n");
  EXPECT_EQ(table.Csv(), "name,n\r\n\"a,b\",1\r\nc,22\r\n");
}

TEST(Table, CountsCodePointsNotBytes) {
  Table table({"name", "x"});
  table.Row({"Jürgen", "1"});
  table.Row({"Anna-M", "2"});
  EXPECT_EQ(table.Text(), "name    x\nJürgen  1\nAnna-M  2\n");
}

TEST(Table, FillsMissingCellsAndLeavesNoBlanksAtTheEnd) {
  Table table({"a", "b"});
  EXPECT_TRUE(table.empty());
  table.Row({"1"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.Text(), "a  b\n1\n");
  EXPECT_EQ(table.Csv(), "a,b\r\n1,\r\n");
}

TEST(Table, CsvCellsStartNoFormulaButKeepPercentages) {
  Table table({"a", "b"});
  table.Row({"=1+1", "+5.00 %"});
  EXPECT_EQ(table.Csv(), "a,b\r\n'=1+1,+5.00 %\r\n");
}

}  // namespace
}  // namespace tinyrig::cli
