// gzip for browsers and scrapers.
#pragma once

#include <string>
#include <string_view>

namespace tinyrig::server {

/// Smaller is not worth a header.
inline constexpr size_t kMinGzipBytes = 1024;

/// `level` 1 (fast) to 9 (small).
std::string Gzip(std::string_view bytes, int level);

/// Whether an Accept-Encoding header takes gzip ("gzip;q=0" does not).
bool AcceptsGzip(std::string_view accept_encoding);

/// Whether bodies of this type shrink.
bool IsText(std::string_view content_type);

}  // namespace tinyrig::server
