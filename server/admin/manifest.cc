#include "server/admin/manifest.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "base/file.h"
#include "base/sha256.h"

namespace tinyrig::server {
namespace {

using google::protobuf::Struct;

constexpr uint64_t kMaxManifestBytes = 1 << 20;

// One list of the fields for both ways.
template <typename Manifest, typename Numbers, typename Texts>
void ForEachField(Manifest& manifest, const Numbers& number,
                  const Texts& text) {
  number("format_version", manifest.format_version);
  number("schema_version", manifest.schema_version);
  text("server_id", manifest.server_id);
  text("server_version", manifest.server_version);
  text("create_time", manifest.create_time);
  text("database", manifest.database);
  text("database_sha256", manifest.database_sha256);
  number("database_bytes", manifest.database_bytes);
  number("run_count", manifest.run_count);
  number("job_count", manifest.job_count);
  number("blob_count", manifest.blob_count);
  number("blob_bytes", manifest.blob_bytes);
  number("missing_blob_count", manifest.missing_blob_count);
}

absl::Status Check(const BackupManifest& manifest,
                   const std::filesystem::path& path) {
  if (manifest.format_version > kBackupFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(path.string(), ": format ", manifest.format_version,
                     " is newer than this program's ", kBackupFormat,
                     "; restore with the tinyrig-server that made it"));
  }
  const bool plain_name = manifest.database.starts_with("tinyrig-") &&
                          manifest.database.find('/') == std::string::npos;
  if (manifest.format_version < 1 || !plain_name ||
      !base::IsSha256Hex(manifest.database_sha256) ||
      manifest.database_bytes <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": no manifest of a tinyrig backup"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteManifest(const std::filesystem::path& folder,
                           const BackupManifest& manifest) {
  Struct json;
  auto& fields = *json.mutable_fields();
  ForEachField(
      manifest,
      [&](const char* name, int64_t value) {
        fields[name].set_number_value(static_cast<double>(value));
      },
      [&](const char* name, const std::string& value) {
        fields[name].set_string_value(value);
      });
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(json, &text, options).ok()) {
    return absl::InternalError("the manifest cannot be written as JSON");
  }
  return base::WriteFileAtomic(folder / kManifestFile, text);
}

absl::StatusOr<BackupManifest> ReadManifest(
    const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kManifestFile;
  const auto text = base::ReadTextFile(path, kMaxManifestBytes);
  if (text.status().code() == absl::StatusCode::kNotFound) {
    return absl::NotFoundError(absl::StrCat(
        folder.string(), " holds no finished backup: no ", kManifestFile));
  }
  RETURN_IF_ERROR(text.status());
  Struct json;
  if (!google::protobuf::util::JsonStringToMessage(*text, &json).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": no JSON object"));
  }
  const auto& fields = json.fields();
  BackupManifest manifest;
  ForEachField(
      manifest,
      [&](const char* name, int64_t& value) {
        const auto it = fields.find(name);
        // Beyond 2^53 a JSON number is none of ours.
        const double number =
            it == fields.end() ? 0 : it->second.number_value();
        value =
            number >= 0 && number <= 9e15 ? static_cast<int64_t>(number) : 0;
      },
      [&](const char* name, std::string& value) {
        const auto it = fields.find(name);
        value = it == fields.end() ? "" : it->second.string_value();
      });
  RETURN_IF_ERROR(Check(manifest, path));
  return manifest;
}

}  // namespace tinyrig::server
