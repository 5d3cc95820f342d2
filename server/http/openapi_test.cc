// The document that describes the routes.
#include "server/http/openapi.h"

#include <gtest/gtest.h>

#include "tinyrig/v1/lab_service.pb.h"
#include <nlohmann/json.hpp>

namespace tinyrig::server {
namespace {

nlohmann::json Document() {
  Router router;
  Route list;
  list.method = "GET";
  list.pattern = "/api/v1/jobs";
  list.rpc = "LabService.ListJobs";
  list.summary = "Jobs, \"newest\" first";
  list.request = v1::ListJobsRequest::descriptor();
  list.response = v1::ListJobsResponse::descriptor();
  router.Add(list);
  Route create = list;
  create.method = "POST";
  create.rpc = "LabService.CreateJob";
  create.request = v1::CreateJobRequest::descriptor();
  create.response = v1::Job::descriptor();
  router.Add(create);
  Route blob;
  blob.method = "POST";
  blob.pattern = "/api/v1/blobs/{sha256}";
  blob.content_type = "text/plain";
  blob.extra_query = {"name"};
  blob.raw_body = true;
  router.Add(blob);
  return nlohmann::json::parse(OpenApi(router, "1.2.3"));
}

TEST(OpenApi, NamesTheVersion) {
  EXPECT_EQ(Document()["openapi"], "3.0.3");
  EXPECT_EQ(Document()["info"]["version"], "1.2.3");
}

TEST(OpenApi, BothMethodsOfAPathStandUnderIt) {
  const auto path = Document()["paths"]["/api/v1/jobs"];
  EXPECT_EQ(path["get"]["operationId"], "LabService.ListJobs");
  EXPECT_EQ(path["get"]["summary"], "Jobs, \"newest\" first");
  EXPECT_EQ(path["post"]["operationId"], "LabService.CreateJob");
  EXPECT_EQ(path["post"]["requestBody"]["content"]["application/json"]["schema"]
                ["$ref"],
            "#/components/schemas/CreateJobRequest");
}

TEST(OpenApi, FieldsOfAGetAreParametersByTheirJsonName) {
  std::map<std::string, nlohmann::json> schemas;
  const nlohmann::json path = Document()["paths"]["/api/v1/jobs"];
  for (const auto& parameter : path["get"]["parameters"]) {
    EXPECT_EQ(parameter["in"], "query");
    EXPECT_EQ(parameter["required"], false);
    schemas[parameter["name"]] = parameter["schema"];
  }
  EXPECT_EQ(schemas.at("pageSize")["type"], "integer");
  EXPECT_EQ(schemas.at("filter")["type"], "string");
}

TEST(OpenApi, VariablesOfThePathAreRequired) {
  const auto post = Document()["paths"]["/api/v1/blobs/{sha256}"]["post"];
  EXPECT_FALSE(post.contains("operationId"));
  EXPECT_EQ(post["parameters"][0]["name"], "sha256");
  EXPECT_EQ(post["parameters"][0]["required"], true);
  EXPECT_EQ(post["parameters"][1]["name"], "name");
  EXPECT_EQ(post["requestBody"]["content"]["application/octet-stream"]["schema"]
                ["format"],
            "binary");
  EXPECT_EQ(post["responses"]["200"]["content"]["text/plain"]["schema"]["type"],
            "string");
}

TEST(OpenApi, MessagesBringAlongWhatTheyHold) {
  const auto schemas = Document()["components"]["schemas"];
  EXPECT_TRUE(schemas.contains("Error"));
  EXPECT_TRUE(schemas.contains("JobSpec"));
  EXPECT_FALSE(schemas.contains("Timestamp"));
  const auto job = schemas["Job"]["properties"];
  EXPECT_EQ(job["createTime"]["format"], "date-time");
  EXPECT_EQ(job["state"]["type"], "string");
  EXPECT_EQ(job["spec"]["$ref"], "#/components/schemas/JobSpec");
  EXPECT_EQ(schemas["ListJobsResponse"]["properties"]["jobs"]["items"]["$ref"],
            "#/components/schemas/Job");
}

}  // namespace
}  // namespace tinyrig::server
