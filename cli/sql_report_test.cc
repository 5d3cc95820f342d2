#include "cli/sql_report.h"

#include <limits>

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

v1::SqlResponse Answer() {
  v1::SqlResponse response;
  response.add_columns("op");
  response.add_columns("n");
  response.add_columns("n");
  v1::SqlRow& row = *response.add_rows();
  row.add_values()->set_text("CONV\"2D\n");
  row.add_values()->set_integer(42);
  row.add_values()->set_real(0.5);
  v1::SqlRow& other = *response.add_rows();
  other.add_values()->set_blob(std::string("\x00\xFF", 2));
  other.add_values()->set_null(true);
  other.add_values()->set_real(std::numeric_limits<double>::infinity());
  return response;
}

TEST(SqlReport, FiguresStandToTheRightAndBytesAreHex) {
  v1::SqlResponse response = Answer();
  response.mutable_rows(0)->mutable_values(0)->set_text("CONV");
  EXPECT_EQ(SqlTable(response).Text(),
            "op     n    n\nCONV  42  0.5\n00ff      inf\n");
}

TEST(SqlReport, JsonKeysThatComeTwiceAreNumbered) {
  EXPECT_EQ(SqlJsonLines(Answer()),
            "{\"op\":\"CONV\\\"2D\\u000a\",\"n\":42,\"n_2\":0.5}\n"
            "{\"op\":\"00ff\",\"n\":null,\"n_2\":null}\n");
}

TEST(SqlReport, JsonIsOneArray) {
  v1::SqlResponse response = Answer();
  response.mutable_rows()->RemoveLast();
  EXPECT_EQ(SqlJson(response),
            "[{\"op\":\"CONV\\\"2D\\u000a\",\"n\":42,\"n_2\":0.5}]\n");
  response.clear_rows();
  EXPECT_EQ(SqlJson(response), "[]\n");
}

}  // namespace
}  // namespace tinyrig::cli
