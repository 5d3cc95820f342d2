#include "cli/admin_client.h"

#include <chrono>
#include <mutex>

#include <grpcpp/grpcpp.h>

#include "tinyrig/v1/admin_service.grpc.pb.h"

namespace tinyrig::client {
namespace {

// Work on the whole store may take hours; the short calls may not.
constexpr int kNoLimit = 0;
constexpr int kShortMs = 60'000;

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

}  // namespace

struct AdminClient::Channel {
  using Stub = v1::AdminService::Stub;

  std::unique_ptr<Stub> stub;
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

  template <typename Request, typename Response>
  absl::StatusOr<Response> Unary(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request, int timeout_ms, const std::string& address) {
    Call call(*this, timeout_ms);
    Response response;
    RETURN_IF_ERROR(FromGrpc(
        (stub.get()->*method)(&call.context, request, &response), address));
    return response;
  }
};

AdminClient::AdminClient(std::string address)
    : address_(std::move(address)), channel_(std::make_unique<Channel>()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  channel_->stub = v1::AdminService::NewStub(grpc::CreateCustomChannel(
      address_, grpc::InsecureChannelCredentials(), arguments));
}

AdminClient::~AdminClient() = default;

void AdminClient::Cancel() {
  const std::lock_guard lock(channel_->mutex);
  channel_->cancelled = true;
  if (channel_->current != nullptr) {
    channel_->current->TryCancel();
  }
}

absl::StatusOr<v1::BackupProgress> AdminClient::Backup(
    const std::string& folder,
    const std::function<void(const v1::BackupProgress&)>& see) {
  Channel::Call call(*channel_, kNoLimit);
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
