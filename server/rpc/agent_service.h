// AgentService over gRPC: one thread reads a stream, one writes it.
#pragma once

#include "server/api/lab_api.h"
#include "server/lab/agent_registry.h"
#include "tinyrig/v1/agent_service.grpc.pb.h"

namespace tinyrig::server {

/// Thread-safe: gRPC calls it from threads of its own.
class AgentServiceSkin final : public v1::AgentService::Service {
 public:
  AgentServiceSkin(AgentRegistry& agents, LabApi& api, ChangeNotifier& changes)
      : agents_(agents), api_(api), changes_(changes) {}

  grpc::Status Attach(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::ServerMessage, v1::AgentMessage>* stream)
      override;
  grpc::Status FetchBlob(
      grpc::ServerContext* context, const v1::FetchBlobRequest* request,
      grpc::ServerWriter<v1::FetchBlobResponse>* writer) override;

 private:
  AgentRegistry& agents_;
  LabApi& api_;
  ChangeNotifier& changes_;
};

}  // namespace tinyrig::server
