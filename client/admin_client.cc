#include "client/admin_client.h"

#include "client/calls.h"
#include "tinyrig/v1/admin_service.grpc.pb.h"

namespace tinyrig::client {

// Work on the whole store may take hours; the short calls may not.
struct AdminClient::Channel {
  using Stub = v1::AdminService::Stub;

  std::unique_ptr<Stub> stub;
  Calls calls;

  template <typename Method, typename Request>
  auto Unary(Method method, const Request& request, int timeout_ms,
             const std::string& address) {
    return client::Unary(calls, *stub, method, request, timeout_ms, address);
  }
};

AdminClient::AdminClient(std::string address)
    : address_(std::move(address)), channel_(std::make_unique<Channel>()) {
  channel_->stub = v1::AdminService::NewStub(Dial(address_));
}

AdminClient::~AdminClient() = default;

void AdminClient::Cancel() {
  channel_->calls.Cancel();
}

absl::StatusOr<v1::BackupProgress> AdminClient::Backup(
    const std::string& folder,
    const std::function<void(const v1::BackupProgress&)>& see) {
  Call call(channel_->calls, kNoLimit);
  v1::BackupRequest request;
  request.set_folder(folder);
  auto reader = channel_->stub->Backup(&call.context, request);
  v1::BackupProgress progress;
  while (reader->Read(&progress)) {
    see(progress);
  }
  RETURN_IF_ERROR(FromGrpc(reader->Finish(), address_));
  return progress;
}

absl::StatusOr<v1::CollectGarbageResponse> AdminClient::CollectGarbage(
    const v1::CollectGarbageRequest& request) {
  return channel_->Unary(&Channel::Stub::CollectGarbage, request, kNoLimit,
                         address_);
}

absl::StatusOr<v1::CheckIntegrityResponse> AdminClient::CheckIntegrity(
    bool deep) {
  v1::CheckIntegrityRequest request;
  request.set_deep(deep);
  return channel_->Unary(&Channel::Stub::CheckIntegrity, request, kNoLimit,
                         address_);
}

absl::StatusOr<v1::Baseline> AdminClient::SetBaseline(
    const std::string& name, const std::string& run_id) {
  v1::SetBaselineRequest request;
  request.set_name(name);
  request.set_run_id(run_id);
  return channel_->Unary(&Channel::Stub::SetBaseline, request, kShortMs,
                         address_);
}

absl::StatusOr<v1::Baseline> AdminClient::DeleteBaseline(
    const std::string& name) {
  v1::DeleteBaselineRequest request;
  request.set_name(name);
  return channel_->Unary(&Channel::Stub::DeleteBaseline, request, kShortMs,
                         address_);
}

absl::StatusOr<v1::ListBaselinesResponse> AdminClient::ListBaselines() {
  return channel_->Unary(&Channel::Stub::ListBaselines,
                         v1::ListBaselinesRequest(), kShortMs, address_);
}

}  // namespace tinyrig::client
