// Filters: the grammar, values, errors; SQL and memory agree; rubbish is never
// more than an error.
#include "server/filter/filter.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/filter/filter_syntax.h"

namespace tinyrig::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNow = 1'764'000'000'000'000;  // 2025-11-24T16:00:00Z

FilterSql Runs(std::string_view text) {
  const auto sql = CompileFilter(text, RunFilterFields(), kNow);
  EXPECT_TRUE(sql.ok()) << text << ": " << sql.status();
  return sql.value_or(FilterSql{});
}

std::string Refusal(std::string_view text,
                    std::span<const FilterField> fields = RunFilterFields()) {
  const auto sql = CompileFilter(text, fields, kNow);
  EXPECT_EQ(sql.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(sql.status().message());
}

TEST(Filter, ValuesAreBoundAndNeverSpliced) {
  const FilterSql sql = Runs("submitter=\"o'brien; --\" AND board_id=f746");
  EXPECT_EQ(sql.where, "((submitter = ?) AND (board_id = ?))");
  EXPECT_THAT(sql.values, ElementsAre(Value("o'brien; --"), Value("f746")));
  EXPECT_EQ(sql.And(), " AND " + sql.where);
}

TEST(Filter, EmptyTextIsNoCondition) {
  EXPECT_EQ(Runs("").where, "");
  EXPECT_EQ(Runs(" \t\n").And(), "");
}

TEST(Filter, AndBindsWeakerThanOr) {
  EXPECT_EQ(Runs("origin = MEASURED AND total > 1 OR total < 5").where,
            "((origin = ?) AND ((total > 0 AND total > ?) OR (total > 0 AND "
            "total < ?)))");
  EXPECT_EQ(Runs("(id = r-1 AND id = r-2) OR id=r-3").where,
            "(((id = ?) AND (id = ?)) OR (id = ?))");
}

TEST(Filter, NegationsCancelEachOther) {
  EXPECT_EQ(Runs("NOT id = r-1").where, "(NOT (id = ?))");
  EXPECT_EQ(Runs("-id = r-1").where, "(NOT (id = ?))");
  EXPECT_EQ(Runs("NOT -id = r-1").where, "(id = ?)");
  EXPECT_EQ(Runs("id != r-1").where, "(NOT (id = ?))");
  EXPECT_EQ(Runs("NOT(id=r-1)").where, "(NOT (id = ?))");
}

TEST(Filter, NumbersTakeTheUnitsOfTheirField) {
  const auto value = [](const char* text) { return Runs(text).values.at(0); };
  EXPECT_EQ(value("us_p50 < 20ms"), Value(int64_t{20'000}));
  EXPECT_EQ(value("us_p50 < 1.5s"), Value(int64_t{1'500'000}));
  EXPECT_EQ(value("us_p50 < 0.5"), Value(0.5));
  EXPECT_EQ(value("us_p50<250ns"), Value(0.25));
  EXPECT_EQ(value("flash_bytes <= 512KiB"), Value(int64_t{524'288}));
  EXPECT_EQ(value("sram_bytes > 1.5kB"), Value(int64_t{1500}));
  EXPECT_EQ(value("top1 >= 90%"), Value(0.9));
  EXPECT_EQ(value("top1:1"), Value(int64_t{1}));
  EXPECT_EQ(value("cycles_p50 > 1e6"), Value(int64_t{1'000'000}));
  EXPECT_EQ(value("total > -3"), Value(int64_t{-3}));
}

TEST(Filter, TimesAreInstantsDaysOrAgo) {
  const auto value = [](const char* text) { return Runs(text).values.at(0); };
  const int64_t day = int64_t{86'400} * 1'000'000;
  const int64_t begin = 1'763'942'400'000'000;  // 2025-11-24T00:00:00Z
  EXPECT_EQ(value("create_time > 2025-11-24T01:00:00+01:00"), Value(begin));
  EXPECT_EQ(value("create_time > 2025-11-24T00:00:00.5Z"),
            Value(begin + 500'000));
  EXPECT_EQ(value("create_time > -24h"), Value(kNow - day));
  EXPECT_EQ(value("create_time >= 2025-11-24"), Value(begin));
  EXPECT_EQ(value("create_time < 2025-11-24"), Value(begin));
  EXPECT_EQ(value("create_time > 2025-11-24"), Value(begin + day));
  EXPECT_THAT(Runs("create_time = 2025-11-24").values,
              ElementsAre(Value(begin), Value(begin + day)));
  for (const char* text :
       {"24h", "-24", "now", "2025-13-01", "2025-11-24T25:00:00Z", "-1x",
        "infinite-past", "2025-11-24T00:00:00", "-99999999999999999999d"}) {
    EXPECT_THAT(Refusal(std::string("create_time > ") + text),
                HasSubstr("a time is wanted"))
        << text;
  }
}

TEST(Filter, NamesAndIds) {
  const auto sql = CompileFilter("state = FAILED AND run_id = r-3 AND id:j-12",
                                 JobFilterFields(), kNow);
  ASSERT_TRUE(sql.ok()) << sql.status();
  EXPECT_THAT(sql->values, ElementsAre(Value(int64_t{6}), Value(int64_t{3}),
                                       Value(int64_t{12})));
  EXPECT_THAT(Refusal("state=DONE", JobFilterFields()),
              HasSubstr("known: QUEUED, COMPILING"));
  EXPECT_THAT(Refusal("id = 12", JobFilterFields()), HasSubstr("\"j-\""));
  EXPECT_THAT(Refusal("origin < MEASURED"), HasSubstr("no order"));
}

TEST(Filter, ErrorsSayWhereWhatAndWhatWouldDo) {
  EXPECT_THAT(Refusal("board_id = x AND modle_name = y"),
              HasSubstr("filter, column 18: unknown field \"modle_name\", did "
                        "you mean model_name?; fields: id, job_id"));
  EXPECT_THAT(Refusal("us_p50 < 20parsecs"), HasSubstr("ns, us, ms, s, m, h"));
  EXPECT_THAT(Refusal("total < 5ms"),
              HasSubstr("column 9: total: a number is"));
  EXPECT_THAT(Refusal("id = r-1 and id = r-2"), HasSubstr("in capitals"));
  EXPECT_THAT(Refusal("model_name = my model"), HasSubstr("double quotes"));
  EXPECT_THAT(Refusal("model_name = \"x"), HasSubstr("closing quote"));
  EXPECT_THAT(Refusal("(id = r-1"), HasSubstr("column 10: AND, OR or \")\""));
  EXPECT_THAT(Refusal("\"größe\" = x"), HasSubstr("without quotes"));
  EXPECT_THAT(Refusal("submitter = größe oder"), HasSubstr("column 19"));
  EXPECT_THAT(Refusal("correct = yes", PredictionFilterFields()),
              HasSubstr("true or false"));
}

TEST(Filter, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"x=1", "origin=", "origin=NO", "=x", " AND ", "board_id=x AND ", "()",
        "NOT", "-", "id=r-1)", "board_id==x", "board_id=x=y", "board_id<=>x",
        "1=1; DROP TABLE jobs=2", "\"\\n\"", "model_name < a*", "a b",
        "model_name = *********"}) {
    Refusal(text);
  }
}

TEST(Filter, LengthTermsAndDepthAreLimited) {
  Refusal(std::string(3000, 'x'));
  std::string many = "id=r-1";
  for (size_t i = 1; i < kMaxFilterTerms; ++i) {
    many += " OR id=r-1";
  }
  Runs(many);
  EXPECT_THAT(Refusal(many + " OR id=r-1"), HasSubstr("at most 32 terms"));
  const std::string deep(kMaxFilterDepth, '(');
  Runs(deep + "id=r-1" + std::string(kMaxFilterDepth, ')'));
  EXPECT_THAT(Refusal("(" + deep + "id=r-1"), HasSubstr("at most 16 levels"));
  Refusal(std::string(kMaxFilterBytes, '('));
  Refusal(std::string(kMaxFilterBytes, '-'));
}

// SQL on a real table and Matches on the same row say the same.
class FilterAgreement : public testing::Test {
 protected:
  FilterAgreement() {
    EXPECT_EQ(sqlite3_open(":memory:", &handle_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle_,
                           "CREATE TABLE t (name TEXT, count INTEGER, share "
                           "REAL, kind INTEGER)",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    for (const char* row :
         {"('vww96', 5, 0.5, 1)", "('KWS*', 0, NULL, 2)", "('a[b]', -1, 0, 3)",
          "('', 7, NULL, 0)", "('k?s', 5, 1, 2)"}) {
      const std::string sql = std::string("INSERT INTO t VALUES ") + row;
      EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr),
                SQLITE_OK);
    }
  }
  ~FilterAgreement() override { sqlite3_close(handle_); }

  static constexpr std::array<FilterField, 4> kFields = {{
      {.name = "name", .column = "name", .searched = true},
      {.name = "count", .column = "count", .kind = FilterField::Kind::kInteger},
      {.name = "share",
       .column = "share",
       .kind = FilterField::Kind::kReal,
       .unit = FilterUnit::kShare,
       .present = "share IS NOT NULL"},
      {.name = "odd", .column = "kind % 2", .kind = FilterField::Kind::kBool},
  }};

  // Row numbers that pass; both ways must agree.
  std::vector<int> Passing(const std::string& text) {
    const auto filter = BindFilter(text, kFields, kNow);
    EXPECT_TRUE(filter.ok()) << filter.status();
    const FilterSql sql = ToSql(filter.value_or(Filter{}));
    const std::string select = "SELECT name, count, share, kind % 2, iif(" +
                               (sql.empty() ? "1" : sql.where) +
                               ", 1, 0) FROM t ORDER BY rowid";
    sqlite3_stmt* row = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(handle_, select.c_str(), -1, &row, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(handle_) << ": " << select;
    Bind(row, sql.values);
    std::vector<int> passing;
    for (int i = 0; sqlite3_step(row) == SQLITE_ROW; ++i) {
      const bool by_sql = sqlite3_column_int(row, 4) == 1;
      EXPECT_EQ(Matches(*filter, RowOf(row)), by_sql)
          << text << ", row " << i << ": " << select;
      if (by_sql) {
        passing.push_back(i);
      }
    }
    sqlite3_finalize(row);
    return passing;
  }

  static void Bind(sqlite3_stmt* row, const std::vector<Value>& values) {
    int index = 0;
    for (const Value& value : values) {
      ++index;
      if (const auto* text = std::get_if<std::string>(&value)) {
        sqlite3_bind_text(row, index, text->c_str(), -1, SQLITE_TRANSIENT);
      } else if (const auto* real = std::get_if<double>(&value)) {
        sqlite3_bind_double(row, index, *real);
      } else {
        sqlite3_bind_int64(row, index, std::get<int64_t>(value));
      }
    }
  }

  static FilterRow RowOf(sqlite3_stmt* row) {
    return [row](const FilterField& field) -> std::optional<Value> {
      const auto column = static_cast<int>(&field - kFields.data());
      if (sqlite3_column_type(row, column) == SQLITE_NULL) {
        return std::nullopt;
      }
      if (field.kind == FilterField::Kind::kText) {
        return Value(std::string(
            reinterpret_cast<const char*>(sqlite3_column_text(row, column))));
      }
      if (field.kind == FilterField::Kind::kReal) {
        return Value(sqlite3_column_double(row, column));
      }
      return Value(int64_t{sqlite3_column_int64(row, column)});
    };
  }

  sqlite3* handle_ = nullptr;
};

TEST_F(FilterAgreement, EachKindOfTest) {
  EXPECT_THAT(Passing(""), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(Passing("name = vww*"), ElementsAre(0));
  EXPECT_THAT(Passing("name != *w*"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Passing("name = \"KWS\\*\""), ElementsAre(1));
  EXPECT_THAT(Passing("name:kws"), ElementsAre(1));
  EXPECT_THAT(Passing("\"?\""), ElementsAre(4));
  EXPECT_THAT(Passing("VWW"), ElementsAre(0));
  EXPECT_THAT(Passing("name:\"[B\""), ElementsAre(2));
  EXPECT_THAT(Passing("name = \"\""), ElementsAre(3));
  EXPECT_THAT(Passing("name:*"), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(Passing("name:k*s"), ElementsAre(1, 4));
  EXPECT_THAT(Passing("name < b"), ElementsAre(1, 2, 3));
  EXPECT_THAT(Passing("count = 5"), ElementsAre(0, 4));
  EXPECT_THAT(Passing("count > 4.5"), ElementsAre(0, 3, 4));
  EXPECT_THAT(Passing("odd = true"), ElementsAre(0, 2));
}

TEST_F(FilterAgreement, AnAbsentValueMeetsNothing) {
  EXPECT_THAT(Passing("share <= 50%"), ElementsAre(0, 2));
  EXPECT_THAT(Passing("NOT share <= 50%"), ElementsAre(1, 3, 4));
  EXPECT_THAT(Passing("share != 0.5"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Passing("share:*"), ElementsAre(0, 2, 4));
  EXPECT_THAT(Passing("-share:* AND count > 0"), ElementsAre(3));
}

// Rubbish, and valid filters with bytes changed, cut and doubled.
TEST_F(FilterAgreement, NothingCrashes) {
  const std::vector<std::string> seeds = {
      "name = vww* AND (count > 5 OR NOT share <= 50%)",
      "-(name:\"a\\\"b\" OR odd = true) AND \"x\" AND count >= -1e3",
      "((name != \"\\*\") OR share:*)"};
  std::mt19937 random(7);  // the same bytes in each run
  int ok = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (size_t edits = random() % 5; edits > 0 && !text.empty(); --edits) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        case 2:
          text.insert(at, 1, "()\"*=<>!:-\\ A"[random() % 13]);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), 20));
      }
    }
    if (round % 4 == 0) {
      text.clear();
      for (size_t i = random() % 60; i > 0; --i) {
        text += static_cast<char>(random() % 256);
      }
    }
    const auto filter = BindFilter(text, kFields, kNow);
    ASSERT_TRUE(filter.ok() ||
                filter.status().code() == absl::StatusCode::kInvalidArgument);
    ok += filter.ok() ? 1 : 0;
    if (filter.ok() && text.find('\0') == std::string::npos) {
      Passing(text);
    }
  }
  EXPECT_GT(ok, 2000) << "the seeds are changed too much to mean anything";
}

TEST(NearestName, IsNearOrNothing) {
  const std::vector<std::string_view> names = {"state", "submitter"};
  EXPECT_EQ(NearestName("stat", names), "state");
  EXPECT_EQ(NearestName("submiter", names), "submitter");
  EXPECT_EQ(NearestName("colour", names), "");
}

}  // namespace
}  // namespace tinyrig::server
