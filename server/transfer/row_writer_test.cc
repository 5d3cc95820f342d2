#include "server/transfer/row_writer.h"

#include <array>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

namespace tinyrig::server {
namespace {

using Request = v1::ExportTableRequest;
constexpr std::array<std::string_view, 2> kTwo = {"name", "cycles"};
constexpr std::array<std::string_view, 1> kOne = {"name"};

std::string CsvCellOf(std::string_view text) {
  RowWriter writer(Request::CSV, kOne);
  writer.Clear();
  writer.Text(text);
  writer.EndRow();
  const std::string& line = writer.buffer();
  EXPECT_TRUE(line.ends_with("\r\n"));
  return line.substr(0, line.size() - 2);
}

// Through another's JSON reader, which insists on UTF-8.
std::string BackFromJson(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  google::protobuf::Value value;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &value);
  EXPECT_TRUE(status.ok()) << json;
  return value.string_value();
}

TEST(RowWriterTest, CsvBeginsWithItsHeader) {
  RowWriter writer(Request::CSV, kTwo);
  writer.Text("a");
  writer.Int(-5);
  writer.EndRow();
  EXPECT_EQ(writer.buffer(), "name,cycles\r\na,-5\r\n");
  EXPECT_EQ(writer.last_line(), std::string("name,cycles\r\n").size());
}

// The rules themselves: base/csv_test.cc.
TEST(RowWriterTest, CsvTextIsQuotedAndStartsNoFormula) {
  EXPECT_EQ(CsvCellOf("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(CsvCellOf("@SUM(A1,B1)"), "\"'@SUM(A1,B1)\"");
}

TEST(RowWriterTest, JsonLinesAreObjectsWithNumbers) {
  constexpr std::array<std::string_view, 6> columns = {"a", "b", "c",
                                                       "d", "e", "f"};
  RowWriter writer(Request::JSON_LINES, columns);
  writer.Text("x\"y");
  writer.Int(std::numeric_limits<int64_t>::min());
  writer.Real(0.1);
  writer.Bool(true);
  writer.Null();
  writer.Time(1'700'000'000'000'001);
  writer.EndRow();
  EXPECT_EQ(writer.buffer(),
            "{\"a\":\"x\\\"y\",\"b\":-9223372036854775808,\"c\":0.1,\"d\":true,"
            "\"e\":null,\"f\":\"2023-11-14T22:13:20.000001Z\"}\n");
}

TEST(RowWriterTest, NoNumberIsNull) {
  RowWriter writer(Request::JSON_LINES, kTwo);
  writer.Real(std::nan(""));
  writer.Real(std::numeric_limits<double>::infinity());
  writer.EndRow();
  EXPECT_EQ(writer.buffer(), "{\"name\":null,\"cycles\":null}\n");
}

TEST(RowWriterTest, JsonTextSurvivesAnotherReader) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) {
    all += static_cast<char>(c);
  }
  all += "ä€𝄞";
  EXPECT_EQ(BackFromJson(all), all);
}

TEST(RowWriterTest, BytesThatAreNoTextAreReplaced) {
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(BackFromJson("a\xFFz"), "a" + replaced + "z");
  EXPECT_EQ(BackFromJson("\xC3"), replaced);                 // cut off
  EXPECT_EQ(BackFromJson("\xC0\xAF"), replaced + replaced);  // overlong
  EXPECT_EQ(BackFromJson("\xED\xA0\x80"),
            replaced + replaced + replaced);  // a surrogate
}

TEST(RowWriterTest, TimesAreUtcWithMicroseconds) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(Rfc3339(951'782'400'000'250), "2000-02-29T00:00:00.000250Z");
}

}  // namespace
}  // namespace tinyrig::server
