// QueryService by gRPC: the same answers as by HTTP.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/integration/server_harness.h"
#include "tinyrig/v1/query_service.grpc.pb.h"

namespace tinyrig::servertest {
namespace {

TEST(QueryGrpc, WatchBeginsWithTheLabAndEndsWithTheServer) {
  ServerProcess server({"--http", "off"});
  FakeAgent agent(server.address(), "a", "1");
  ASSERT_TRUE(agent.Board("b", kF746).Attach().ok());
  const auto stub = v1::QueryService::NewStub(grpc::CreateChannel(
      server.address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext watching;
  watching.set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(20));
  const auto stream = stub->WatchLab(&watching, {});
  v1::LabEvent event;
  ASSERT_TRUE(stream->Read(&event));
  EXPECT_EQ(event.board().name(), "a/b");
  Client client(server.address());
  const std::string artifact = MakeArtifact(kF746);
  ASSERT_TRUE(client.Upload(artifact).ok());
  v1::JobSpec spec;
  spec.set_model_sha256(Sha(artifact));
  spec.set_board_id(kF746);
  const auto job = client.CreateJob(spec);
  ASSERT_TRUE(job.ok()) << job.status();
  while (stream->Read(&event) && !event.has_job()) {
  }
  EXPECT_EQ(event.job().id(), job->id());
  v1::SqlRequest request;
  request.set_statement("SELECT id FROM jobs");
  v1::SqlResponse response;
  grpc::ClientContext asking;
  ASSERT_TRUE(stub->Sql(&asking, request, &response).ok());
  EXPECT_EQ(response.rows(0).values(0).text(), job->id());
  v1::BoardHistory history;
  grpc::ClientContext looking;
  ASSERT_TRUE(stub->GetBoardHistory(&looking, {}, &history).ok());
  ASSERT_EQ(history.boards_size(), 1);
  EXPECT_EQ(history.boards(0).board_name(), "a/b");
  EXPECT_EQ(history.boards(0).busy_share_size(), 48);
  grpc::ClientContext wrong;
  v1::GetBoardHistoryRequest unknown;
  unknown.set_board_name("a/x");
  EXPECT_EQ(stub->GetBoardHistory(&wrong, unknown, &history).error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(server.Stop(), 0);
  while (stream->Read(&event)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace tinyrig::servertest
