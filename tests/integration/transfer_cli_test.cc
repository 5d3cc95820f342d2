// tinyrig sql, export and import as processes.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "base/file.h"
#include "tests/integration/transfer_rig.h"

namespace tinyrig::servertest {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

size_t LinesOf(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(SqlCliTest, FormsAndErrors) {
  TransferLab lab;
  lab.RunJob("kws", false);
  const std::string select = "SELECT model_name, 1.5 AS x, NULL AS n FROM runs";
  EXPECT_EQ(Cli(lab, {"sql", select, "-o", "csv"}).out,
            "model_name,x,n\r\nkws,1.5,\r\n");
  EXPECT_EQ(Cli(lab, {"sql", select, "-o", "jsonl"}).out,
            "{\"model_name\":\"kws\",\"x\":1.5,\"n\":null}\n");
  EXPECT_EQ(Cli(lab, {"sql", select, "-o", "json"}).out,
            "[{\"model_name\":\"kws\",\"x\":1.5,\"n\":null}]\n");
  EXPECT_THAT(Cli(lab, {"sql", select}).out, StartsWith("model_name    x  n"));
  EXPECT_EQ(Shell(lab, "echo 'SELECT 1, 2' | $TINYRIG sql - -o csv").out,
            "1,2\r\n1,2\r\n");
  EXPECT_EQ(Cli(lab, {"sql", "SELECT '=1+1' AS a", "-o", "csv"}).out,
            "a\r\n'=1+1\r\n");
  const auto cut = Cli(
      lab, {"sql", "SELECT * FROM samples", "--max-rows", "3", "-o", "csv"});
  EXPECT_EQ(cut.exit_code, 0);
  EXPECT_EQ(LinesOf(cut.out), 4U);
  EXPECT_THAT(cut.err, HasSubstr("only the first 3 rows"));
  EXPECT_THAT(Cli(lab, {"sql", "--schema", "-o", "csv"}).out,
              HasSubstr("layers,cycles\r\n"));
  for (const char* wrong : {"DELETE FROM runs", "SELECT x FROM runs", "",
                            "SELECT * FROM predictions_of_nobody"}) {
    const auto result = Cli(lab, {"sql", wrong});
    EXPECT_EQ(result.exit_code, 2) << wrong;
    EXPECT_NE(result.err, "") << wrong;
    EXPECT_EQ(result.out, "") << wrong;
  }
}

TEST(ExportCliTest, FilesAndPipes) {
  TransferLab lab;
  lab.RunJob("kws");
  const auto folder = base::TempDir::Create("export-test");
  const std::string file = folder->path() / "out.csv";
  const auto made = Cli(lab, {"export", "layers", "-f", file});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out, "");
  const std::string text = base::ReadTextFile(file).value_or("");
  EXPECT_EQ(LinesOf(text), 3U);
  EXPECT_EQ(Cli(lab, {"export", "layers"}).out, text);
  const auto again = Cli(lab, {"export", "runs", "-f", file});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  EXPECT_EQ(base::ReadTextFile(file).value_or(""), text);
  // A wrong filter leaves what is there, even with --force, and no part file.
  const auto wrong = Cli(
      lab, {"export", "runs", "-f", file, "--force", "--filter", "nil = 1"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(base::ReadTextFile(file).value_or(""), text);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder->path()),
                          std::filesystem::directory_iterator()),
            1);
  EXPECT_EQ(
      Cli(lab, {"export", "jobs", "-f", file, "--force", "--format", "jsonl"})
          .exit_code,
      0);
  EXPECT_THAT(base::ReadTextFile(file).value_or(""),
              StartsWith("{\"job_id\":\"j-1\","));
  // The reader goes before the end: no error, no word.
  const auto head =
      Shell(lab,
            "for i in $(seq 50); do $TINYRIG export records || exit 9; done | "
            "head -c 100; exit ${PIPESTATUS[0]}");
  EXPECT_NE(head.exit_code, 9);
  EXPECT_EQ(head.err, "");
  const auto full = Shell(lab, "$TINYRIG export layers > /dev/full");
  EXPECT_EQ(full.exit_code, 4);
  EXPECT_THAT(full.err, HasSubstr("standard output"));
}

