#include "cli/output.h"

#include <gtest/gtest.h>

#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::cli {
namespace {

TEST(Output, OneAnswerInThreeForms) {
  Table table({"baseline", "run"});
  table.Row({"v1", "r-5"});
  v1::Baseline baseline;
  baseline.set_name("v1");
  EXPECT_EQ(Rendered(Format::kTable, table, baseline),
            "baseline  run\nv1        r-5\n");
  EXPECT_EQ(Rendered(Format::kCsv, table, baseline),
            "baseline,run\r\nv1,r-5\r\n");
  EXPECT_EQ(Rendered(Format::kJson, table, baseline),
            "{\n \"name\": \"v1\",\n \"runId\": \"\"\n}\n");
}

}  // namespace
}  // namespace tinyrig::cli
