// The HTTP port of the real server: every route, and what it refuses.
#include <fstream>
#include <thread>
#include <unistd.h>
#include <zlib.h>

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "tests/integration/http_harness.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::servertest {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

template <typename Message>
Message Parsed(const HttpAnswer& answer) {
  Message message;
  const auto status =
      google::protobuf::util::JsonStringToMessage(answer.body, &message);
  EXPECT_TRUE(status.ok()) << status.ToString() << ": " << answer.body;
  return message;
}

std::string Unpacked(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string bytes(1 << 20, '\0');
  std::string in = packed;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

class HttpApi : public testing::Test {
 protected:
  HttpApi() : web_(*base::TempDir::Create("http-web")) {
    Write("index.html", "<!doctype html><title>tinyrig</title>page");
    std::filesystem::create_directories(web_.path() / "assets");
    Write("assets/app-1234.js", script_);
    std::filesystem::create_symlink("/etc/passwd", web_.path() / "link.txt");
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(web_.path() / name) << text;
  }
  HttpAnswer Get(const std::string& target, const std::string& head = "") {
    return Ask(at_, "GET", target, "", head);
  }
  HttpAnswer Post(const std::string& target, const std::string& json) {
    return PostJson(at_, target, json);
  }
  v1::Job Submit(const std::string& salt = "") {
    const std::string artifact = MakeArtifact(kF746, salt);
    EXPECT_EQ(Ask(at_, "POST", "/api/v1/blobs", artifact).status, 200);
    return Parsed<v1::Job>(
        Post("/api/v1/jobs", R"({"spec":{"modelSha256":")" + Sha(artifact) +
                                 R"(","modelName":"m.tinyrig","boardId":")" +
                                 kF746 + R"(","runs":10}})"));
  }
  // A job from queue to run.
  v1::Job RunOne(FakeAgent& agent, const std::string& salt = "") {
    const v1::Job job = Submit(salt);
    const auto lease = agent.NextLease();
    EXPECT_TRUE(lease.has_value());
    agent.Update(*lease, v1::Job::RUNNING, 1);
    agent.Finish(*lease, MakeResult(MakeArtifact(kF746, salt), 10));
    return client_.WaitFor(job.id(), v1::Job::SUCCEEDED);
  }

  base::TempDir web_;
  std::string script_ = std::string(5000, 'a') + "b";
  HttpServerProcess process_{{"--web", web_.path(), "--http-read-timeout-ms",
                              "400", "--http-heartbeat-ms", "100",
                              "--max-blob-bytes", "100000",
                              "--http-max-connections", "20"}};
  std::string at_ = process_.address();
  Client client_{process_.server.address()};
};

TEST_F(HttpApi, AJobFromUploadToRunByHttpAlone) {
  FakeAgent agent(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent.Board("b", kF746).Attach().ok());
  const v1::Job job = RunOne(agent);
  ASSERT_EQ(job.state(), v1::Job::SUCCEEDED);
  EXPECT_EQ(Parsed<v1::Job>(Get("/api/v1/jobs/" + job.id())).run_id(),
            job.run_id());
  const auto run = Parsed<v1::Run>(Get("/api/v1/runs/" + job.run_id()));
  EXPECT_EQ(run.latency().cycles_size(), 10);
  EXPECT_EQ(run.origin(), v1::EMULATED);
  EXPECT_EQ(Parsed<v1::ListRunsResponse>(Get("/api/v1/runs?filter=origin%3D"
                                             "EMULATED"))
                .runs_size(),
            1);
  EXPECT_EQ(Parsed<v1::Board>(Get("/api/v1/boards/a%2Fb")).name(), "a/b");
  EXPECT_THAT(Get("/api/v1/jobs/" + job.id() + "/log").body,
              HasSubstr("\"text\":\"step 1\""));
  const auto blob =
      Get("/api/v1/blobs/" + run.artifact_sha256() + "?name=m%2F%22x.tinyrig");
  EXPECT_EQ(Sha(blob.body), run.artifact_sha256());
  EXPECT_EQ(blob.headers.at("content-disposition"),
            "attachment; filename=\"m__x.tinyrig\"");
}

