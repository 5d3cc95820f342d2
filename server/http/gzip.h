// gzip for browsers and scrapers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tinyrig::server {

/// Smaller is not worth a header.
inline constexpr size_t kMinGzipBytes = 1024;

/// `level` 1 (fast) to 9 (small).
std::string Gzip(std::string_view bytes, int level);

/// The same piece by piece, for what does not fit into memory; one thread at a
/// time.
class GzipStream {
 public:
  explicit GzipStream(int level);
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream();
  /// What came out meanwhile; often nothing.
  std::string Add(std::string_view bytes);
  /// The rest.
  std::string Finish();

 private:
  std::string Deflate(std::string_view bytes, bool is_last);
  struct Zlib;
  std::unique_ptr<Zlib> zlib_;
};

/// Whether an Accept-Encoding header takes gzip ("gzip;q=0" does not).
bool AcceptsGzip(std::string_view accept_encoding);

/// Whether bodies of this type shrink.
bool IsText(std::string_view content_type);

}  // namespace tinyrig::server
