// Baselines, garbage, integrity, backup: what the people who run the lab ask
// for.
#include "server/http/routes.h"
#include "server/http/unary.h"

namespace tinyrig::server {
namespace {

HttpReply Backup(AdminApi& admin, const HttpRequest& http) {
  const auto request = ReadRequest<v1::BackupRequest>(http);
  if (!request.ok()) {
    return ErrorReply(request.status());
  }
  return JsonLines([&admin, caller = http.caller,
                    request = *request](const MessageSink& sink) {
    return admin.Backup(caller, request, sink);
  });
}

}  // namespace

void AddAdminRoutes(Router& router, const HttpServices& services) {
  AdminApi& admin = services.admin;
  const std::function<bool()>& stopping = services.is_stopping;
  router.Add(Unary("AdminService.ListBaselines", "GET", "/api/v1/baselines",
                   "Runs that are kept by name", admin,
                   &AdminApi::ListBaselines));
  router.Add(Unary("AdminService.SetBaseline", "POST", "/api/v1/baselines",
                   "Mark a run as a baseline", admin, &AdminApi::SetBaseline));
  router.Add(Unary("AdminService.DeleteBaseline", "POST",
                   "/api/v1/baselines/{name}:delete", "Let a baseline go",
                   admin, &AdminApi::DeleteBaseline));
  router.Add(
      Slow(UnaryOf<v1::CollectGarbageRequest, v1::CollectGarbageResponse>(
          "AdminService.CollectGarbage", "POST", "/api/v1/admin/gc",
          "Delete what retention lets go",
          [&admin, stopping](const auto& caller, const auto& request) {
            return admin.CollectGarbage(caller, request, stopping);
          })));
  router.Add(
      Slow(UnaryOf<v1::CheckIntegrityRequest, v1::CheckIntegrityResponse>(
          "AdminService.CheckIntegrity", "POST", "/api/v1/admin/check",
          "Look at database, references and blobs",
          [&admin, stopping](const auto& caller, const auto& request) {
            return admin.CheckIntegrity(caller, request, stopping);
          })));
  Route backup = Plain(
      "AdminService.Backup", "POST", "/api/v1/admin/backup",
      "Copy everything; JSON lines of BackupProgress, the last has done = true",
      "application/x-ndjson",
      [&admin](const HttpRequest& http) { return Backup(admin, http); });
  backup.request = v1::BackupRequest::descriptor();
  backup.response = v1::BackupProgress::descriptor();
  router.Add(std::move(backup));
}

}  // namespace tinyrig::server