TEST(ImportCliTest, FromAServerWithItsBlobs) {
  TransferLab a, b;
  a.RunJob("m1");
  a.RunJob("m2", false, kRealUid);
  const std::string from = a.server.address();
  const auto dry = Cli(b, {"import", "--from", from, "--dry-run"});
  EXPECT_EQ(dry.out, "2 would be new, 0 already there, 0 refused\n");
  EXPECT_EQ(b.RunCount(), 0);
  const auto one =
      Cli(b, {"import", "--from", from, "--filter", "model_name = m2"});
  EXPECT_EQ(one.out, "1 new, 0 already there, 0 refused\n") << one.err;
  const auto all = Cli(b, {"import", "--from", from});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.out, "1 new, 1 already there, 0 refused\n");
  std::vector<std::string> here = AllComparable(b.Records());
  std::vector<std::string> there = AllComparable(a.Records());
  std::sort(here.begin(), here.end());
  std::sort(there.begin(), there.end());
  EXPECT_EQ(here, there);
  EXPECT_EQ(Cli(b, {"import", "--from", from, "--dry-run"}).out,
            "0 would be new, 2 already there, 0 refused\n");
  EXPECT_THAT(Cli(a, {"import", "--from", b.server.address()}).out,
              HasSubstr("2 made by this server"));
  EXPECT_EQ(Cli(b, {"import", "--from", "127.0.0.1:1"}).exit_code, 6);
  EXPECT_EQ(Cli(b, {"import"}).exit_code, 2);
}

TEST(ImportCliTest, FromAFileWithAndWithoutBlobs) {
  TransferLab a, b;
  a.RunJob("m1");
  const auto folder = base::TempDir::Create("import-test");
  const std::string file = folder->path() / "runs.jsonl";
  const std::string blobs = folder->path() / "blobs";
  ASSERT_EQ(
      Cli(a, {"export", "records", "-f", file, "--blobs", blobs}).exit_code, 0);
  const auto bare = Cli(b, {"import", file});
  EXPECT_EQ(bare.exit_code, 3);
  EXPECT_THAT(bare.err, HasSubstr(file + ":1 is refused: model "));
  EXPECT_EQ(bare.out, "0 new, 0 already there, 1 refused\n");
  // A refused line does not stop the others.
  std::ofstream(file, std::ios::app) << "{\"nonsense\": 1}\n\nnot JSON\n";
  ASSERT_EQ(Shell(a, "$TINYRIG export records >> " + file).exit_code, 0);
  const auto full = Cli(b, {"import", file, "--blobs", blobs});
  EXPECT_EQ(full.exit_code, 3);
  EXPECT_EQ(full.out, "1 new, 1 already there, 2 refused\n") << full.err;
  EXPECT_THAT(full.err, HasSubstr(file + ":2 is refused"));
  EXPECT_THAT(full.err, HasSubstr(file + ":4 is refused"));
  EXPECT_EQ(AllComparable(b.Records()), AllComparable(a.Records()));
  EXPECT_EQ(Cli(b, {"import", "/nowhere.jsonl"}).exit_code, 2);
}

// Wherever the client is killed, each run is there once or not at all.
TEST(ImportCliTest, KilledAndRepeated) {
  TransferLab a, b;
  a.RunJob("m1");
  b.AddBlobs("m1");
  const auto folder = base::TempDir::Create("import-kill");
  const std::string file = folder->path() / "runs.jsonl";
  constexpr int kRuns = 400;
  {
    std::ofstream out(file);
    const std::string line = Shell(a, "$TINYRIG export records").out;
    for (int i = 1; i <= kRuns; ++i) {
      std::string copy = line;
      const std::string id = "\"sourceRunId\":\"r-";
      const size_t at = copy.find(id) + id.size();
      out << copy.replace(at, copy.find('"', at) - at, std::to_string(i));
    }
  }
  for (const char* seconds : {"0.15", "0.3", "0.5"}) {
    Shell(b, std::string("timeout -s KILL ") + seconds + " $TINYRIG import " +
                 file);
  }
  const int64_t between = b.RunCount();
  std::printf("%d of %d runs were there after three kills\n",
              static_cast<int>(between), kRuns);
  const auto last = Cli(b, {"import", file});
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(b.RunCount(), kRuns);
  EXPECT_EQ(Cli(b, {"import", file}).out,
            "0 new, 400 already there, 0 refused\n");
  v1::SqlRequest sql;
  sql.set_statement(
      "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM samples), "
      "(SELECT count(*) FROM layers)");
  const auto counted = b.transfer.Sql(sql);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->rows(0).values(0).integer(), kRuns);
  EXPECT_EQ(counted->rows(0).values(1).integer(), kRuns * 10);
  EXPECT_EQ(counted->rows(0).values(2).integer(), kRuns * 2);
}

}  // namespace
}  // namespace tinyrig::servertest
