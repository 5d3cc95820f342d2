// AdminService over gRPC: translates, nothing else.
#pragma once

#include "server/admin/admin_api.h"
#include "tinyrig/v1/admin_service.grpc.pb.h"

namespace tinyrig::server {

/// Thread-safe: gRPC calls it from threads of its own.
class AdminServiceSkin final : public v1::AdminService::Service {
 public:
  explicit AdminServiceSkin(AdminApi& api) : api_(api) {}

  grpc::Status Backup(grpc::ServerContext* context,
                      const v1::BackupRequest* request,
                      grpc::ServerWriter<v1::BackupProgress>* writer) override;
  grpc::Status CollectGarbage(grpc::ServerContext* context,
                              const v1::CollectGarbageRequest* request,
                              v1::CollectGarbageResponse* response) override;
  grpc::Status CheckIntegrity(grpc::ServerContext* context,
                              const v1::CheckIntegrityRequest* request,
                              v1::CheckIntegrityResponse* response) override;
  grpc::Status SetBaseline(grpc::ServerContext* context,
                           const v1::SetBaselineRequest* request,
                           v1::Baseline* response) override;
  grpc::Status DeleteBaseline(grpc::ServerContext* context,
                              const v1::DeleteBaselineRequest* request,
                              v1::Baseline* response) override;
  grpc::Status ListBaselines(grpc::ServerContext* context,
                             const v1::ListBaselinesRequest* request,
                             v1::ListBaselinesResponse* response) override;

 private:
  AdminApi& api_;
};

}  // namespace tinyrig::server
