#include "server/rpc/lab_service.h"

#include <utility>

#include "server/rpc/convert.h"

namespace tinyrig::server {
namespace {

Caller CallerOf(grpc::ServerContext* context) {
  return {context->peer()};
}

}  // namespace

grpc::Status LabServiceSkin::GetServerInfo(
    Context* context, const v1::GetServerInfoRequest* request,
    v1::ServerInfo* response) {
  return Answer(api_.GetServerInfo(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::ListBoards(Context* context,
                                        const v1::ListBoardsRequest* request,
                                        v1::ListBoardsResponse* response) {
  return Answer(api_.ListBoards(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::GetBoard(Context* context,
                                      const v1::GetBoardRequest* request,
                                      v1::Board* response) {
  return Answer(api_.GetBoard(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::CreateDataset(
    Context* context, const v1::CreateDatasetRequest* request,
    v1::Dataset* response) {
  return Answer(api_.CreateDataset(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::ListDatasets(
    Context* context, const v1::ListDatasetsRequest* request,
    v1::ListDatasetsResponse* response) {
  return Answer(api_.ListDatasets(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::CreateJob(Context* context,
                                       const v1::CreateJobRequest* request,
                                       v1::Job* response) {
  return Answer(api_.CreateJob(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::GetJob(Context* context,
                                    const v1::GetJobRequest* request,
                                    v1::Job* response) {
  return Answer(api_.GetJob(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::ListJobs(Context* context,
                                      const v1::ListJobsRequest* request,
                                      v1::ListJobsResponse* response) {
  return Answer(api_.ListJobs(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::CancelJob(Context* context,
                                       const v1::CancelJobRequest* request,
                                       v1::Job* response) {
  return Answer(api_.CancelJob(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::GetRun(Context* context,
                                    const v1::GetRunRequest* request,
                                    v1::Run* response) {
  return Answer(api_.GetRun(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::ListRuns(Context* context,
                                      const v1::ListRunsRequest* request,
                                      v1::ListRunsResponse* response) {
  return Answer(api_.ListRuns(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::ListPredictions(
    Context* context, const v1::ListPredictionsRequest* request,
    v1::ListPredictionsResponse* response) {
  return Answer(api_.ListPredictions(CallerOf(context), *request), response);
}

grpc::Status LabServiceSkin::UploadBlob(
    Context* context, grpc::ServerReader<v1::UploadBlobRequest>* reader,
    v1::UploadBlobResponse* response) {
  v1::UploadBlobRequest request;
  if (!reader->Read(&request)) {
    return ToGrpc(absl::InvalidArgumentError("upload: no message came"));
  }
  auto upload = api_.BeginUpload(CallerOf(context), request);
  if (!upload.ok()) {
    return ToGrpc(upload.status());
  }
  while (!(*upload)->already_there() && reader->Read(&request)) {
    if (const absl::Status status = (*upload)->Append(request.chunk());
        !status.ok()) {
      return ToGrpc(status);
    }
  }
  if (context->IsCancelled()) {
    return ToGrpc(absl::CancelledError("the upload was broken off"));
  }
  return Answer((*upload)->Finish(), response);
}

grpc::Status LabServiceSkin::DownloadBlob(
    Context* context, const v1::DownloadBlobRequest* request,
    Writer<v1::DownloadBlobResponse>* writer) {
  return ToGrpc(api_.DownloadBlob(CallerOf(context), request->sha256(),
                                  Scope::kRead, [writer](const std::string& c) {
                                    v1::DownloadBlobResponse response;
                                    response.set_chunk(c);
                                    return writer->Write(response);
                                  }));
}

grpc::Status LabServiceSkin::WatchJob(Context* context,
                                      const v1::WatchJobRequest* request,
                                      Writer<v1::Job>* writer) {
  return ToGrpc(api_.WatchJob(
      CallerOf(context), *request, [context] { return context->IsCancelled(); },
      [writer](const v1::Job& job) { return writer->Write(job); }));
}

grpc::Status LabServiceSkin::GetJobLog(Context* context,
                                       const v1::GetJobLogRequest* request,
                                       Writer<v1::JobLogLine>* writer) {
  return ToGrpc(api_.GetJobLog(
      CallerOf(context), *request, [context] { return context->IsCancelled(); },
      [writer](const v1::JobLogLine& line) { return writer->Write(line); }));
}

}  // namespace tinyrig::server
