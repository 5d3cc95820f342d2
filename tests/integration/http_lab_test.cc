// The HTTP port of the real server: the lab over time, the queue as events,
// and who is not served.
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/integration/http_harness.h"
#include "tinyrig/v1/admin_service.pb.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"
#include "tinyrig/v1/query_service.grpc.pb.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::servertest {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

template <typename Message>
Message Parsed(const std::string& json) {
  Message message;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &message);
  EXPECT_TRUE(status.ok()) << status.ToString() << ": " << json;
  return message;
}

class HttpLab : public testing::Test {
 protected:
  HttpAnswer Get(const std::string& target, const std::string& head = "") {
    return Ask(at_, "GET", target, "", head);
  }
  v1::BoardActivity History(const std::string& board) {
    const auto history = Parsed<v1::BoardHistory>(
        Get("/api/v1/boardHistory?hours=1&bucketCount=4&boardName=" + board)
            .body);
    return history.boards_size() == 1 ? history.boards(0) : v1::BoardActivity();
  }
  // "IDLE OFFLINE", without the state at the begin.
  std::string Changes(const std::string& board) {
    std::string text;
    const v1::BoardActivity activity = History(board);
    for (int i = 1; i < activity.changes_size(); ++i) {
      text += (i == 1 ? "" : " ") +
              v1::Board::State_Name(activity.changes(i).state());
    }
    return text;
  }
  bool Becomes(const std::string& board, const std::string& changes) {
    for (int i = 0; i < 200 && Changes(board) != changes; ++i) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    return Changes(board) == changes;
  }
  v1::Job Submit(const std::string& request_id, int priority = 0) {
    const std::string artifact = MakeArtifact(kF746);
    EXPECT_TRUE(client_.Upload(artifact).ok());
    v1::JobSpec spec;
    spec.set_model_sha256(Sha(artifact));
    spec.set_model_name("m.tinyrig");
    spec.set_board_id(kF746);
    spec.set_runs(10);
    spec.set_priority(priority);
    const auto job = client_.CreateJob(spec, request_id);
    EXPECT_TRUE(job.ok()) << job.status();
    return job.ok() ? *job : v1::Job();
  }

  HttpServerProcess process_{
      {"--http-heartbeat-ms", "100", "--http-host", "Lab.Example"}};
  std::string at_ = process_.address();
  Client client_{process_.server.address()};
};

TEST_F(HttpLab, ABoardsHistoryIsKeptAndTold) {
  auto agent = std::make_unique<FakeAgent>(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent->Board("b", kF746).Attach().ok());
  EXPECT_TRUE(Becomes("a/b", "IDLE"));
  agent->SetBoard("b", v1::Board::BUSY);
  agent->SetBoard("b", v1::Board::FAULTY);
  EXPECT_TRUE(Becomes("a/b", "IDLE FAULTY"));
  agent->SetBoard("b", v1::Board::IDLE);
  EXPECT_TRUE(Becomes("a/b", "IDLE FAULTY IDLE"));
  const v1::Job job = Submit("one");
  const auto lease = agent->NextLease();
  ASSERT_TRUE(lease.has_value());
  std::this_thread::sleep_for(milliseconds(800));
  EXPECT_GT(History("a/b").utilisation(), 0.0001);
  EXPECT_EQ(History("a/b").finished_lease_count(), 0);
  agent->Finish(*lease, MakeResult(MakeArtifact(kF746), 10));
  client_.WaitFor(job.id(), v1::Job::SUCCEEDED);
  EXPECT_EQ(History("a/b").finished_lease_count(), 1);
  EXPECT_EQ(History("a/b").failed_lease_count(), 0);
  EXPECT_GT(History("a/b").busy_share(3), 0.0005);
  agent.reset();
  EXPECT_TRUE(Becomes("a/b", "IDLE FAULTY IDLE OFFLINE"));
  EXPECT_EQ(Get("/api/v1/boardHistory?boardName=a/x").status, 404);
  EXPECT_EQ(Get("/api/v1/boardHistory?hours=1000").status, 400);
  EXPECT_THAT(Get("/api/v1/boardHistory").body, HasSubstr("\"a/b\""));
}

TEST_F(HttpLab, AKilledServerFindsItsBoardsOffline) {
  auto agent = std::make_unique<FakeAgent>(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent->Board("b", kF746).Attach().ok());
  EXPECT_TRUE(Becomes("a/b", "IDLE"));
  process_.server.Kill();
  process_.server.Start();
  at_ = process_.address();
  EXPECT_TRUE(Becomes("a/b", "IDLE OFFLINE"));
}

