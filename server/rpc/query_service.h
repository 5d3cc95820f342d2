// QueryService over gRPC: translates, nothing else.
#pragma once

#include "server/query/history.h"
#include "server/query/lab_feed.h"
#include "server/query/query_api.h"
#include "tinyrig/v1/query_service.grpc.pb.h"

namespace tinyrig::server {

/// Thread-safe: gRPC calls it from threads of its own.
class QueryServiceSkin final : public v1::QueryService::Service {
 public:
  QueryServiceSkin(LabApi& api, QueryApi& queries, BoardHistoryApi& history,
                   LabFeed& feed)
      : api_(api), queries_(queries), history_(history), feed_(feed) {}

  grpc::Status GetOverview(grpc::ServerContext* context,
                           const v1::GetOverviewRequest* request,
                           v1::Overview* response) override;
  grpc::Status GetTrend(grpc::ServerContext* context,
                        const v1::GetTrendRequest* request,
                        v1::Trend* response) override;
  grpc::Status WatchLab(grpc::ServerContext* context,
                        const v1::WatchLabRequest* request,
                        grpc::ServerWriter<v1::LabEvent>* writer) override;
  grpc::Status GetBoardHistory(grpc::ServerContext* context,
                               const v1::GetBoardHistoryRequest* request,
                               v1::BoardHistory* response) override;
  grpc::Status Sql(grpc::ServerContext* context, const v1::SqlRequest* request,
                   v1::SqlResponse* response) override;

 private:
  LabApi& api_;
  QueryApi& queries_;
  BoardHistoryApi& history_;
  LabFeed& feed_;
};

}  // namespace tinyrig::server
