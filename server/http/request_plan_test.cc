// A handler or a refusal, from the header alone.
#include "server/http/request_plan.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

class RequestPlanTest : public testing::Test {
 protected:
  RequestPlanTest() {
    Add("GET", "/api/v1/jobs/{id}", "job");
    Add("POST", "/api/v1/jobs", "created");
    Add("GET", "/healthz", "healthy");
    Route upload;
    upload.method = "POST";
    upload.pattern = "/api/v1/blobs";
    upload.raw_body = true;
    upload.slow = true;
    upload.handler = [](const HttpRequest&) { return HttpReply{}; };
    router_.Add(std::move(upload));
  }

  void Add(const char* method, const char* pattern, const char* says) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.handler = [says](const HttpRequest&) {
      HttpReply reply;
      reply.body = says;
      return reply;
    };
    router_.Add(std::move(route));
  }

  RequestPlan Plan(const std::string& method,
                   const std::vector<std::string>& path,
                   const std::map<std::string, std::string>& headers = {}) {
    request_ = {};
    request_.method = method;
    request_.path = path;
    request_.headers = headers;
    request_.headers.try_emplace("host", "localhost:7078");
    return PlanRequest({router_, hosts_, files_, draining_}, request_);
  }

  // 0: there is a handler.
  static int Refusal(const RequestPlan& plan) {
    return plan.handler ? 0 : plan.refusal.status;
  }

  Router router_;
  HostRule hosts_ = HostRule::For(true, "127.0.0.1", {});
  StaticFiles files_{"/nowhere"};
  bool draining_ = false;
  HttpRequest request_;
};

TEST_F(RequestPlanTest, ARouteGetsItsVariables) {
  const RequestPlan plan = Plan("GET", {"api", "v1", "jobs", "j-1"});
  ASSERT_TRUE(plan.handler);
  EXPECT_EQ(plan.handler(request_).body, "job");
  EXPECT_EQ(request_.variables.at("id"), "j-1");
  EXPECT_EQ(plan.route_name, "/api/v1/jobs/{id}");
  EXPECT_FALSE(plan.raw_body || plan.slow);
}

TEST_F(RequestPlanTest, ARouteSaysWhereItsBodyGoesAndHowLongItTakes) {
  const RequestPlan plan = Plan("POST", {"api", "v1", "blobs"});
  EXPECT_TRUE(plan.raw_body && plan.slow);
}

TEST_F(RequestPlanTest, AForeignHostIsMisdirectedWhateverItAsksFor) {
  for (const auto& path : std::vector<std::vector<std::string>>{
           {"api", "v1", "jobs", "j-1"}, {"healthz"}, {}, {"nowhere.js"}}) {
    EXPECT_EQ(Refusal(Plan("GET", path, {{"host", "evil.example"}})), 421);
  }
}

TEST_F(RequestPlanTest, PagesOfOtherSitesMayReadButNotChange) {
  const std::map<std::string, std::string> foreign = {
      {"origin", "http://evil.example"}};
  EXPECT_EQ(Refusal(Plan("POST", {"api", "v1", "jobs"}, foreign)), 403);
  EXPECT_EQ(Refusal(Plan("POST", {"api", "v1", "jobs"}, {{"origin", "null"}})),
            403);
  EXPECT_EQ(Refusal(Plan("GET", {"api", "v1", "jobs", "j-1"}, foreign)), 0);
}

TEST_F(RequestPlanTest, TheOwnPageMayChange) {
  EXPECT_EQ(Refusal(Plan("POST", {"api", "v1", "jobs"},
                         {{"origin", "http://localhost:7078"}})),
            0);
  EXPECT_EQ(Refusal(Plan("POST", {"api", "v1", "jobs"},
                         {{"origin", "http://localhost:7079"}})),
            403);
  EXPECT_EQ(Refusal(Plan("POST", {"api", "v1", "jobs"})), 0);
}

TEST_F(RequestPlanTest, WhileDrainingOnlyHealthAnswers) {
  draining_ = true;
  EXPECT_EQ(Refusal(Plan("GET", {"api", "v1", "jobs", "j-1"})), 503);
  EXPECT_EQ(Refusal(Plan("GET", {})), 503);
  EXPECT_EQ(Refusal(Plan("GET", {"healthz"})), 0);
}

TEST_F(RequestPlanTest, AWrongMethodSaysTheRightOnes) {
  const RequestPlan plan = Plan("DELETE", {"api", "v1", "jobs", "j-1"});
  EXPECT_EQ(Refusal(plan), 405);
  const auto allow = std::pair<std::string, std::string>("Allow", "GET");
  EXPECT_EQ(plan.refusal.headers.back(), allow);
  EXPECT_EQ(Refusal(Plan("POST", {"index.html"})), 405);
}

TEST_F(RequestPlanTest, UnknownApiAddressesAreNoPages) {
  EXPECT_EQ(Refusal(Plan("GET", {"api", "v2", "jobs"})), 404);
  EXPECT_EQ(Refusal(Plan("GET", {"boards"})), 0);
}

TEST_F(RequestPlanTest, MetricsNeverSeeACallersText) {
  EXPECT_EQ(Plan("GET", {"api", "v1", "<script>"}).route_name, "unknown");
  EXPECT_EQ(Plan("GET", {"<script>"}).route_name, "static");
}

}  // namespace
}  // namespace tinyrig::server
