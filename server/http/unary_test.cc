// From a request's parts to a message, and back to an answer.
#include "server/http/unary.h"

#include <gtest/gtest.h>

#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::server {
namespace {

using Pair = std::pair<std::string, std::string>;

TEST(ReadRequest, AListTakesFilterOrderAndPageFromTheQuery) {
  HttpRequest http;
  http.query = {{"filter", "state = FAILED"},
                {"orderBy", "create_time desc"},
                {"pageSize", "20"},
                {"page_token", "abc"}};
  const auto request = ReadRequest<v1::ListJobsRequest>(http);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->filter(), "state = FAILED");
  EXPECT_EQ(request->order_by(), "create_time desc");
  EXPECT_EQ(request->page_size(), 20);
  EXPECT_EQ(request->page_token(), "abc");
}

TEST(ReadRequest, TheQueryWinsOverTheBodyAndThePathOverBoth) {
  HttpRequest http;
  http.body = R"({"id": "j-1"})";
  EXPECT_EQ(ReadRequest<v1::GetJobRequest>(http)->id(), "j-1");
  http.query = {{"id", "j-2"}};
  EXPECT_EQ(ReadRequest<v1::GetJobRequest>(http)->id(), "j-2");
  http.query.clear();
  http.variables = {{"id", "j-3"}};
  EXPECT_EQ(ReadRequest<v1::GetJobRequest>(http)->id(), "j-3");
}

TEST(ReadRequest, AVariableOfThePathMayNotStandInTheQueryToo) {
  HttpRequest http;
  http.variables = {{"id", "j-3"}};
  http.query = {{"id", "j-3"}};
  EXPECT_EQ(ReadRequest<v1::GetJobRequest>(http).status().message(),
            "parameter \"id\" stands in the path already");
}

TEST(ReadRequest, UnknownParametersAreRefused) {
  HttpRequest http;
  http.query = {{"pagesize", "20"}};
  EXPECT_EQ(ReadRequest<v1::ListJobsRequest>(http).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(JsonReply, AGetThatKnowsTheAnswerGetsNoBody) {
  v1::Job job;
  job.set_id("j-1");
  HttpRequest http;
  http.method = "GET";
  const HttpReply first = JsonReply(http, job);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body.back(), '\n');
  ASSERT_EQ(first.headers.back().first, "ETag");
  http.headers["if-none-match"] = first.headers.back().second;
  const HttpReply again = JsonReply(http, job);
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  job.set_id("j-2");
  EXPECT_EQ(JsonReply(http, job).status, 200);
}

TEST(JsonReply, AnAnswerToAPostIsNotKept) {
  HttpRequest http;
  http.method = "POST";
  EXPECT_EQ(JsonReply(http, v1::Job()).headers,
            std::vector<Pair>({{"Cache-Control", "no-cache"}}));
}

TEST(Unary, AHandlersErrorIsTheAnswer) {
  const Route route = UnaryOf<v1::GetJobRequest, v1::Job>(
      "LabService.GetJob", "GET", "/jobs/{id}", "One job",
      [](const Caller&,
         const v1::GetJobRequest& request) -> absl::StatusOr<v1::Job> {
        return absl::NotFoundError("no " + request.id());
      });
  HttpRequest http;
  http.variables = {{"id", "j-9"}};
  const HttpReply reply = route.handler(http);
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.body.find("no j-9"), std::string::npos);
}

// What a stream sends, and its end.
std::pair<std::string, absl::Status> Drain(const HttpReply& reply,
                                           size_t max_chunks = 100) {
  std::string text;
  const absl::Status status = reply.producer([&](const std::string& chunk) {
    text += chunk;
    return max_chunks-- > 1;
  });
  return {text, status};
}

TEST(JsonLines, AnErrorBehindLinesIsTheLastLine) {
  const HttpReply reply = JsonLines([](const MessageSink& sink) {
    v1::GetJobRequest line;
    line.set_id("j-1");
    EXPECT_TRUE(sink(line));
    return absl::DataLossError("damaged");
  });
  const auto [text, status] = Drain(reply);
  EXPECT_EQ(text,
            "{\"id\":\"j-1\"}\n{\"error\": {\"code\": \"DATA_LOSS\", "
            "\"message\": \"damaged\"}}\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

TEST(JsonLines, AnErrorBeforeTheFirstLineSendsNothing) {
  const HttpReply reply = JsonLines(
      [](const MessageSink&) { return absl::NotFoundError("no such run"); });
  const auto [text, status] = Drain(reply);
  EXPECT_EQ(text, "");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

TEST(JsonLines, TheMakerLearnsThatTheClientHasGone) {
  int made = 0;
  const HttpReply reply = JsonLines([&made](const MessageSink& sink) {
    while (sink(v1::GetJobRequest())) {
      ++made;
    }
    return absl::OkStatus();
  });
  Drain(reply, 3);
  EXPECT_EQ(made, 2);
}

}  // namespace
}  // namespace tinyrig::server
