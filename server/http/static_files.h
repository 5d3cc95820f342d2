// The dashboard's files: one folder, one page, hashed assets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/http/message.h"

namespace tinyrig::server {

/// Thread-safe.
class StaticFiles {
 public:
  /// `folder` need not exist: then a built-in page says how to make it.
  explicit StaticFiles(std::filesystem::path folder)
      : folder_(std::move(folder)) {}

  /// A file of the folder; index.html for a path whose last segment has no
  /// dot; 404 otherwise. Never leaves the folder. Reads are kept until the
  /// file changes.
  HttpReply Serve(const HttpRequest& request);

 private:
  struct Entry {
    std::filesystem::file_time_type changed;
    uintmax_t size_bytes = 0;
    std::string bytes, packed, etag;
  };
  std::shared_ptr<const Entry> Load(const std::filesystem::path& path);

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::filesystem::path, std::shared_ptr<const Entry>> entries_;
};

/// A strong validator: quoted hex of the content's hash.
std::string EtagOf(std::string_view bytes);

/// Whether an If-None-Match header names this validator.
bool EtagMatches(const std::string& if_none_match, const std::string& etag);

}  // namespace tinyrig::server
