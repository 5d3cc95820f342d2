#include "tests/integration/server_harness.h"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <unistd.h>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tinyrig/v1/agent_service.grpc.pb.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"

namespace tinyrig::servertest {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int64_t kReadyMs = 20'000;

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()),
          status.error_message()};
}

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

void SetDeadline(grpc::ClientContext& context) {
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(20));
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> given)
    : flags(std::move(given)), folder_(*base::TempDir::Create("server-test")) {
  Start();
}

ServerProcess::~ServerProcess() {
  Kill();
}

void ServerProcess::Start() {
  const std::string ready = folder_.path() / "ready";
  ::unlink(ready.c_str());
  std::vector<std::string> words = {TINYRIG_BINARY_DIR "/bin/tinyrig-server",
                                    "--listen",
                                    address_.empty() ? "127.0.0.1:0" : address_,
                                    "--data",
                                    data(),
                                    "--ready-file",
                                    ready};
  words.insert(words.end(), flags.begin(), flags.end());
  const bool verbose = std::getenv("SERVER_TEST_VERBOSE") != nullptr;
  auto child = base::Child::Start(
      {.argv = words,
       .log_file = verbose ? "" : folder_.path() / "server.log",
       .file_limit_bytes = file_limit_bytes});
  ASSERT_TRUE(child.ok()) << child.status();
  child_ = *std::move(child);
  const auto text = child_.WaitForFile(ready, kReadyMs);
  ASSERT_TRUE(text.ok()) << text.status();
  address_ = text->substr(0, text->find('\n'));
}

void ServerProcess::Kill() {
  child_.Kill();
}

int ServerProcess::Stop() {
  child_.Signal(SIGTERM);
  const base::ChildExit end = child_.Wait();
  return end.signal != 0 ? 128 + end.signal : end.code;
}

struct Client::Stubs {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LabService::Stub> lab;
};

Client::Client(const std::string& address) : stubs_(new Stubs) {
  stubs_->channel = Dial(address);
  stubs_->lab = v1::LabService::NewStub(stubs_->channel);
}

Client::~Client() = default;

namespace {

template <typename Response, typename Stub, typename Request>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) {
    return FromGrpc(status);
  }
  return response;
}

using LabStub = v1::LabService::Stub;

template <typename Request>
Request WithId(const std::string& id) {
  Request request;
  request.set_id(id);
  return request;
}

}  // namespace

absl::StatusOr<v1::ServerInfo> Client::Info() {
  return Call(*stubs_->lab, &LabStub::GetServerInfo,
              v1::GetServerInfoRequest());
}
absl::StatusOr<v1::ListBoardsResponse> Client::ListBoards(
    const v1::ListBoardsRequest& request) {
  return Call(*stubs_->lab, &LabStub::ListBoards, request);
}
absl::StatusOr<v1::Board> Client::GetBoard(const std::string& name) {
  v1::GetBoardRequest request;
  request.set_name(name);
  return Call(*stubs_->lab, &LabStub::GetBoard, request);
}
absl::StatusOr<v1::Dataset> Client::CreateDataset(const std::string& name,
                                                  const std::string& sha256) {
  v1::CreateDatasetRequest request;
  request.set_name(name);
  request.set_sha256(sha256);
  return Call(*stubs_->lab, &LabStub::CreateDataset, request);
}
absl::StatusOr<v1::Job> Client::CreateJob(const v1::JobSpec& spec,
                                          const std::string& request_id) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(request_id);
  return Call(*stubs_->lab, &LabStub::CreateJob, request);
}
absl::StatusOr<v1::Job> Client::GetJob(const std::string& id) {
  return Call(*stubs_->lab, &LabStub::GetJob, WithId<v1::GetJobRequest>(id));
}
absl::StatusOr<v1::ListJobsResponse> Client::ListJobs(
    const v1::ListJobsRequest& request) {
  return Call(*stubs_->lab, &LabStub::ListJobs, request);
}
absl::StatusOr<v1::Job> Client::CancelJob(const std::string& id) {
  return Call(*stubs_->lab, &LabStub::CancelJob,
              WithId<v1::CancelJobRequest>(id));
}
absl::StatusOr<v1::Run> Client::GetRun(const std::string& id) {
  return Call(*stubs_->lab, &LabStub::GetRun, WithId<v1::GetRunRequest>(id));
}
absl::StatusOr<v1::ListRunsResponse> Client::ListRuns(
    const v1::ListRunsRequest& request) {
  return Call(*stubs_->lab, &LabStub::ListRuns, request);
}
absl::StatusOr<v1::ListPredictionsResponse> Client::ListPredictions(
    const v1::ListPredictionsRequest& request) {
  return Call(*stubs_->lab, &LabStub::ListPredictions, request);
}

