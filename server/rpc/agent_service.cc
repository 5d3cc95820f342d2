#include "server/rpc/agent_service.h"

#include <thread>

#include "base/log.h"
#include "server/rpc/convert.h"
#include "server/rpc/outbox.h"

namespace tinyrig::server {
namespace {

using Stream = grpc::ServerReaderWriter<v1::ServerMessage, v1::AgentMessage>;

// Acks and leases are small; an agent that reads so slowly is gone.
constexpr size_t kMaxOutbox = 100'000;

// Queues what the lab sends; its own thread writes it.
class RpcAgentStream : public AgentStream {
 public:
  RpcAgentStream(grpc::ServerContext* context, Stream* stream)
      : context_(context), stream_(stream), thread_([this] { Write(); }) {}

  ~RpcAgentStream() override {
    outbox_.Close();
    thread_.join();
  }

  void Send(const v1::ServerMessage& message) override {
    if (!outbox_.Put(message)) {
      context_->TryCancel();
    }
  }

  // The reader is in Read() and can only be woken by a cancel, so the agent
  // sees CANCELLED here and the reason in the server's log.
  void Close(const absl::Status& why) override {
    LOG_INFO("rpc", "stream closed: {}", why.ToString());
    context_->TryCancel();
  }

 private:
  void Write() {
    while (const auto message = outbox_.Take()) {
      if (!stream_->Write(*message)) {
        return;  // the reader will see the end too
      }
    }
  }

  grpc::ServerContext* context_;
  Stream* stream_;
  Outbox<v1::ServerMessage> outbox_{kMaxOutbox};
  std::thread thread_;  // last: it uses all the others
};

}  // namespace

grpc::Status AgentServiceSkin::Attach(grpc::ServerContext* context,
                                      Stream* stream) {
  v1::AgentMessage message;
  if (!stream->Read(&message) || !message.has_hello()) {
    return ToGrpc(
        absl::InvalidArgumentError("attach: the first message is a hello"));
  }
  if (changes_.stopped()) {
    return ToGrpc(absl::UnavailableError("the server is going away"));
  }
  absl::Status status;
  {
    RpcAgentStream link(context, stream);
    const absl::StatusOr<StreamId> id = agents_.Attach(message.hello(), &link);
    status = id.status();
    while (status.ok() && stream->Read(&message)) {
      status = agents_.Receive(*id, message);
    }
    if (id.ok()) {
      agents_.Detach(*id);
    }
  }
  if (!status.ok()) {
    LOG_WARNING("rpc", "agent stream of {} ends: {}", context->peer(),
                status.ToString());
  } else if (changes_.stopped() || context->IsCancelled()) {
    status = absl::UnavailableError("the server gave this stream up");
  }
  return ToGrpc(status);
}

grpc::Status AgentServiceSkin::FetchBlob(
    grpc::ServerContext* context, const v1::FetchBlobRequest* request,
    grpc::ServerWriter<v1::FetchBlobResponse>* writer) {
  return ToGrpc(api_.DownloadBlob({context->peer()}, request->sha256(),
                                  Scope::kAgent,
                                  [writer](const std::string& c) {
                                    v1::FetchBlobResponse response;
                                    response.set_chunk(c);
                                    return writer->Write(response);
                                  }));
}

}  // namespace tinyrig::server
