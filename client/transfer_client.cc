#include "client/transfer_client.h"

#include "client/calls.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"
#include "tinyrig/v1/query_service.grpc.pb.h"
#include "tinyrig/v1/transfer_service.grpc.pb.h"

namespace tinyrig::client {
namespace {

// A large record is many rows in one transaction.
constexpr int kImportMs = 300'000;
constexpr int kMaxSqlMs = 60'000;

// Reads to the end, or until `see` has enough.
template <typename Message, typename See>
absl::Status ReadAll(Call& call, grpc::ClientReader<Message>& reader,
                     const std::string& address, const See& see) {
  Message message;
  bool enough = false;
  while (!enough && reader.Read(&message)) {
    enough = !see(message);
  }
  if (enough) {
    call.context.TryCancel();
  }
  const grpc::Status status = reader.Finish();
  return enough ? absl::OkStatus() : FromGrpc(status, address);
}

}  // namespace

struct TransferClient::Channel {
  std::unique_ptr<v1::LabService::Stub> lab;
  std::unique_ptr<v1::QueryService::Stub> query;
  std::unique_ptr<v1::TransferService::Stub> transfer;
  Calls calls;
};

TransferClient::TransferClient(std::string address)
    : address_(std::move(address)), channel_(std::make_unique<Channel>()) {
  const std::shared_ptr<grpc::Channel> channel = Dial(address_);
  channel_->lab = v1::LabService::NewStub(channel);
  channel_->query = v1::QueryService::NewStub(channel);
  channel_->transfer = v1::TransferService::NewStub(channel);
}

TransferClient::~TransferClient() = default;

void TransferClient::Cancel() {
  channel_->calls.Cancel();
}

absl::StatusOr<v1::SqlResponse> TransferClient::Sql(
    const v1::SqlRequest& request) {
  return Unary(channel_->calls, *channel_->query, &v1::QueryService::Stub::Sql,
               request, kMaxSqlMs + kShortMs, address_);
}

absl::Status TransferClient::ExportTable(
    const v1::ExportTableRequest& request,
    const std::function<bool(const std::string&)>& see) {
  Call call(channel_->calls, kNoLimit);
  auto reader = channel_->transfer->ExportTable(&call.context, request);
  return ReadAll(call, *reader, address_, [&see](const v1::ExportChunk& chunk) {
    return see(chunk.data());
  });
}

absl::Status TransferClient::ExportRecords(
    const std::string& filter,
    const std::function<bool(const v1::RunRecord&)>& see) {
  Call call(channel_->calls, kNoLimit);
  v1::ExportRecordsRequest request;
  request.set_filter(filter);
  auto reader = channel_->transfer->ExportRecords(&call.context, request);
  return ReadAll(call, *reader, address_, see);
}

absl::StatusOr<v1::ImportRecordResponse> TransferClient::ImportRecord(
    const v1::RunRecord& record) {
  return Unary(channel_->calls, *channel_->transfer,
               &v1::TransferService::Stub::ImportRecord, record, kImportMs,
               address_);
}

// The first chunk tells; the rest is not wanted.
absl::StatusOr<bool> TransferClient::HasBlob(const std::string& sha256) {
  Call call(channel_->calls, kShortMs);
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
