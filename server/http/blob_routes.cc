// Blobs: raw bytes in and out.
#include <fstream>

#include "server/http/routes.h"
#include "server/http/static_files.h"
#include "server/http/unary.h"

namespace tinyrig::server {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr int kMaxFileNameBytes = 128;

// The bytes lie in a file already; now they get their name.
absl::StatusOr<v1::UploadBlobResponse> TakeUpload(LabApi& api,
                                                  const HttpRequest& http) {
  std::string sha256 = http.Header("x-sha256");
  const std::string& real = http.body_sha256;
  if (sha256.empty()) {
    sha256 = real;
  } else if (sha256 != real) {
    return absl::DataLossError(absl::StrCat(
        "the bytes hash to ", real, ", X-Sha256 says ", sha256.substr(0, 80)));
  }
  std::error_code error;
  v1::UploadBlobRequest first;
  first.set_sha256(sha256);
  first.set_size_bytes(
      static_cast<int64_t>(std::filesystem::file_size(http.body_file, error)));
  ASSIGN_OR_RETURN(const auto upload, api.BeginUpload(http.caller, first));
  std::ifstream file(http.body_file, std::ios::binary);
  std::string chunk(kChunkBytes, '\0');
  while (file && !upload->already_there()) {
    file.read(chunk.data(), static_cast<std::streamsize>(kChunkBytes));
    RETURN_IF_ERROR(
        upload->Append(chunk.substr(0, static_cast<size_t>(file.gcount()))));
  }
  return upload->Finish();
}

std::string SafeFileName(const std::string& wanted) {
  std::string name;
  for (const char c : wanted.substr(0, kMaxFileNameBytes)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                       c == '_';
    name += plain ? c : '_';
  }
  return name;
}

HttpReply SendBlob(LabApi& api, const HttpRequest& http) {
  const std::string& sha256 = http.variables.at("sha256");
  const auto path = api.FindBlob(http.caller, sha256);
  if (!path.ok()) {
    return ErrorReply(path.status());
  }
  std::string name = sha256;
  for (const auto& [key, value] : http.query) {
    if (key != "name") {
      return ErrorReply(absl::InvalidArgumentError(
          absl::StrCat("unknown parameter \"", key, "\"; known: name")));
    }
    name = SafeFileName(value);
  }
  HttpReply reply;
  reply.content_type = "application/octet-stream";
  const std::string etag = "\"" + sha256 + "\"";
  reply.headers = {
      {"ETag", etag},
      {"Cache-Control", "public, max-age=31536000, immutable"},
      {"Content-Disposition", "attachment; filename=\"" + name + "\""}};
  if (EtagMatches(http.Header("if-none-match"), etag)) {
    reply.status = 304;
  } else {
    reply.file = *path;
  }
  return reply;
}

}  // namespace

void AddBlobRoutes(Router& router, LabApi& api) {
  Route upload =
      Plain("LabService.UploadBlob", "POST", "/api/v1/blobs", "Store bytes",
            "application/json", [&api](const HttpRequest& http) {
              const auto response = TakeUpload(api, http);
              return response.ok() ? JsonReply(http, *response)
                                   : ErrorReply(response.status());
            });
  upload.response = v1::UploadBlobResponse::descriptor();
  upload.raw_body = true;
  router.Add(std::move(upload));
  router.Add(
      Plain("LabService.DownloadBlob", "GET", "/api/v1/blobs/{sha256}",
            "The bytes", "application/octet-stream",
            [&api](const HttpRequest& http) { return SendBlob(api, http); }));
}

}  // namespace tinyrig::server
