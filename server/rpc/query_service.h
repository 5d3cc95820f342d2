// QueryService over gRPC: translates, nothing else.
#pragma once

#include "server/query/lab_feed.h"
#include "server/query/query_api.h"
#include "tinyrig/v1/query_service.grpc.pb.h"

namespace tinyrig::server {

class QueryServiceSkin final : public v1::QueryService::Service {
 public:
  QueryServiceSkin(LabApi& api, QueryApi& queries, LabFeed& feed)
      : api_(api), queries_(queries), feed_(feed) {}

  grpc::Status GetOverview(grpc::ServerContext* context,
                           const v1::GetOverviewRequest* request,
                           v1::Overview* response) override;
  grpc::Status GetTrend(grpc::ServerContext* context,
                        const v1::GetTrendRequest* request,
                        v1::Trend* response) override;
  grpc::Status WatchLab(grpc::ServerContext* context,
                        const v1::WatchLabRequest* request,
                        grpc::ServerWriter<v1::LabEvent>* writer) override;
  grpc::Status Sql(grpc::ServerContext* context, const v1::SqlRequest* request,
                   v1::SqlResponse* response) override;

 private:
  LabApi& api_;
  QueryApi& queries_;
  LabFeed& feed_;
};

}  // namespace tinyrig::server
