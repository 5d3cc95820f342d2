// Every route of docs/HTTP.md, as a table over the api's handlers.
#pragma once

#include "server/admin/admin_api.h"
#include "server/api/lab_api.h"
#include "server/http/metrics.h"
#include "server/http/router.h"
#include "server/query/history.h"
#include "server/query/query_api.h"
#include "server/transfer/transfer_api.h"

namespace tinyrig::server {

struct HttpServices {
  LabApi& api;
  QueryApi& queries;
  BoardHistoryApi& history;
  AdminApi& admin;
  TransferApi& transfer;
  HttpMetrics& metrics;
  std::string version;
  std::function<bool()> is_stopping;
};

/// The services must outlive the router.
Router LabRoutes(const HttpServices& services);

// Parts of it, one file each.
void AddBlobRoutes(Router& router, LabApi& api);
void AddAdminRoutes(Router& router, const HttpServices& services);
void AddTransferRoutes(Router& router, TransferApi& transfer);

}  // namespace tinyrig::server