absl::StatusOr<v1::UploadBlobResponse> Client::Upload(const std::string& bytes,
                                                      std::string sha256,
                                                      int64_t size_bytes) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::UploadBlobResponse response;
  auto writer = stubs_->lab->UploadBlob(&context, &response);
  v1::UploadBlobRequest request;
  request.set_sha256(sha256.empty() ? Sha(bytes) : sha256);
  request.set_size_bytes(size_bytes < 0 ? static_cast<int64_t>(bytes.size())
                                        : size_bytes);
  bool open = writer->Write(request);
  for (size_t i = 0; open && i < bytes.size(); i += 1 << 20) {
    v1::UploadBlobRequest part;
    part.set_chunk(bytes.substr(i, 1 << 20));
    open = writer->Write(part);
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) {
    return FromGrpc(status);
  }
  return response;
}

absl::StatusOr<std::string> Client::Download(const std::string& sha256) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::DownloadBlobRequest request;
  request.set_sha256(sha256);
  auto reader = stubs_->lab->DownloadBlob(&context, request);
  std::string bytes;
  v1::DownloadBlobResponse response;
  while (reader->Read(&response)) {
    bytes += response.chunk();
  }
  const grpc::Status status = reader->Finish();
  return status.ok() ? absl::StatusOr<std::string>(bytes) : FromGrpc(status);
}

absl::StatusOr<std::vector<v1::Job>> Client::Watch(const std::string& id) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::WatchJobRequest request;
  request.set_id(id);
  auto reader = stubs_->lab->WatchJob(&context, request);
  std::vector<v1::Job> jobs;
  v1::Job job;
  while (reader->Read(&job)) {
    jobs.push_back(job);
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) {
    return FromGrpc(status);
  }
  return jobs;
}

absl::StatusOr<std::vector<std::string>> Client::Log(const std::string& id) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetJobLogRequest request;
  request.set_id(id);
  auto reader = stubs_->lab->GetJobLog(&context, request);
  std::vector<std::string> lines;
  v1::JobLogLine line;
  while (reader->Read(&line)) {
    lines.push_back(line.source() + ": " + line.text());
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) {
    return FromGrpc(status);
  }
  return lines;
}

// grpc.health.v1.Health/Check, by hand: an empty request; the answer's field 1
// is 1 for SERVING.
bool Client::Serving() {
  grpc::GenericStub stub(stubs_->channel);
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  const grpc::Slice none(std::string{});
  const grpc::ByteBuffer request(&none, 1);
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                    request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, this);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice bytes;
  return status.ok() && response.DumpToSingleSlice(&bytes).ok() &&
         std::string(bytes.begin(), bytes.end()) == std::string("\x08\x01");
}

