// The only file of the agent that includes gRPC.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "grpcpp/grpcpp.h"

#include "agent/link/server_channel.h"
#include "tinyrig/v1/agent_service.grpc.pb.h"

namespace tinyrig::agent {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;
constexpr size_t kMaxBlobBytes = size_t{1} << 30;
constexpr std::chrono::seconds kFetchTimeout(120);

absl::Status ToAbsl(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

class GrpcStream : public ServerStream {
 public:
  GrpcStream(std::shared_ptr<v1::AgentService::Stub> stub,
             ServerChannel::Callbacks callbacks)
      : stub_(std::move(stub)),
        callbacks_(std::move(callbacks)),
        stream_(stub_->Attach(&context_)) {
    writer_ = std::thread([this] { WriteAll(); });
    reader_ = std::thread([this] { ReadAll(); });
  }
  ~GrpcStream() override {
    context_.TryCancel();
    reader_.join();
  }
  void Send(v1::AgentMessage message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(message));
    wake_.notify_one();
  }

 private:
  void WriteAll() {
    while (true) {
      v1::AgentMessage message;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return ended_ || !queue_.empty(); });
        if (ended_) {
          return;
        }
        message = std::move(queue_.front());
        queue_.pop_front();
      }
      if (!stream_->Write(message)) {
        context_.TryCancel();  // the reader ends, too
        return;
      }
    }
  }
  void ReadAll() {
    v1::ServerMessage message;
    while (stream_->Read(&message)) {
      callbacks_.message(std::move(message));
      message.Clear();
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
      wake_.notify_one();
    }
    context_.TryCancel();  // a Write may wait for room
    writer_.join();
    callbacks_.closed(ToAbsl(stream_->Finish()));
  }

  std::shared_ptr<v1::AgentService::Stub> stub_;
  ServerChannel::Callbacks callbacks_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::ServerMessage>>
      stream_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<v1::AgentMessage> queue_;
  bool ended_ = false;
  std::thread writer_, reader_;
};

class GrpcServerChannel : public ServerChannel {
 public:
  explicit GrpcServerChannel(std::string address)
      : address_(std::move(address)) {}

  std::unique_ptr<ServerStream> Attach(Callbacks callbacks) override {
    // A new channel each time: an old one goes on answering "refused" from
    // memory for seconds after the server has come back.
    auto stub = NewStub();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stub_ = stub;
    }
    return std::make_unique<GrpcStream>(std::move(stub), std::move(callbacks));
  }

  absl::StatusOr<std::vector<uint8_t>> Fetch(
      const std::string& sha256,
      const std::function<bool()>& cancelled) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kFetchTimeout);
    v1::FetchBlobRequest request;
    request.set_sha256(sha256);
    std::shared_ptr<v1::AgentService::Stub> stub;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stub = stub_;
    }
    if (!stub) {
      return absl::UnavailableError("not attached yet");
    }
    const auto reader = stub->FetchBlob(&context, request);
    std::vector<uint8_t> bytes;
    v1::FetchBlobResponse response;
    while (reader->Read(&response)) {
      const std::string& chunk = response.chunk();
      if (cancelled() || bytes.size() + chunk.size() > kMaxBlobBytes) {
        context.TryCancel();
        break;
      }
      bytes.insert(bytes.end(), chunk.begin(), chunk.end());
    }
    const grpc::Status status = reader->Finish();
    if (cancelled()) {
      return absl::CancelledError("interrupted");
    }
    if (!status.ok()) {
      auto why = ToAbsl(status);
      // A server that is going down cancels: as good as away.
      const bool away = absl::IsCancelled(why) || absl::IsDeadlineExceeded(why);
      return base::WithContext(
          away ? absl::UnavailableError(why.message()) : why,
          absl::StrCat("fetching blob ", sha256));
    }
    return bytes;
  }

 private:
  [[nodiscard]] std::shared_ptr<v1::AgentService::Stub> NewStub() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // gRPC's time-out of one attempt to connect, whatever its name says.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    return v1::AgentService::NewStub(grpc::CreateCustomChannel(
        address_, grpc::InsecureChannelCredentials(), arguments));
  }

  std::string address_;
  std::mutex mutex_;  // stub_
  std::shared_ptr<v1::AgentService::Stub> stub_;
};

}  // namespace

std::unique_ptr<ServerChannel> MakeGrpcServerChannel(
    const std::string& address) {
  return std::make_unique<GrpcServerChannel>(address);
}

}  // namespace tinyrig::agent
