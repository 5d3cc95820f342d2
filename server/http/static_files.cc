#include "server/http/static_files.h"

#include <array>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/file.h"
#include "base/sha256.h"
#include "server/http/gzip.h"
#include "server/http/json.h"

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = 32ULL << 20;
constexpr int kBestGzip = 9;
constexpr size_t kEtagDigits = 32;

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes =
    {{{".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".webp", "image/webp"},
      {".wasm", "application/wasm"}}};

std::string TypeOf(const fs::path& path) {
  for (const auto& [extension, type] : kTypes) {
    if (path.extension() == extension) {
      return std::string(type);
    }
  }
  return "application/octet-stream";
}

HttpReply NotFound() {
  HttpReply reply;
  reply.status = 404;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body = "no such file\n";
  return reply;
}

HttpReply NotBuilt() {
  HttpReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.body =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
      "<title>tinyrig</title><h1>tinyrig</h1>"
      "<p>The dashboard has not been built: this tinyrig was configured with "
      "<code>-DTINYRIG_WEB=OFF</code>, or without its target "
      "<code>web</code>. Build <code>web</code>, or name a built dashboard "
      "with <code>tinyrig-server --web FOLDER</code>.</p>"
      "<p>The API works: <a href=\"/api/v1/openapi.json\">openapi.json</a>, "
      "<a href=\"/api/v1/server\">server</a>, <a href=\"/metrics\">metrics</a>."
      "</p></html>\n";
  return reply;
}

// Hidden files and anything that could climb are not served.
bool IsPlain(const std::string& segment) {
  return !segment.starts_with('.') &&
         segment.find_first_of("/\\") == std::string::npos;
}

}  // namespace

std::string EtagOf(std::string_view bytes) {
  return "\"" +
         base::Sha256Hex(
             {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()})
             .substr(0, kEtagDigits) +
         "\"";
}

bool EtagMatches(const std::string& if_none_match, const std::string& etag) {
  for (absl::string_view item : absl::StrSplit(if_none_match, ',')) {
    item = absl::StripAsciiWhitespace(item);
    absl::ConsumePrefix(&item, "W/");
    if (item == "*" || item == absl::string_view(etag)) {
      return true;
    }
  }
  return false;
}

std::shared_ptr<const StaticFiles::Entry> StaticFiles::Load(
    const fs::path& path) {
  std::error_code error;
  // Links may not lead out of the folder.
  const fs::path real = fs::canonical(path, error);
  const fs::path root = fs::canonical(folder_, error);
  if (error || !fs::is_regular_file(real, error) ||
      std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first !=
          root.end()) {
    return nullptr;
  }
  const auto changed = fs::last_write_time(real, error);
  const uintmax_t size_bytes = fs::file_size(real, error);
  const std::lock_guard lock(mutex_);
  if (const auto it = entries_.find(real);
      it != entries_.end() && it->second->changed == changed &&
      it->second->size_bytes == size_bytes) {
    return it->second;
  }
  auto bytes = base::ReadTextFile(real, kMaxFileBytes);
  if (error || !bytes.ok()) {
    return nullptr;
  }
  auto entry = std::make_shared<Entry>();
  entry->changed = changed;
  entry->size_bytes = size_bytes;
  entry->etag = EtagOf(*bytes);
  if (bytes->size() >= kMinGzipBytes && IsText(TypeOf(real))) {
    entry->packed = Gzip(*bytes, kBestGzip);
  }
  entry->bytes = *std::move(bytes);
  entries_[real] = entry;
  return entry;
}

HttpReply StaticFiles::Serve(const HttpRequest& request) {
  std::error_code error;
  if (!fs::exists(folder_ / "index.html", error)) {
    return NotBuilt();
  }
  fs::path path = folder_;
  for (const std::string& segment : request.path) {
    if (!IsPlain(segment)) {
      return NotFound();
    }
    path /= segment;
  }
  const bool is_page = request.path.empty() ||
                       request.path.back().find('.') == std::string::npos;
  const auto entry = Load(is_page ? folder_ / "index.html" : path);
  if (entry == nullptr) {
    return NotFound();
  }
  HttpReply reply;
  reply.content_type = TypeOf(is_page ? "index.html" : path);
  const bool is_asset = !is_page && request.path.front() == "assets";
  reply.headers = {
      {"ETag", entry->etag},
      {"Cache-Control",
       is_asset ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (EtagMatches(request.Header("if-none-match"), entry->etag)) {
    reply.status = 304;
    return reply;
  }
  if (!entry->packed.empty()) {
    reply.headers.emplace_back("Vary", "Accept-Encoding");
    if (AcceptsGzip(request.Header("accept-encoding"))) {
      reply.headers.emplace_back("Content-Encoding", "gzip");
      reply.body = entry->packed;
      return reply;
    }
  }
  reply.body = entry->bytes;
  return reply;
}

}  // namespace tinyrig::server
