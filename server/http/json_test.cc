// proto3 JSON in, errors out.
#include "server/http/json.h"

#include <gtest/gtest.h>

#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::server {
namespace {

TEST(JsonString, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(JsonString("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(JsonString("\n\t\x01"), R"("\u000a\u0009\u0001")");
  EXPECT_EQ(JsonString(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonString, NeverSendsBytesThatMayBeNoUtf8) {
  EXPECT_EQ(JsonString("\xC3\xBC\xFF\x7F"), R"("????")");
}

TEST(ErrorReply, CarriesTheCodeAsItsNameAndIsNotKept) {
  const HttpReply reply = ErrorReply(absl::NotFoundError("job \"j-1\""));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body,
            "{\"error\": {\"code\": \"NOT_FOUND\", \"message\": \"job "
            "\\\"j-1\\\"\"}}\n");
  const auto no_store =
      std::pair<std::string, std::string>("Cache-Control", "no-store");
  EXPECT_EQ(reply.headers.at(0), no_store);
}

TEST(HttpStatusOf, FollowsTheTableOfTheDocs) {
  const std::vector<std::pair<absl::StatusCode, int>> table = {
      {absl::StatusCode::kOk, 200},
      {absl::StatusCode::kInvalidArgument, 400},
      {absl::StatusCode::kOutOfRange, 400},
      {absl::StatusCode::kDataLoss, 400},
      {absl::StatusCode::kUnauthenticated, 401},
      {absl::StatusCode::kPermissionDenied, 403},
      {absl::StatusCode::kNotFound, 404},
      {absl::StatusCode::kAlreadyExists, 409},
      {absl::StatusCode::kFailedPrecondition, 409},
      {absl::StatusCode::kAborted, 409},
      {absl::StatusCode::kResourceExhausted, 429},
      {absl::StatusCode::kUnimplemented, 501},
      {absl::StatusCode::kUnavailable, 503},
      {absl::StatusCode::kDeadlineExceeded, 504},
      {absl::StatusCode::kInternal, 500},
      {absl::StatusCode::kUnknown, 500}};
  for (const auto& [code, status] : table) {
    EXPECT_EQ(HttpStatusOf(code), status) << code;
  }
}

TEST(FromJson, RefusesUnknownFieldsAndWrongTypes) {
  v1::ListJobsRequest request;
  EXPECT_TRUE(FromJson(R"({"pageSize": 5})", &request).ok());
  EXPECT_EQ(request.page_size(), 5);
  for (const char* text :
       {"", "[]", "{", R"({"nope": 1})", R"({"pageSize": "many"})"}) {
    const absl::Status status = FromJson(text, &request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(std::string(status.message())
                    .starts_with("body: not the JSON of a ListJobsRequest"))
        << status;
  }
}

TEST(SetField, TakesTheJsonNameAndTheProtoName) {
  v1::ListJobsRequest request;
  EXPECT_TRUE(SetField("pageSize", "7", &request).ok());
  EXPECT_EQ(request.page_size(), 7);
  EXPECT_TRUE(SetField("page_size", "8", &request).ok());
  EXPECT_EQ(request.page_size(), 8);
}

TEST(SetField, NamesWhatIsKnownWhenAFieldIsNot) {
  v1::GetJobRequest request;
  EXPECT_EQ(SetField("nope", "1", &request).message(),
            "unknown parameter \"nope\"; known: id");
}

TEST(SetField, NumbersAreWholeAndFit) {
  v1::ListJobsRequest request;
  for (const char* text : {"", "x", "1.5", "2147483648"}) {
    EXPECT_EQ(SetField("pageSize", text, &request).message(),
              absl::StrCat("pageSize=", text, ": a whole number is wanted"));
  }
  EXPECT_TRUE(SetField("pageSize", "2147483647", &request).ok());
}

}  // namespace
}  // namespace tinyrig::server