TEST_F(HttpApi, QuestionsOverManyRuns) {
  FakeAgent agent(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent.Board("b", kF746).Attach().ok());
  const v1::Job first = RunOne(agent);
  const v1::Job second = RunOne(agent, "other");
  const auto overview = Parsed<v1::Overview>(Get("/api/v1/overview"));
  ASSERT_EQ(overview.cells_size(), 1);
  EXPECT_EQ(overview.cells(0).run_id(), second.run_id());
  EXPECT_EQ(overview.cells(0).previous_run_id(), first.run_id());
  EXPECT_EQ(overview.cells(0).sparkline_us_p50_size(), 2);
  EXPECT_EQ(overview.cells(0).run_count(), 2);
  EXPECT_EQ(overview.run_count(), 2);
  EXPECT_EQ(overview.job_count(), 2);
  const auto run = client_.GetRun(second.run_id());
  EXPECT_EQ(overview.cells(0).us_p50(), run->latency().us_p50());
  EXPECT_EQ(
      Parsed<v1::Overview>(Get("/api/v1/overview?filter=origin%3DMEASURED"))
          .cells_size(),
      0);
  const auto trend = Parsed<v1::Trend>(
      Get("/api/v1/trend?modelName=m.tinyrig&boardId=nucleo_f746zg&metric=us_"
          "p50"));
  ASSERT_EQ(trend.points_size(), 2);
  EXPECT_EQ(trend.points(0).run_id(), first.run_id());
  const auto unknown = Get("/api/v1/trend?modelName=m&boardId=b&metric=watts");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("us_p50, cycles_p50"));
  const auto ordered =
      Parsed<v1::ListRunsResponse>(Get("/api/v1/runs?orderBy=us_p50&pageSize="
                                       "1"));
  EXPECT_EQ(ordered.runs_size(), 1);
  EXPECT_FALSE(ordered.next_page_token().empty());
  EXPECT_EQ(Get("/api/v1/runs?orderBy=detail").status, 400);
}

TEST_F(HttpApi, SqlSeesViewsAndNothingElse) {
  FakeAgent agent(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent.Board("b", kF746).Attach().ok());
  RunOne(agent);
  const auto sql = [&](const std::string& statement) {
    return Post("/api/v1/sql", R"({"statement":")" + statement + "\"}");
  };
  const auto rows = Parsed<v1::SqlResponse>(
      sql("SELECT r.model_name, count(*) FROM runs r JOIN layers l ON l.run_id "
          "= r.id JOIN jobs j ON j.id = r.job_id WHERE j.state = 'SUCCEEDED' "
          "GROUP BY 1"));
  ASSERT_EQ(rows.rows_size(), 1);
  EXPECT_EQ(rows.rows(0).values(0).text(), "m.tinyrig");
  EXPECT_EQ(rows.rows(0).values(1).integer(), 2);
  EXPECT_EQ(Parsed<v1::SqlResponse>(sql("SELECT count(*) FROM samples"))
                .rows(0)
                .values(0)
                .integer(),
            10);
  EXPECT_EQ(Parsed<v1::SqlResponse>(sql("SELECT name FROM boards"))
                .rows(0)
                .values(0)
                .text(),
            "a/b");
  for (const char* bad :
       {"SELECT * FROM main.blobs", "SELECT * FROM main.runs",
        "SELECT * FROM sqlite_master", "SELECT count(*) FROM blobs",
        "SELECT count(*) FROM main.sqlite_master", "DELETE FROM runs",
        "DROP VIEW runs", "PRAGMA user_version", "ATTACH 'x' AS y",
        "SELECT 1; SELECT 2", "SELECT load_extension('x')",
        "SELECT nothing FROM runs", "VACUUM", "-- nothing",
        "WITH runs AS (SELECT * FROM main.blobs) SELECT * FROM "
        "runs"}) {
    EXPECT_EQ(sql(bad).status, 400) << bad;
  }
  const auto slow = Post(
      "/api/v1/sql",
      R"({"timeoutMs":100,"statement":"WITH RECURSIVE c(x) AS (SELECT 1 UNION )"
      R"(ALL SELECT x+1 FROM c) SELECT count(*) FROM c"})");
  EXPECT_EQ(slow.status, 504) << slow.body;
  const auto cut = Parsed<v1::SqlResponse>(
      Post("/api/v1/sql",
           R"({"maxRows":3,"statement":"SELECT cycles FROM samples"})"));
  EXPECT_EQ(cut.rows_size(), 3);
  EXPECT_TRUE(cut.truncated());
}

