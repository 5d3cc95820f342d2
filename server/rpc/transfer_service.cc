#include "server/rpc/transfer_service.h"

#include "server/rpc/convert.h"

namespace tinyrig::server {

grpc::Status TransferServiceSkin::ExportTable(
    grpc::ServerContext* context, const v1::ExportTableRequest* request,
    grpc::ServerWriter<v1::ExportChunk>* writer) {
  v1::ExportChunk message;
  return ToGrpc(api_.ExportTable(
      {context->peer()}, *request, [&](const std::string& chunk) {
        message.set_data(chunk);
        return !context->IsCancelled() && writer->Write(message);
      }));
}

grpc::Status TransferServiceSkin::ExportRecords(
    grpc::ServerContext* context, const v1::ExportRecordsRequest* request,
    grpc::ServerWriter<v1::RunRecord>* writer) {
  return ToGrpc(api_.ExportRecords(
      {context->peer()}, *request, [&](const v1::RunRecord& record) {
        return !context->IsCancelled() && writer->Write(record);
      }));
}

grpc::Status TransferServiceSkin::ImportRecord(
    grpc::ServerContext* context, const v1::RunRecord* request,
    v1::ImportRecordResponse* response) {
  return Answer(api_.ImportRecord({context->peer()}, *request), response);
}

}  // namespace tinyrig::server
