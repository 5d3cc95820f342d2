// What may be asked of a table.
#include "server/http/export_request.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

absl::StatusOr<v1::ExportTableRequest> Read(const std::string& table,
                                            const Query& query = {}) {
  HttpRequest http;
  http.variables["table"] = table;
  http.query = query;
  return ReadExportRequest(http);
}

TEST(ReadExportRequest, IsCsvUnlessTold) {
  EXPECT_EQ(Read("runs")->format(), v1::ExportTableRequest::CSV);
  EXPECT_EQ(Read("runs", {{"format", "csv"}})->format(),
            v1::ExportTableRequest::CSV);
  EXPECT_EQ(Read("runs", {{"format", "jsonl"}})->format(),
            v1::ExportTableRequest::JSON_LINES);
}

TEST(ReadExportRequest, TakesTablesByNameAndTheFilterAsItIs) {
  const auto request = Read("Layers", {{"filter", "model : kws"}});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->table(), v1::ExportTableRequest::LAYERS);
  EXPECT_EQ(request->filter(), "model : kws");
}

TEST(ReadExportRequest, RefusesOtherTablesFormatsAndParameters) {
  EXPECT_FALSE(Read("boards").ok());
  EXPECT_FALSE(Read("table_unspecified").ok());
  EXPECT_FALSE(Read("runs", {{"format", "xlsx"}}).ok());
  EXPECT_FALSE(Read("runs", {{"pageSize", "3"}}).ok());
}

TEST(NameFile, TheBrowserStoresIt) {
  HttpReply reply;
  NameFile("runs.csv", reply);
  EXPECT_EQ(reply.headers.at(0).second,
            "attachment; filename=\"tinyrig-runs.csv\"");
}

}  // namespace
}  // namespace tinyrig::server
