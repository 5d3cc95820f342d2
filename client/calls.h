// What the clients of all services share: dialling, calls that can be
// cancelled, errors that say what to do. For their .cc files only: gRPC types
// stay out of the headers that others include.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <grpcpp/grpcpp.h>

#include "base/status.h"

namespace tinyrig::client {

/// Timeouts of calls, milliseconds; 0 is none.
inline constexpr int kNoLimit = 0;
inline constexpr int kShortMs = 60'000;

/// The server's code and words; when it cannot be reached, how to start or
/// name one.
absl::Status FromGrpc(const grpc::Status& status, const std::string& address);

/// Messages up to 64 MiB, quick to dial again, never through a proxy.
std::shared_ptr<grpc::Channel> Dial(const std::string& address);

/// The calls under way of one client. Thread-safe.
class Calls {
 public:
  /// Ends those under way and all that begin later.
  void Cancel();
  [[nodiscard]] bool cancelled() const;
  /// Waits; false at once when cancelled.
  bool Rest(int milliseconds);

 private:
  friend class Call;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::set<grpc::ClientContext*> contexts_;
  bool cancelled_ = false;
};

/// One call in progress, known to Calls::Cancel().
class Call {
 public:
  Call(Calls& owner, int timeout_ms);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  grpc::ClientContext context;

 private:
  Calls& owner_;
};

/// One request, one answer.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Unary(
    Calls& calls, Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    const Request& request, int timeout_ms, const std::string& address) {
  Call call(calls, timeout_ms);
  Response response;
  RETURN_IF_ERROR(
      FromGrpc((stub.*method)(&call.context, request, &response), address));
  return response;
}

}  // namespace tinyrig::client
