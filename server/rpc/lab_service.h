// LabService over gRPC: translates, nothing else.
#pragma once

#include <string>

#include "server/api/lab_api.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"

namespace tinyrig::server {

/// Thread-safe: gRPC calls it from threads of its own.
class LabServiceSkin final : public v1::LabService::Service {
 public:
  explicit LabServiceSkin(LabApi& api) : api_(api) {}

  template <typename T>
  using Writer = grpc::ServerWriter<T>;
  using Context = grpc::ServerContext;

  grpc::Status GetServerInfo(Context* context,
                             const v1::GetServerInfoRequest* request,
                             v1::ServerInfo* response) override;
  grpc::Status ListBoards(Context* context,
                          const v1::ListBoardsRequest* request,
                          v1::ListBoardsResponse* response) override;
  grpc::Status GetBoard(Context* context, const v1::GetBoardRequest* request,
                        v1::Board* response) override;
  grpc::Status UploadBlob(Context* context,
                          grpc::ServerReader<v1::UploadBlobRequest>* reader,
                          v1::UploadBlobResponse* response) override;
  grpc::Status DownloadBlob(Context* context,
                            const v1::DownloadBlobRequest* request,
                            Writer<v1::DownloadBlobResponse>* writer) override;
  grpc::Status CreateDataset(Context* context,
                             const v1::CreateDatasetRequest* request,
                             v1::Dataset* response) override;
  grpc::Status ListDatasets(Context* context,
                            const v1::ListDatasetsRequest* request,
                            v1::ListDatasetsResponse* response) override;
  grpc::Status CreateJob(Context* context, const v1::CreateJobRequest* request,
                         v1::Job* response) override;
  grpc::Status GetJob(Context* context, const v1::GetJobRequest* request,
                      v1::Job* response) override;
  grpc::Status ListJobs(Context* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override;
  grpc::Status WatchJob(Context* context, const v1::WatchJobRequest* request,
                        Writer<v1::Job>* writer) override;
  grpc::Status CancelJob(Context* context, const v1::CancelJobRequest* request,
                         v1::Job* response) override;
  grpc::Status GetJobLog(Context* context, const v1::GetJobLogRequest* request,
                         Writer<v1::JobLogLine>* writer) override;
  grpc::Status GetRun(Context* context, const v1::GetRunRequest* request,
                      v1::Run* response) override;
  grpc::Status ListRuns(Context* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;
  grpc::Status ListPredictions(Context* context,
                               const v1::ListPredictionsRequest* request,
                               v1::ListPredictionsResponse* response) override;

 private:
  LabApi& api_;
};

}  // namespace tinyrig::server