TEST_F(HttpApi, EveryRouteOfOpenApiAnswers) {
  const auto document = Get("/api/v1/openapi.json");
  const auto json = Parsed<google::protobuf::Struct>(document);
  const auto& paths = json.fields().at("paths").struct_value().fields();
  EXPECT_GE(paths.size(), 20U);
  for (const auto& [pattern, operations] : paths) {
    std::string target = pattern;
    for (size_t at = target.find('{'); at != std::string::npos;
         at = target.find('{')) {
      target.replace(at, target.find('}') - at + 1, "j-1");
    }
    for (const auto& [method, operation] : operations.struct_value().fields()) {
      if (pattern == "/api/v1/events") {
        continue;  // never ends; tested below
      }
      const auto answer = method == "post" ? Post(target, "{}") : Get(target);
      EXPECT_NE(answer.status, 0) << pattern;
      EXPECT_NE(answer.status, 405) << pattern;
      EXPECT_LT(answer.status, 500) << pattern << answer.body;
      EXPECT_THAT(answer.body, Not(HasSubstr("no such address"))) << pattern;
      EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
    }
  }
}

TEST_F(HttpApi, BadRequestsAreRefusedWithAReason) {
  const auto unknown = Post("/api/v1/jobs", R"({"spec":{},"colour":"red"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("colour"));
  EXPECT_THAT(unknown.body, StartsWith(R"({"error": {"code": "INVALID_ARGU)"));
  EXPECT_EQ(Post("/api/v1/jobs", "{\"spec\":").status, 400);
  EXPECT_EQ(Get("/api/v1/jobs?pageSize=x").status, 400);
  EXPECT_EQ(Get("/api/v1/jobs?colour=red").status, 400);
  EXPECT_EQ(Get("/api/v1/jobs/j-77").status, 404);
  EXPECT_EQ(Get("/api/v1/colours").status, 404);
  EXPECT_EQ(Get("/api/v1/jobs/%zz").status, 400);
  EXPECT_EQ(Ask(at_, "DELETE", "/api/v1/jobs").status, 405);
  EXPECT_EQ(Ask(at_, "DELETE", "/api/v1/jobs").headers.at("allow"),
            "GET, POST");
  EXPECT_EQ(Post("/api/v1/sql", std::string((1 << 20) + 1, ' ')).status, 413);
  EXPECT_EQ(Ask(at_, "POST", "/api/v1/sql", "{}").status, 415);
  EXPECT_EQ(Ask(at_, "POST", "/api/v1/blobs", std::string(100'001, 'x')).status,
            413);
  EXPECT_EQ(Ask(at_, "POST", "/api/v1/blobs").status, 411);
  EXPECT_EQ(Ask(at_, "POST", "/api/v1/blobs", "bytes",
                "X-Sha256: " + Sha("other") + "\r\n")
                .status,
            400);
  EXPECT_EQ(Ask(at_, "POST", "/api/v1/sql", "{}",
                "Content-Type: application/json\r\nOrigin: http://evil.io\r\n")
                .status,
            403);
  EXPECT_EQ(Get("/", "X: " + std::string(20'000, 'x') + "\r\n").status, 431);
  Line rubbish(at_);
  rubbish.Send("\x16\x03\x01 rubbish\r\n\r\n");
  EXPECT_EQ(rubbish.Read().status, 400);
  EXPECT_EQ(Get("/healthz").body, "ok\n");
  EXPECT_TRUE(std::filesystem::is_empty(process_.server.data() / "scratch"));
}

TEST_F(HttpApi, FilesAreServedAndTheFolderIsNotLeft) {
  const auto page = Get("/");
  EXPECT_THAT(page.body, HasSubstr("page"));
  EXPECT_THAT(page.headers.at("content-security-policy"),
              StartsWith("default-src 'none'"));
  EXPECT_EQ(Get("/runs/r-1").body, page.body);
  EXPECT_EQ(Get("/missing.js").status, 404);
  const auto script = Get("/assets/app-1234.js");
  EXPECT_EQ(script.body, script_);
  EXPECT_THAT(script.headers.at("cache-control"), HasSubstr("immutable"));
  const auto packed =
      Get("/assets/app-1234.js", "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 200U);
  EXPECT_EQ(Unpacked(packed.body), script_);
  const auto same = Get("/assets/app-1234.js",
                        "If-None-Match: " + script.headers.at("etag") + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  Write("assets/app-1234.js", script_ + "new");
  EXPECT_EQ(Get("/assets/app-1234.js",
                "If-None-Match: " + script.headers.at("etag") + "\r\n")
                .status,
            200);
  for (const char* out :
       {"/../../etc/passwd", "/assets/../../x.html", "/%2e%2e/%2e%2e/etc/a.b",
        "/..%2f..%2fetc%2fpasswd.x", "/link.txt", "/assets/..%5cx.html"}) {
    EXPECT_EQ(Get(out).status, 404) << out;
  }
  const auto head = Ask(at_, "HEAD", "/assets/app-1234.js");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "5004");
  const auto json = Get("/api/v1/server");
  EXPECT_EQ(
      Get("/api/v1/boards",
          "If-None-Match: " + Get("/api/v1/boards").headers.at("etag") + "\r\n")
          .status,
      304);
}

TEST_F(HttpApi, AFolderThatIsNotThereSaysHowToBuildIt) {
  std::filesystem::remove(web_.path() / "index.html");
  EXPECT_THAT(Get("/").body, HasSubstr("TINYRIG_WEB"));
}

TEST_F(HttpApi, EventsOfAJobFromFirstToLast) {
  FakeAgent agent(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent.Board("b", kF746).Attach().ok());
  Line lab(at_);
  lab.Send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(lab.ReadUntil("text/event-stream"));
  ASSERT_TRUE(lab.ReadUntil("event: lab\ndata: {\"board\":{\"name\":\"a/b\""));
  ASSERT_TRUE(lab.ReadUntil("\n: still here\n\n"));
  const v1::Job job = Submit();
  const auto lease = agent.NextLease();
  ASSERT_TRUE(lease.has_value());
  Line one(at_);
  one.Send("GET /api/v1/jobs/" + job.id() + "/events HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(one.ReadUntil("\"state\":\"FLASHING\""));
  agent.Update(*lease, v1::Job::RUNNING, 1);
  ASSERT_TRUE(one.ReadUntil("\"state\":\"RUNNING\""));
  agent.Finish(*lease, MakeResult(MakeArtifact(kF746), 10));
  ASSERT_TRUE(one.ReadUntil("\"state\":\"SUCCEEDED\""));
  EXPECT_TRUE(one.Closes(std::chrono::seconds(5)));
  ASSERT_TRUE(lab.ReadUntil("\"state\":\"SUCCEEDED\""));
  EXPECT_THAT(lab.received,
              HasSubstr("event: lab\ndata: {\"job\":{\"id\":\"" + job.id()));
  EXPECT_THAT(lab.received, HasSubstr("\"state\":\"BUSY\""));
  // An ended job says so once and ends.
  Line late(at_);
  late.Send("GET /api/v1/jobs/" + job.id() + "/events HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(late.ReadUntil("\"state\":\"SUCCEEDED\""));
  EXPECT_TRUE(late.Closes(std::chrono::seconds(5)));
  const auto metrics = Get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("tinyrig_jobs{state=\"SUCCEEDED\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tinyrig_job_stage_seconds_count{stage="
                                 "\"board\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tinyrig_boards{state="));
  EXPECT_EQ(process_.server.Stop(), 0);
  EXPECT_TRUE(lab.Closes(std::chrono::seconds(5)));
}

TEST_F(HttpApi, SlowAndManyLinesHoldUpNobody) {
  Line slow(at_);
  slow.Send("GET / HTT");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(300));
  EXPECT_TRUE(slow.Closes(std::chrono::seconds(3)));
  Line body(at_);
  body.Send(
      "POST /api/v1/sql HTTP/1.1\r\nContent-Type: application/json\r\n"
      "Content-Length: 50\r\n\r\n{");
  EXPECT_TRUE(body.Closes(std::chrono::seconds(3)));
  std::vector<std::unique_ptr<Line>> many;
  for (int i = 0; i < 25; ++i) {
    many.push_back(std::make_unique<Line>(at_));
  }
  EXPECT_EQ(many.back()->Read().status, 503);
  many.clear();
  std::this_thread::sleep_for(milliseconds(100));
  Line kept(at_);
  kept.Send("GET /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(kept.Read().status, 200);
  EXPECT_EQ(kept.Read().status, 200);
}

}  // namespace
}  // namespace tinyrig::servertest
