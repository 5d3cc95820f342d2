// TransferService over gRPC: translates, nothing else.
#pragma once

#include "server/transfer/transfer_api.h"
#include "tinyrig/v1/transfer_service.grpc.pb.h"

namespace tinyrig::server {

/// Thread-safe: gRPC calls it from threads of its own.
class TransferServiceSkin final : public v1::TransferService::Service {
 public:
  explicit TransferServiceSkin(TransferApi& api) : api_(api) {}

  grpc::Status ExportTable(
      grpc::ServerContext* context, const v1::ExportTableRequest* request,
      grpc::ServerWriter<v1::ExportChunk>* writer) override;
  grpc::Status ExportRecords(
      grpc::ServerContext* context, const v1::ExportRecordsRequest* request,
      grpc::ServerWriter<v1::RunRecord>* writer) override;
  grpc::Status ImportRecord(grpc::ServerContext* context,
                            const v1::RunRecord* request,
                            v1::ImportRecordResponse* response) override;

 private:
  TransferApi& api_;
};

}  // namespace tinyrig::server
