// The link against a server in memory: streams that open, say things and die.
#include "agent/link/agent_link.h"

#include <chrono>

#include "gtest/gtest.h"

namespace tinyrig::agent {
namespace {

class FakeServer : public ServerChannel {
 public:
  struct Stream : public ServerStream {
    explicit Stream(FakeServer* owner) : server(owner) {}
    void Send(v1::AgentMessage message) override {
      server->got.push_back(std::move(message));
    }
    FakeServer* server;
  };
  std::unique_ptr<ServerStream> Attach(Callbacks now) override {
    ++dials;
    callbacks = std::move(now);
    return std::make_unique<Stream>(this);
  }
  absl::StatusOr<std::vector<uint8_t>> Fetch(
      const std::string&, const std::function<bool()>&) override {
    return absl::UnavailableError("none");
  }
  void Welcome() {
    v1::ServerMessage message;
    message.mutable_welcome()->set_heartbeat_interval_ms(50);
    callbacks.message(message);
  }
  void Ack(int64_t id) {
    v1::ServerMessage message;
    message.mutable_ack()->set_message_id(id);
    callbacks.message(message);
  }
  int Count(v1::AgentMessage::BodyCase kind) const {
    return static_cast<int>(std::count_if(
        got.begin(), got.end(),
        [&](const auto& message) { return message.body_case() == kind; }));
  }
  Callbacks callbacks;
  std::vector<v1::AgentMessage> got;
  int dials = 0;
};

class FakeBoards : public LeaseTaker {
 public:
  bool Offer(const v1::Lease& lease) override {
    offered.push_back(lease.job_id());
    return accepts;
  }
  void Revoke(const std::string& job_id, int64_t) override {
    revoked.push_back(job_id);
  }
  std::vector<v1::AgentBoard> Boards() override { return {v1::AgentBoard()}; }
  std::vector<v1::HeldLease> Held() override { return held; }
  bool accepts = true;
  std::vector<std::string> offered, revoked;
  std::vector<v1::HeldLease> held;
};

class AgentLinkTest : public ::testing::Test {
 protected:
  AgentLinkTest()
      : link_(&io_, &server_, &boards_,
              {"agent", "instance", [this] { ++attached_; }, 1, 4}) {
    link_.Start();
  }
  void RunFor(int ms) {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(ms));
  }
  static v1::JobFinished End() {
    v1::JobFinished end;
    end.set_job_id("j-1");
    end.set_fence(3);
    return end;
  }
  boost::asio::io_context io_;
  FakeServer server_;
  FakeBoards boards_;
  int attached_ = 0;
  AgentLink link_;
};

TEST_F(AgentLinkTest, SaysHelloThenBeats) {
  ASSERT_EQ(server_.got.size(), 1U);
  EXPECT_EQ(server_.got[0].message_id(), 1);
  EXPECT_EQ(server_.got[0].hello().instance_id(), "instance");
  EXPECT_EQ(server_.got[0].hello().boards_size(), 1);
  server_.Welcome();
  RunFor(120);
  EXPECT_EQ(attached_, 1);
  EXPECT_GE(server_.Count(v1::AgentMessage::kHeartbeat), 2);
}

TEST_F(AgentLinkTest, DialsAgainAndRepeatsWhatWasNotStored) {
  server_.Welcome();
  RunFor(5);
  link_.Finished(End());
  RunFor(5);
  EXPECT_EQ(server_.Count(v1::AgentMessage::kFinished), 1);
  v1::HeldLease running;
  running.set_job_id("j-2");
  boards_.held = {running};
  server_.callbacks.closed(absl::UnavailableError("restart"));
  RunFor(30);
  ASSERT_EQ(server_.dials, 2);
  EXPECT_EQ(server_.got.back().hello().held_size(), 2)
      << "the running job and the ended one";
  server_.Welcome();
  RunFor(5);
  ASSERT_EQ(server_.Count(v1::AgentMessage::kFinished), 2);
  const int64_t id = server_.got.back().has_finished()
                         ? server_.got.back().message_id()
                         : server_.got[server_.got.size() - 2].message_id();
  server_.Ack(id);
  RunFor(5);
  server_.callbacks.closed(absl::UnavailableError("again"));
  RunFor(30);
  server_.Welcome();
  RunFor(5);
  EXPECT_EQ(server_.Count(v1::AgentMessage::kFinished), 2)
      << "stored, so never again";
}

TEST_F(AgentLinkTest, NothingIsSentBeforeTheWelcome) {
  link_.Finished(End());
  RunFor(5);
  EXPECT_EQ(server_.Count(v1::AgentMessage::kFinished), 0);
  server_.Welcome();
  RunFor(5);
  EXPECT_EQ(server_.Count(v1::AgentMessage::kFinished), 1);
}

TEST_F(AgentLinkTest, ALeaseThatNobodyTakesEndsAsRetryable) {
  server_.Welcome();
  boards_.accepts = false;
  v1::ServerMessage message;
  message.mutable_lease()->set_job_id("j-9");
  message.mutable_lease()->set_fence(2);
  server_.callbacks.message(message);
  RunFor(5);
  ASSERT_EQ(server_.Count(v1::AgentMessage::kFinished), 1);
  for (const auto& got : server_.got) {
    if (got.has_finished()) {
      EXPECT_TRUE(got.finished().retryable());
      EXPECT_EQ(got.finished().fence(), 2);
    }
  }
}

TEST_F(AgentLinkTest, RevokeReachesTheBoardAndEmptiesTheOutbox) {
  link_.Finished(End());
  v1::ServerMessage message;
  message.mutable_revoke()->set_job_id("j-1");
  message.mutable_revoke()->set_fence(3);
  server_.callbacks.message(message);
  RunFor(5);
  EXPECT_EQ(boards_.revoked, std::vector<std::string>{"j-1"});
  server_.Welcome();
  RunFor(5);
  EXPECT_EQ(server_.Count(v1::AgentMessage::kFinished), 0);
}

TEST_F(AgentLinkTest, TooManyUnstoredBatchesLeaveNoRoom) {
  EXPECT_TRUE(link_.WaitForRoom(0));
  for (int i = 0; i < 64; ++i) {
    link_.Predictions({});
  }
  EXPECT_FALSE(link_.WaitForRoom(1));
  server_.Welcome();
  RunFor(5);
  server_.Ack(2);
  RunFor(5);
  EXPECT_TRUE(link_.WaitForRoom(1));
}

}  // namespace
}  // namespace tinyrig::agent
