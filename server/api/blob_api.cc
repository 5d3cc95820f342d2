// Blobs and datasets.
#include <fstream>

#include "proto/file/dataset.h"
#include "server/api/lab_api.h"
#include "server/request/list_request.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxChunkBytes = 1 << 20;
constexpr size_t kSentChunkBytes = 256 << 10;

absl::Status CheckDatasetName(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  bool good = !name.empty() && name.size() <= 64 && plain(name.front());
  for (const char c : name) {
    good = good && (plain(c) || c == '_' || c == '.' || c == '-');
  }
  return good ? absl::OkStatus()
              : absl::InvalidArgumentError(
                    absl::StrCat("dataset name \"", name.substr(0, 80),
                                 "\": [a-z0-9][a-z0-9_.-]{0,63} is wanted"));
}

}  // namespace

absl::Status Upload::Append(const std::string& chunk) {
  if (chunk.size() > kMaxChunkBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("chunk: ", chunk.size(), " bytes, at most ",
                     kMaxChunkBytes, " are taken"));
  }
  return writer_ == nullptr ? absl::OkStatus() : writer_->Append(chunk);
}

absl::StatusOr<v1::UploadBlobResponse> Upload::Finish() {
  v1::UploadBlobResponse response;
  response.set_already_there(already_there());
  if (writer_ != nullptr) {
    RETURN_IF_ERROR(writer_->Commit());
    RETURN_IF_ERROR(
        lab_.store.AddBlob(sha256_, size_bytes_, lab_.clock.UnixMicros()));
  }
  response.set_sha256(sha256_);
  response.set_size_bytes(size_bytes_);
  return response;
}

absl::StatusOr<std::unique_ptr<Upload>> LabApi::BeginUpload(
    const Caller& caller, const v1::UploadBlobRequest& first) {
  RETURN_IF_ERROR(check_(caller, Scope::kSubmit));
  {
    const auto hold = lab_.blobs.Hold();
    std::error_code error;
    if (const auto there = lab_.blobs.Find(first.sha256()); there.ok()) {
      const auto size =
          static_cast<int64_t>(std::filesystem::file_size(*there, error));
      // From now on as good as sent again: not collected. Also, a crash may
      // have come between the file and its row.
      RETURN_IF_ERROR(
          lab_.store.AddBlob(first.sha256(), size, lab_.clock.UnixMicros()));
      return std::make_unique<Upload>(lab_, first.sha256(), size, nullptr);
    }
  }
  ASSIGN_OR_RETURN(auto writer,
                   lab_.blobs.Begin(first.sha256(), first.size_bytes()));
  auto upload = std::make_unique<Upload>(lab_, first.sha256(),
                                         first.size_bytes(), std::move(writer));
  RETURN_IF_ERROR(upload->Append(first.chunk()));
  return upload;
}

absl::Status LabApi::DownloadBlob(const Caller& caller,
                                  const std::string& sha256, Scope scope,
                                  const Sink<std::string>& sink) {
  RETURN_IF_ERROR(check_(caller, scope));
  ASSIGN_OR_RETURN(const auto path, lab_.blobs.Find(sha256));
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kSentChunkBytes, '\0');
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(kSentChunkBytes));
    const auto got = static_cast<size_t>(file.gcount());
    if (got > 0 && !sink(chunk.substr(0, got))) {
      return absl::CancelledError("the caller has gone");
    }
  }
  return file.eof()
             ? absl::OkStatus()
             : absl::UnavailableError("blob " + sha256 + " cannot be read");
}

absl::StatusOr<std::filesystem::path> LabApi::FindBlob(
    const Caller& caller, const std::string& sha256) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  return lab_.blobs.Find(sha256);
}

absl::StatusOr<v1::Dataset> LabApi::CreateDataset(
    const Caller& caller, const v1::CreateDatasetRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kSubmit));
  RETURN_IF_ERROR(CheckDatasetName(request.name()));
  const auto hold = lab_.blobs.Hold();
  ASSIGN_OR_RETURN(const std::string bytes, lab_.blobs.Read(request.sha256()));
  ASSIGN_OR_RETURN(const v1::DatasetFile file, file::ParseDataset(bytes));
  v1::Dataset dataset;
  dataset.set_name(request.name());
  dataset.set_sha256(request.sha256());
  dataset.set_sample_count(file.labels_size());
  dataset.set_sample_bytes(file.sample_bytes());
  dataset.set_class_count(file.class_count());
  dataset.set_preprocessing(file.preprocessing());
  return lab_.store.AddDataset(dataset, file, lab_.clock.UnixMicros());
}

absl::StatusOr<v1::ListDatasetsResponse> LabApi::ListDatasets(
    const Caller& caller, const v1::ListDatasetsRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string after,
                   ReadPageToken("datasets", "", request.page_token()));
  ASSIGN_OR_RETURN(const auto datasets,
                   lab_.store.ListDatasets(after, size + 1));
  v1::ListDatasetsResponse response;
  for (const v1::Dataset& dataset : datasets) {
    if (response.datasets_size() == size) {
      response.set_next_page_token(
          MakePageToken("datasets", "", response.datasets(size - 1).name()));
      break;
    }
    *response.add_datasets() = dataset;
  }
  return response;
}

}  // namespace tinyrig::server