// The entries of the newest queue event that has come, "j-2:1 j-3:2".
std::string LastQueue(const std::string& received) {
  const std::string head = "event: lab\ndata: {\"queue\":";
  const size_t at = received.rfind(head);
  const size_t end = received.find("}\n\n", at);
  if (at == std::string::npos || end == std::string::npos) {
    return "none";
  }
  const auto queue = Parsed<v1::QueuePositions>(
      received.substr(at + head.size(), end - at - head.size()));
  std::string text;
  for (const auto& entry : queue.entries()) {
    text += (text.empty() ? "" : " ") + entry.job_id() + ":" +
            std::to_string(entry.position());
  }
  return text;
}

bool Shows(Line& line, const std::string& queue) {
  for (int i = 0; i < 100 && LastQueue(line.received) != queue; ++i) {
    line.ReadUntil("no such text", milliseconds(50));
  }
  return LastQueue(line.received) == queue;
}

TEST_F(HttpLab, PositionsThatMoveAreEvents) {
  FakeAgent agent(process_.server.address(), "a", "1");
  ASSERT_TRUE(agent.Board("b", kF746).Attach().ok());
  Line lab(at_);
  lab.Send("GET /api/v1/events HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(lab.ReadUntil("\r\n\r\n"));
  const v1::Job running = Submit("r");
  auto lease = agent.NextLease();
  ASSERT_TRUE(lease.has_value());
  const v1::Job second = Submit("s");
  EXPECT_GE(second.queue_position(), 1);  // soon exact: the next event
  EXPECT_FALSE(second.has_start_eta_s());
  const v1::Job third = Submit("t");
  EXPECT_TRUE(Shows(lab, second.id() + ":1 " + third.id() + ":2"))
      << LastQueue(lab.received);
  const v1::Job urgent = Submit("u", 5);
  EXPECT_TRUE(
      Shows(lab, urgent.id() + ":1 " + second.id() + ":2 " + third.id() + ":3"))
      << LastQueue(lab.received);
  agent.Finish(*lease, MakeResult(MakeArtifact(kF746), 10));
  client_.WaitFor(running.id(), v1::Job::SUCCEEDED);
  agent.SetBoard("b", v1::Board::IDLE);
  ASSERT_TRUE(agent.NextLease().has_value());
  EXPECT_TRUE(Shows(lab, second.id() + ":1 " + third.id() + ":2"))
      << LastQueue(lab.received);
  // One has finished: now there is something to go by.
  std::this_thread::sleep_for(milliseconds(50));
  const auto last = client_.GetJob(third.id());
  EXPECT_EQ(last->queue_position(), 2);
  ASSERT_TRUE(last->has_start_eta_s());
  EXPECT_GE(last->start_eta_s(), client_.GetJob(second.id())->start_eta_s());
  EXPECT_LT(last->start_eta_s(), 30);
  ASSERT_TRUE(client_.CancelJob(second.id()).ok());
  EXPECT_TRUE(Shows(lab, third.id() + ":1")) << LastQueue(lab.received);
}

TEST_F(HttpLab, EventStreamsSayHelloAtOnce) {
  Line lab(at_);
  const auto start = std::chrono::steady_clock::now();
  lab.Send("GET /api/v1/events HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(lab.ReadUntil("\r\n\r\n: hello\n\n"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1000));
  ASSERT_TRUE(lab.ReadUntil("\n: still here\n\n"));
  const auto head = Ask(at_, "HEAD", "/api/v1/events");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-type"), "text/event-stream");
}

TEST_F(HttpLab, HeadersAreThoseOfTheDashboardsPage) {
  std::ifstream file(std::string(TINYRIG_SOURCE_DIR) + "/docs/DASHBOARD.md");
  std::string page((std::istreambuf_iterator<char>(file)), {});
  const std::string key = "`Content-Security-Policy: ";
  const size_t at = page.find(key);
  ASSERT_NE(at, std::string::npos);
  const size_t from = at + key.size();
  std::string policy = page.substr(from, page.find('`', from) - from);
  while (policy.find("\n  ") != std::string::npos) {
    policy.replace(policy.find("\n  "), 3, " ");
  }
  ASSERT_THAT(policy, StartsWith("default-src 'none'; script-src 'self';"));
  for (const char* target : {"/", "/api/v1/server", "/metrics", "/api/v1/no"}) {
    const auto answer = Get(target);
    EXPECT_EQ(answer.headers.at("content-security-policy"), policy) << target;
    EXPECT_EQ(answer.headers.at("referrer-policy"), "same-origin");
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
  }
}

TEST_F(HttpLab, OnlyItsOwnHostNamesAreServed) {
  const auto as = [&](const std::string& host) {
    Line line(at_);
    line.Send("GET /api/v1/server HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return line.Read();
  };
  const std::string port = at_.substr(at_.find(':'));
  for (const std::string host : {"localhost", "127.0.0.1", "[::1]", "LOCALHOST",
                                 "localhost.", "lab.example", "lab.EXAMPLE."}) {
    EXPECT_EQ(as(host).status, 200) << host;
    EXPECT_EQ(as(host + port).status, 200) << host;
  }
  for (const std::string host :
       {"evil.io", "localhost.evil.io", "127.0.0.1.evil.io", "evil-localhost",
        "10.0.0.1", "[::2]", "[::1].evil.io", "sub.lab.example"}) {
    const auto answer = as(host + port);
    EXPECT_EQ(answer.status, 421) << host;
    EXPECT_THAT(answer.body, HasSubstr("--http-host"));
  }
}

TEST_F(HttpLab, HeadIsGetWithoutABody) {
  for (const char* target : {"/api/v1/server", "/api/v1/boards", "/healthz",
                             "/metrics", "/api/v1/jobs/j-9", "/"}) {
    Line line(at_);
    line.Send(std::string("HEAD ") + target +
              " HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n"
              "Host: localhost\r\n\r\n");
    const auto head = line.Read(true);
    const auto get = Get(target);
    EXPECT_EQ(head.status, get.status) << target;
    EXPECT_EQ(head.headers.at("content-type"), get.headers.at("content-type"));
    EXPECT_EQ(line.Read().body, "ok\n") << target;
  }
}

TEST_F(HttpLab, HealthzSaysWhenTheServerStops) {
  EXPECT_EQ(Get("/healthz").status, 200);
  // A call that does not end holds the stop up for its grace time.
  const auto stub = v1::LabService::NewStub(grpc::CreateChannel(
      process_.server.address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::UploadBlobResponse response;
  const auto upload = stub->UploadBlob(&context, &response);
  v1::UploadBlobRequest first;
  first.set_sha256(std::string(64, 'a'));
  first.set_size_bytes(10);
  ASSERT_TRUE(upload->Write(first));
  std::thread stopping([&] { EXPECT_EQ(process_.server.Stop(), 0); });
  HttpAnswer health;
  for (int i = 0; i < 100 && health.status != 503; ++i) {
    health = Get("/healthz");
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(health.status, 503);
  EXPECT_EQ(health.body, "stopping\n");
  EXPECT_EQ(Get("/api/v1/server").status, 503);
  stopping.join();
}

// Every rpc can be asked for by HTTP, or it is said here why not.
TEST_F(HttpLab, EveryRpcHasARouteOrAReason) {
  const std::map<std::string, std::string> reasons = {
      {"AgentService.Attach", "agents speak gRPC: one stream both ways"},
      {"AgentService.FetchBlob", "agents speak gRPC"}};
  const auto json =
      Parsed<google::protobuf::Struct>(Get("/api/v1/openapi.json").body);
  std::set<std::string> routed;
  for (const auto& [pattern, operations] :
       json.fields().at("paths").struct_value().fields()) {
    for (const auto& [method, operation] : operations.struct_value().fields()) {
      const auto& fields = operation.struct_value().fields();
      if (fields.contains("operationId")) {
        const std::string id = fields.at("operationId").string_value();
        EXPECT_TRUE(routed.insert(id).second) << id << " stands twice";
      }
    }
  }
  std::set<std::string> rpcs;
  for (const google::protobuf::FileDescriptor* file :
       {v1::Job::descriptor()->file(), v1::GetJobRequest::descriptor()->file(),
        v1::GetTrendRequest::descriptor()->file(),
        v1::BackupRequest::descriptor()->file(),
        v1::RunRecord::descriptor()->file(),
        v1::AgentHello::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        rpcs.insert(file->service(s)->name() + "." +
                    file->service(s)->method(m)->name());
      }
    }
  }
  EXPECT_GE(rpcs.size(), 30U);
  for (const std::string& rpc : rpcs) {
    EXPECT_NE(routed.contains(rpc), reasons.contains(rpc)) << rpc;
  }
  for (const std::string& id : routed) {
    EXPECT_TRUE(rpcs.contains(id)) << id;
  }
}

}  // namespace
}  // namespace tinyrig::servertest
