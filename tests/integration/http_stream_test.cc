// Answers without a known length, over the real HTTP server in this process:
// gigabytes, slow readers, errors in the middle.
#include <fstream>
#include <thread>
#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http/json.h"
#include "server/http/server.h"
#include "server/store/sqlite_store.h"
#include "tests/integration/http_harness.h"

namespace tinyrig::server {
namespace {

using servertest::Ask;
using servertest::HttpAnswer;
using servertest::Line;
using std::chrono::milliseconds;
using testing::HasSubstr;

class NoBuilder : public Builder {
 public:
  absl::StatusOr<std::string> EngineVersion() override { return "none"; }
  CompileResult Compile(const CompileRequest& /*request*/) override {
    return {};
  }
};

// Resident bytes of this process, which the server runs in.
int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

class HttpStream : public testing::Test {
 protected:
  void Serve(HttpProducer producer, const std::string& type = "text/csv") {
    Router router;
    Route route;
    route.method = "GET";
    route.pattern = "/stream";
    route.handler = [producer, type](const HttpRequest&) {
      HttpReply reply;
      reply.content_type = type;
      reply.producer = producer;
      return reply;
    };
    router.Add(route);
    route.pattern = "/other";
    route.handler = [](const HttpRequest&) {
      HttpReply reply;
      reply.body = "here";
      return reply;
    };
    router.Add(route);
    HttpOptions options;
    options.listen = "127.0.0.1:0";
    options.spool = folder_.path();
    options.long_threads = 2;
    options.write_timeout_ms = 1000;
    http_ = *HttpServer::Start(options, std::move(router), feed_, metrics_);
  }
  std::string at() { return http_->address(); }

  base::TempDir folder_ = *base::TempDir::Create("http-stream");
  std::unique_ptr<SqliteStore> store_ =
      *SqliteStore::Open(folder_.path() / "t.db", {});
  BlobStore blobs_ = *BlobStore::Open(folder_.path() / "blobs", {});
  NoBuilder builder_;
  Lab lab_{.store = *store_,
           .blobs = blobs_,
           .builder = builder_,
           .clock = base::SystemClock()};
  LabApi api_{lab_, AllowAll()};
  LabFeed feed_{lab_, api_};
  HttpMetrics metrics_;
  std::unique_ptr<HttpServer> http_;
};

// The body of a chunked answer; empty if it broke off.
std::optional<std::string> Dechunked(const std::string& text) {
  std::string body;
  for (size_t at = 0;;) {
    const size_t end = text.find("\r\n", at);
    if (end == std::string::npos) {
      return std::nullopt;
    }
    const size_t size = std::stoul(text.substr(at, end - at), nullptr, 16);
    if (size == 0) {
      return body;
    }
    body += text.substr(end + 2, size);
    at = end + 2 + size + 2;
  }
}

std::optional<std::string> BodyOf(Line& line) {
  line.ReadUntil("\r\n0\r\n\r\n", milliseconds(5000));
  const size_t head = line.received.find("\r\n\r\n");
  return head == std::string::npos ? std::nullopt
                                   : Dechunked(line.received.substr(head + 4));
}

void Ask(Line& line, const std::string& head = "") {
  line.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n" + head + "\r\n");
}

TEST_F(HttpStream, AllArrivesAndTheConnectionGoesOn) {
  Serve([](const auto& sink) {
    return sink("a,b\n") && sink("1,2\n") ? absl::OkStatus()
                                          : absl::CancelledError("gone");
  });
  Line line(at());
  Ask(line);
  EXPECT_EQ(BodyOf(line), "a,b\n1,2\n");
  EXPECT_THAT(line.received, HasSubstr("Content-Type: text/csv\r\n"));
  line.received.clear();
  Ask(line);
  EXPECT_EQ(BodyOf(line), "a,b\n1,2\n");
  Line old(at());
  old.Send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.Closes(milliseconds(3000)));
  EXPECT_THAT(old.received, testing::EndsWith("\r\n\r\na,b\n1,2\n"));
  Line head(at());
  head.Send("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(head.Read(true).status, 200);
}

TEST_F(HttpStream, NothingIsAnAnswerToo) {
  Serve([](const auto&) { return absl::OkStatus(); });
  Line line(at());
  Ask(line);
  EXPECT_EQ(BodyOf(line), "");
}

TEST_F(HttpStream, GzipWhereItIsTaken) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += absl::StrCat(i, ",", i * 7, "\n");
  }
  Serve([&](const auto& sink) {
    for (size_t at = 0; at < text.size(); at += 10'000) {
      if (!sink(text.substr(at, 10'000))) {
        return absl::CancelledError("gone");
      }
    }
    return absl::OkStatus();
  });
  Line line(at());
  Ask(line, "Accept-Encoding: gzip\r\n");
  const auto packed = BodyOf(line);
  ASSERT_TRUE(packed.has_value());
  EXPECT_THAT(line.received, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_LT(packed->size(), text.size() / 2);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = *packed, out(text.size() + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(out, text);
}

TEST_F(HttpStream, AnErrorAtOnceIsAnErrorAnswer) {
  Serve([](const auto&) { return absl::InvalidArgumentError("filter: no"); });
  const HttpAnswer answer = Ask(at(), "GET", "/stream");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("filter: no"));
}

TEST_F(HttpStream, ALaterErrorBreaksTheConnectionOff) {
  Serve([](const auto& sink) {
    sink("1,2\n");
    return absl::DataLossError("a page is damaged");
  });
  Line line(at());
  Ask(line);
  EXPECT_TRUE(line.Closes(milliseconds(3000)));
  EXPECT_THAT(line.received, HasSubstr("1,2\n"));
  EXPECT_EQ(BodyOf(line), std::nullopt);
}

TEST_F(HttpStream, GigabytesNeedNoMemoryAndSlowReadersHoldUpNobody) {
  std::atomic<int64_t> made_bytes{0};
  std::atomic<int> ended{0};
  Serve([&](const auto& sink) {
    const std::string chunk(256 << 10, 'x');
    while (sink(chunk)) {
      made_bytes += static_cast<int64_t>(chunk.size());
    }
    ++ended;
    return absl::CancelledError("gone");
  });
  const int64_t before_bytes = ResidentBytes();
  auto fast = std::make_unique<Line>(at());
  Ask(*fast);
  for (int i = 0; i < 6000 && made_bytes < (1LL << 30); ++i) {
    fast->ReadUntil("y", milliseconds(5));
    fast->received.clear();
  }
  EXPECT_GE(made_bytes, 1LL << 30);
  auto slow = std::make_unique<Line>(at());
  Ask(*slow);  // and never reads
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_LT(ResidentBytes() - before_bytes, 64 << 20);
  EXPECT_EQ(Ask(at(), "GET", "/other").body, "here");
  const HttpAnswer third = Ask(at(), "GET", "/stream");
  EXPECT_EQ(third.status, 503);
  EXPECT_THAT(third.body, HasSubstr("2 exports"));
  fast.reset();
  // The slow one is cut off after its second of silence.
  for (int i = 0; i < 500 && ended < 2; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(Ask(at(), "HEAD", "/stream").status, 200);
}

TEST_F(HttpStream, AStopEndsWhatIsUnderWay) {
  Serve([](const auto& sink) {
    while (sink(std::string(1000, 'x'))) {
    }
    return absl::CancelledError("gone");
  });
  Line line(at());
  Ask(line);
  ASSERT_TRUE(line.ReadUntil("xxx"));
  const auto start = std::chrono::steady_clock::now();
  http_->Stop(200);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(3000));
}

}  // namespace
}  // namespace tinyrig::server
