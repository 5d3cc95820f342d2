#include "client/calls.h"

#include <chrono>

namespace tinyrig::client {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;

}  // namespace

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

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

void Calls::Cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* context : contexts_) {
    context->TryCancel();
  }
  wake_.notify_all();
}

bool Calls::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

bool Calls::Rest(int milliseconds) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                 [this] { return cancelled_; });
  return !cancelled_;
}

Call::Call(Calls& owner, int timeout_ms) : owner_(owner) {
  if (timeout_ms > 0) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(timeout_ms));
  }
  const std::lock_guard lock(owner_.mutex_);
  owner_.contexts_.insert(&context);
  if (owner_.cancelled_) {
    context.TryCancel();
  }
}

Call::~Call() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.contexts_.erase(&context);
}

}  // namespace tinyrig::client
