// The server as the link needs it: one stream of messages and blobs. Behind it
// gRPC (grpc_server_channel.cc) or a test.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/job/blob_cache.h"
#include "base/status.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::agent {

class ServerStream {
 public:
  /// Ends the stream; no callback comes after.
  virtual ~ServerStream() = default;
  /// Queues a message; never waits.
  virtual void Send(v1::AgentMessage message) = 0;
};

class ServerChannel : public BlobSource {
 public:
  struct Callbacks {
    // Called on threads of the stream's own.
    std::function<void(v1::ServerMessage)> message;
    std::function<void(absl::Status)> closed;  ///< once, the last one
  };
  /// Dials; failure arrives as closed().
  virtual std::unique_ptr<ServerStream> Attach(Callbacks callbacks) = 0;
};

/// \param address host:port; plain text, no TLS
std::unique_ptr<ServerChannel> MakeGrpcServerChannel(
    const std::string& address);

}  // namespace tinyrig::agent
