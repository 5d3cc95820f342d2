#include "server/rpc/admin_service.h"

#include "server/rpc/convert.h"

namespace tinyrig::server {

grpc::Status AdminServiceSkin::Backup(
    grpc::ServerContext* context, const v1::BackupRequest* request,
    grpc::ServerWriter<v1::BackupProgress>* writer) {
  return ToGrpc(api_.Backup(
      {context->peer()}, *request, [&](const v1::BackupProgress& progress) {
        return !context->IsCancelled() && writer->Write(progress);
      }));
}

grpc::Status AdminServiceSkin::CollectGarbage(
    grpc::ServerContext* context, const v1::CollectGarbageRequest* request,
    v1::CollectGarbageResponse* response) {
  return Answer(
      api_.CollectGarbage({context->peer()}, *request,
                          [context] { return context->IsCancelled(); }),
      response);
}

grpc::Status AdminServiceSkin::CheckIntegrity(
    grpc::ServerContext* context, const v1::CheckIntegrityRequest* request,
    v1::CheckIntegrityResponse* response) {
  return Answer(
      api_.CheckIntegrity({context->peer()}, *request,
                          [context] { return context->IsCancelled(); }),
      response);
}

grpc::Status AdminServiceSkin::SetBaseline(
    grpc::ServerContext* context, const v1::SetBaselineRequest* request,
    v1::Baseline* response) {
  return Answer(api_.SetBaseline({context->peer()}, *request), response);
}

grpc::Status AdminServiceSkin::DeleteBaseline(
    grpc::ServerContext* context, const v1::DeleteBaselineRequest* request,
    v1::Baseline* response) {
  return Answer(api_.DeleteBaseline({context->peer()}, *request), response);
}

grpc::Status AdminServiceSkin::ListBaselines(
    grpc::ServerContext* context, const v1::ListBaselinesRequest* request,
    v1::ListBaselinesResponse* response) {
  return Answer(api_.ListBaselines({context->peer()}, *request), response);
}

}  // namespace tinyrig::server
