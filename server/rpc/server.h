// Skins over the handlers of every service on one gRPC port; with the health
// service and reflection. No gRPC type leaves this folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "server/admin/admin_api.h"
#include "server/api/lab_api.h"
#include "server/lab/agent_registry.h"
#include "server/query/history.h"
#include "server/query/lab_feed.h"
#include "server/query/query_api.h"
#include "server/transfer/transfer_api.h"

namespace tinyrig::server {

/// What the skins translate for; all of it must outlive the server.
struct RpcHandlers {
  LabApi& lab;
  AgentRegistry& agents;
  QueryApi& queries;
  BoardHistoryApi& history;
  AdminApi& admin;
  TransferApi& transfer;
  LabFeed& feed;
  ChangeNotifier& changes;
};

/// Start and Stop belong to one thread; handlers run on gRPC's.
class RpcServer {
 public:
  /// `listen`: host:port, port 0 takes any. INVALID_ARGUMENT: no such port.
  /// UNAVAILABLE: the address is taken or not ours. `timed` is told of each
  /// call that has ended: method
  /// ("LabService/GetJob") and seconds.
  using Timed = std::function<void(const std::string& method, double seconds)>;
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const std::string& listen, const RpcHandlers& handlers,
      const Timed& timed);
  virtual ~RpcServer() = default;

  /// host:port as it is.
  [[nodiscard]] virtual std::string address() const = 0;
  /// Ends every stream with UNAVAILABLE, within `grace_ms`.
  virtual void Stop(int grace_ms) = 0;
};

}  // namespace tinyrig::server
