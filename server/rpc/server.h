// Two skins over the handlers, LabService and AgentService, on one gRPC port;
// with the health service and reflection. No gRPC type leaves this folder.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "server/api/lab_api.h"
#include "server/lab/agent_desk.h"

namespace tinyrig::server {

class RpcServer {
 public:
  /// `listen`: host:port, port 0 takes any. UNAVAILABLE: the address is taken
  /// or not ours. All three must outlive the server.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const std::string& listen, LabApi& api, AgentDesk& agents, Bell& bell);
  virtual ~RpcServer() = default;

  /// host:port as it is.
  [[nodiscard]] virtual std::string address() const = 0;
  /// Ends every stream with UNAVAILABLE, within `grace_ms`.
  virtual void Stop(int grace_ms) = 0;
};

}  // namespace tinyrig::server
