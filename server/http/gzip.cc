#include "server/http/gzip.h"

#include <vector>
#include <zlib.h>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/check.h"

namespace tinyrig::server {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib.h: + 16 writes a gzip header
constexpr int kMemLevel = 8;
constexpr size_t kPackedBytes = 64 << 10;

}  // namespace

std::string Gzip(std::string_view bytes, int level) {
  z_stream stream{};
  TINYRIG_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, kMemLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  // zlib does not write to next_in; its type is older than const.
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  TINYRIG_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct GzipStream::Zlib {
  z_stream stream{};
};

GzipStream::GzipStream(int level) : zlib_(std::make_unique<Zlib>()) {
  TINYRIG_CHECK(deflateInit2(&zlib_->stream, level, Z_DEFLATED, kGzipWindow,
                             kMemLevel, Z_DEFAULT_STRATEGY) == Z_OK);
}

GzipStream::~GzipStream() {
  deflateEnd(&zlib_->stream);
}

std::string GzipStream::Deflate(std::string_view bytes, bool is_last) {
  z_stream& stream = zlib_->stream;
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string packed;
  do {
    const size_t before = packed.size();
    packed.resize(before + kPackedBytes);
    stream.next_out = reinterpret_cast<Bytef*>(packed.data() + before);
    stream.avail_out = static_cast<uInt>(kPackedBytes);
    // Z_BUF_ERROR: nothing to do, which is no error here.
    const int result = deflate(&stream, is_last ? Z_FINISH : Z_NO_FLUSH);
    TINYRIG_CHECK(result != Z_STREAM_ERROR);
    packed.resize(packed.size() - stream.avail_out);
  } while (stream.avail_out == 0);
  return packed;
}

std::string GzipStream::Add(std::string_view bytes) {
  return Deflate(bytes, false);
}

std::string GzipStream::Finish() {
  return Deflate("", true);
}

bool AcceptsGzip(std::string_view accept_encoding) {
  for (absl::string_view item : absl::StrSplit(
           absl::string_view(accept_encoding.data(), accept_encoding.size()),
           ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(item, ';');
    if (absl::StripAsciiWhitespace(parts[0]) != "gzip") {
      continue;
    }
    const absl::string_view weight =
        parts.size() > 1 ? absl::StripAsciiWhitespace(parts[1]) : "";
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" &&
           weight != "q=0.000";
  }
  return false;
}

bool IsText(std::string_view content_type) {
  return content_type.starts_with("text/") ||
         content_type.starts_with("application/json") ||
         content_type.starts_with("application/x-ndjson") ||
         content_type.starts_with("image/svg");
}

}  // namespace tinyrig::server
