#include "cli/transfer_client.h"

#include <chrono>
#include <mutex>

#include <grpcpp/grpcpp.h>

#include "tinyrig/v1/lab_service.grpc.pb.h"
#include "tinyrig/v1/query_service.grpc.pb.h"
#include "tinyrig/v1/transfer_service.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;
constexpr int kNoLimit = 0;
// A large record is many rows in one transaction.
constexpr int kImportMs = 300'000;
constexpr int kShortMs = 60'000;
constexpr int kMaxSqlMs = 60'000;

absl::Status FromGrpc(const grpc::Status& status, const std::string& address) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return absl::UnavailableError(absl::StrCat(
        "no server answers at ", address, " (", status.error_message(),
        "); start one with `tinyrig server`, or name it with --server or "
        "TINYRIG_SERVER"));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

}  // namespace

struct TransferClient::Channel {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LabService::Stub> lab;
  std::unique_ptr<v1::QueryService::Stub> query;
  std::unique_ptr<v1::TransferService::Stub> transfer;
  std::mutex mutex;
  grpc::ClientContext* current = nullptr;
  bool cancelled = false;

  // One call, known to Cancel().
  class Call {
   public:
    Call(Channel& owner, int timeout_ms) : owner_(owner) {
      if (timeout_ms > 0) {
        context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::milliseconds(timeout_ms));
      }
      const std::lock_guard lock(owner_.mutex);
      owner_.current = &context;
      if (owner_.cancelled) {
        context.TryCancel();
      }
    }
    ~Call() {
      const std::lock_guard lock(owner_.mutex);
      owner_.current = nullptr;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    grpc::ClientContext context;

   private:
    Channel& owner_;
  };

  // Reads to the end, or until `see` has enough.
  template <typename Message, typename See>
  absl::Status ReadAll(grpc::ClientContext& context,
                       grpc::ClientReader<Message>& reader,
                       const std::string& address, const See& see) {
    Message message;
    bool enough = false;
    while (!enough && reader.Read(&message)) {
      enough = !see(message);
    }
    if (enough) {
      context.TryCancel();
    }
    const grpc::Status status = reader.Finish();
    return enough ? absl::OkStatus() : FromGrpc(status, address);
  }
};

TransferClient::TransferClient(std::string address)
    : address_(std::move(address)), channel_(std::make_unique<Channel>()) {
  channel_->channel = grpc::CreateCustomChannel(
      address_, grpc::InsecureChannelCredentials(), Arguments());
  channel_->lab = v1::LabService::NewStub(channel_->channel);
  channel_->query = v1::QueryService::NewStub(channel_->channel);
  channel_->transfer = v1::TransferService::NewStub(channel_->channel);
}

TransferClient::~TransferClient() = default;

void TransferClient::Cancel() {
  const std::lock_guard lock(channel_->mutex);
  channel_->cancelled = true;
  if (channel_->current != nullptr) {
    channel_->current->TryCancel();
  }
}

absl::StatusOr<v1::SqlResponse> TransferClient::Sql(
    const v1::SqlRequest& request) {
  Channel::Call call(*channel_, kMaxSqlMs + kShortMs);
  v1::SqlResponse response;
  RETURN_IF_ERROR(FromGrpc(
      channel_->query->Sql(&call.context, request, &response), address_));
  return response;
}

absl::Status TransferClient::ExportTable(
    const v1::ExportTableRequest& request,
    const std::function<bool(const std::string&)>& see) {
  Channel::Call call(*channel_, kNoLimit);
  auto reader = channel_->transfer->ExportTable(&call.context, request);
  return channel_->ReadAll(
      call.context, *reader, address_,
      [&see](const v1::ExportChunk& chunk) { return see(chunk.data()); });
}

absl::Status TransferClient::ExportRecords(
    const std::string& filter,
    const std::function<bool(const v1::RunRecord&)>& see) {
  Channel::Call call(*channel_, kNoLimit);
  v1::ExportRecordsRequest request;
  request.set_filter(filter);
  auto reader = channel_->transfer->ExportRecords(&call.context, request);
  return channel_->ReadAll(call.context, *reader, address_, see);
}

absl::StatusOr<v1::ImportRecordResponse> TransferClient::ImportRecord(
    const v1::RunRecord& record) {
  Channel::Call call(*channel_, kImportMs);
  v1::ImportRecordResponse response;
  RETURN_IF_ERROR(FromGrpc(
      channel_->transfer->ImportRecord(&call.context, record, &response),
      address_));
  return response;
}

// The first chunk tells; the rest is not wanted.
absl::StatusOr<bool> TransferClient::HasBlob(const std::string& sha256) {
  Channel::Call call(*channel_, kShortMs);
  v1::DownloadBlobRequest request;
  request.set_sha256(sha256);
  auto reader = channel_->lab->DownloadBlob(&call.context, request);
  v1::DownloadBlobResponse chunk;
  const bool there = reader->Read(&chunk);
  if (there) {
    call.context.TryCancel();
  }
  const grpc::Status status = reader->Finish();
  if (there || status.ok()) {
    return true;
  }
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return false;
  }
  return FromGrpc(status, address_);
}

}  // namespace tinyrig::client