v1::Job Client::WaitFor(const std::string& id, v1::Job::State state,
                        milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  v1::Job job;
  while (true) {
    if (const auto now = GetJob(id); now.ok()) {
      job = *now;
    }
    if (job.state() == state || steady_clock::now() > deadline) {
      return job;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
}

struct FakeAgent::Stream {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::AgentService::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::ServerMessage>>
      rpc;
  std::thread reader;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<v1::ServerMessage> inbox;
  bool ended = false;
  int64_t last_id = 0;

  // Takes the first message that fits out of the inbox.
  template <typename Wanted>
  std::optional<v1::ServerMessage> Take(milliseconds limit,
                                        const Wanted& wanted) {
    std::unique_lock lock(mutex);
    const auto deadline = steady_clock::now() + limit;
    while (true) {
      for (auto it = inbox.begin(); it != inbox.end(); ++it) {
        if (wanted(*it)) {
          v1::ServerMessage message = *it;
          inbox.erase(it);
          return message;
        }
      }
      if (ended ||
          changed.wait_until(lock, deadline) == std::cv_status::timeout) {
        return std::nullopt;
      }
    }
  }
};

FakeAgent::FakeAgent(std::string address, std::string agent_id,
                     std::string instance)
    : address_(std::move(address)) {
  hello.set_agent_id(agent_id);
  hello.set_instance_id(instance);
  hello.set_agent_version("fake");
}

FakeAgent::~FakeAgent() {
  Drop();
}

FakeAgent& FakeAgent::Board(const std::string& name,
                            const std::string& board_id,
                            const std::string& uid) {
  v1::AgentBoard* board = hello.add_boards();
  board->set_name(name);
  board->set_board_id(board_id);
  board->set_uid(uid);
  board->set_state(v1::Board::IDLE);
  return *this;
}

absl::Status FakeAgent::Attach() {
  Drop();
  stream_ = std::make_unique<Stream>();
  Stream& stream = *stream_;
  stream.channel = Dial(address_);
  stream.stub = v1::AgentService::NewStub(stream.channel);
  stream.context.set_wait_for_ready(true);
  stream.rpc = stream.stub->Attach(&stream.context);
  stream.reader = std::thread([&stream] {
    v1::ServerMessage message;
    while (stream.rpc->Read(&message)) {
      const std::lock_guard lock(stream.mutex);
      stream.inbox.push_back(message);
      stream.changed.notify_all();
    }
    const std::lock_guard lock(stream.mutex);
    stream.ended = true;
    stream.changed.notify_all();
  });
  v1::AgentMessage message;
  *message.mutable_hello() = hello;
  Send(message);
  const auto welcome =
      stream.Take(std::chrono::seconds(10),
                  [](const v1::ServerMessage& m) { return m.has_welcome(); });
  return welcome ? absl::OkStatus() : StreamStatus();
}

void FakeAgent::Drop() {
  if (stream_ != nullptr) {
    stream_->context.TryCancel();
    if (stream_->reader.joinable()) {
      stream_->reader.join();
      stream_->rpc->Finish();
    }
    stream_.reset();
  }
}

absl::Status FakeAgent::StreamStatus() {
  if (!stream_->reader.joinable()) {
    return absl::FailedPreconditionError("asked twice");
  }
  stream_->reader.join();
  return FromGrpc(stream_->rpc->Finish());
}

std::optional<v1::ServerMessage> FakeAgent::Next(milliseconds limit) {
  return stream_->Take(limit, [](const v1::ServerMessage&) { return true; });
}

std::optional<v1::Lease> FakeAgent::NextLease(milliseconds limit) {
  const auto message = stream_->Take(
      limit, [](const v1::ServerMessage& m) { return m.has_lease(); });
  return message ? std::optional(message->lease()) : std::nullopt;
}

std::optional<v1::Revoke> FakeAgent::NextRevoke(milliseconds limit) {
  const auto message = stream_->Take(
      limit, [](const v1::ServerMessage& m) { return m.has_revoke(); });
  return message ? std::optional(message->revoke()) : std::nullopt;
}

int64_t FakeAgent::Send(v1::AgentMessage message) {
  message.set_message_id(++stream_->last_id);
  stream_->rpc->Write(message);
  return message.message_id();
}

bool FakeAgent::Acked(int64_t message_id, milliseconds limit) {
  return stream_
      ->Take(limit,
             [message_id](const v1::ServerMessage& m) {
               return m.has_ack() && m.ack().message_id() == message_id;
             })
      .has_value();
}

int64_t FakeAgent::Update(const v1::Lease& lease, v1::Job::State state,
                          int64_t done) {
  v1::AgentMessage message;
  v1::JobUpdate& update = *message.mutable_job_update();
  update.set_job_id(lease.job_id());
  update.set_fence(lease.fence());
  update.set_state(state);
  update.mutable_progress()->set_step("dataset");
  update.mutable_progress()->set_done(done);
  update.add_log("step " + std::to_string(done));
  return Send(message);
}

int64_t FakeAgent::Predict(const v1::Lease& lease, int64_t from, int64_t count,
                           size_t output_bytes) {
  v1::AgentMessage message;
  v1::PredictionBatch& batch = *message.mutable_predictions();
  batch.set_job_id(lease.job_id());
  batch.set_fence(lease.fence());
  for (int64_t i = from; i < from + count; ++i) {
    v1::Prediction* prediction = batch.add_predictions();
    prediction->set_sample_index(i);
    prediction->set_output(OutputOf(i, output_bytes));
    prediction->set_cycles(1000 + i);
  }
  return Send(message);
}

int64_t FakeAgent::Finish(const v1::Lease& lease,
                          const v1::DeviceResult& result) {
  v1::AgentMessage message;
  v1::JobFinished& finished = *message.mutable_finished();
  finished.set_job_id(lease.job_id());
  finished.set_fence(lease.fence());
  *finished.mutable_result() = result;
  const int64_t id = Send(message);
  SetBoard(lease.board_name(), v1::Board::IDLE);
  return id;
}

int64_t FakeAgent::Fail(const v1::Lease& lease, bool retryable,
                        v1::FailureClass why) {
  v1::AgentMessage message;
  v1::JobFinished& finished = *message.mutable_finished();
  finished.set_job_id(lease.job_id());
  finished.set_fence(lease.fence());
  finished.mutable_failure()->set_failure_class(why);
  finished.mutable_failure()->set_message("the board went up in smoke");
  finished.set_retryable(retryable);
  const int64_t id = Send(message);
  SetBoard(lease.board_name(), v1::Board::IDLE);
  return id;
}

int64_t FakeAgent::SetBoard(const std::string& name, v1::Board::State state) {
  v1::AgentMessage message;
  for (const v1::AgentBoard& board : hello.boards()) {
    if (board.name() == name) {
      *message.mutable_board_update()->mutable_board() = board;
    }
  }
  message.mutable_board_update()->mutable_board()->set_state(state);
  return Send(message);
}

int64_t FakeAgent::Beat() {
  v1::AgentMessage message;
  message.mutable_heartbeat();
  return Send(message);
}

}  // namespace tinyrig::servertest
