#include "cli/importer.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

#include "base/file.h"
#include "base/sha256.h"

namespace tinyrig::cli {
namespace {

// As the server: what is larger is no message of gRPC.
constexpr size_t kMaxRecordBytes = 60 << 20;
constexpr uint64_t kMaxBlobBytes = 1ULL << 30;

bool IsSha256(const std::string& text) {
  return text.size() == 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The record is to blame, not the way to the server.
bool IsRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return true;
    default:
      return false;
  }
}

}  // namespace

BlobSource BlobsIn(const std::string& folder) {
  return
      [folder](
          const std::string& sha256) -> absl::StatusOr<std::vector<uint8_t>> {
        const std::string path = absl::StrCat(folder, "/", sha256);
        ASSIGN_OR_RETURN(auto bytes, base::ReadFile(path, kMaxBlobBytes));
        if (base::Sha256Hex(bytes) != sha256) {
          return absl::InvalidArgumentError(
              absl::StrCat(path, " does not hash to its name"));
        }
        return bytes;
      };
}

std::vector<std::string> BlobsOf(const v1::RunRecord& record) {
  std::vector<std::string> blobs;
  for (const std::string* sha256 :
       {&record.job().spec().model_sha256(), &record.run().artifact_sha256(),
        &record.run().dataset_sha256()}) {
    if (IsSha256(*sha256) && std::ranges::find(blobs, *sha256) == blobs.end()) {
      blobs.push_back(*sha256);
    }
  }
  return blobs;
}

void Importer::Refuse(const std::string& where, const absl::Status& why) {
  ++counts_.refused;
  std::fprintf(stderr, "tinyrig: %s is refused: %s\n", where.c_str(),
               std::string(why.message()).c_str());
}

absl::StatusOr<bool> Importer::BringBlob(const std::string& sha256) {
  if (!IsSha256(sha256) || missing_.contains(sha256)) {
    return false;
  }
  if (blobs_.contains(sha256)) {
    return true;
  }
  ASSIGN_OR_RETURN(bool there, transfer_.HasBlob(sha256));
  if (!there && source_) {
    const auto bytes = source_(sha256);
    if (bytes.ok()) {
      RETURN_IF_ERROR(lab_.UploadBlob(*bytes).status());
      there = true;
    } else if (!IsRefusal(bytes.status())) {
      return bytes.status();
    } else if (bytes.status().code() != absl::StatusCode::kNotFound) {
      std::fprintf(stderr, "tinyrig: %s\n",
                   std::string(bytes.status().message()).c_str());
    }
  }
  (there ? blobs_ : missing_).insert(sha256);
  return there;
}

absl::StatusOr<bool> Importer::HasDataset(const std::string& sha256) {
  v1::ListDatasetsRequest request;
  request.set_page_size(1000);
  while (!datasets_known_) {
    ASSIGN_OR_RETURN(const auto page, lab_.ListDatasets(request));
    for (const v1::Dataset& dataset : page.datasets()) {
      datasets_.insert(dataset.sha256());
    }
    request.set_page_token(page.next_page_token());
    datasets_known_ = page.next_page_token().empty();
  }
  return datasets_.contains(sha256);
}

// Under its own name, or, where that stands for other bytes, under one that
// says which it is.
absl::Status Importer::BringDataset(const std::string& name,
                                    const std::string& sha256) {
  if (sha256.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool registered, HasDataset(sha256));
  if (registered) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool there, BringBlob(sha256));
  if (!there) {
    return absl::OkStatus();  // the run keeps its figures, not the names
  }
  absl::Status made = lab_.CreateDataset(name, sha256).status();
  if (made.code() == absl::StatusCode::kAlreadyExists ||
      made.code() == absl::StatusCode::kInvalidArgument) {
    made =
        lab_.CreateDataset("imported-" + sha256.substr(0, 12), sha256).status();
  }
  if (made.ok()) {
    datasets_.insert(sha256);
  }
  return IsRefusal(made) ? absl::OkStatus() : made;
}

// What would become of it, as far as can be told without storing it.
absl::Status Importer::Look(const v1::RunRecord& record,
                            const std::string& where) {
  if (server_id_.empty()) {
    ASSIGN_OR_RETURN(const v1::ServerInfo info, lab_.GetServerInfo());
    server_id_ = info.server_id();
  }
  if (record.source_server_id() == server_id_) {
    ++counts_.own;
    return absl::OkStatus();
  }
  v1::ListJobsRequest request;
  request.set_page_size(1);
  request.set_filter(
      absl::StrCat("request_id = \"import:", record.source_server_id(), ":",
                   record.source_run_id(), "\""));
  const auto jobs = lab_.ListJobs(request);
  if (IsRefusal(jobs.status())) {
    Refuse(where, absl::InvalidArgumentError("it does not say whose it is"));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(jobs.status());
  ++(jobs->jobs().empty() ? counts_.fresh : counts_.already_there);
  return absl::OkStatus();
}

absl::Status Importer::Take(const v1::RunRecord& record,
                            const std::string& where) {
  if (record.ByteSizeLong() > kMaxRecordBytes) {
    Refuse(where, absl::InvalidArgumentError(absl::StrCat(
                      "it is ", record.ByteSizeLong(), " bytes, at most ",
                      kMaxRecordBytes, " can be sent")));
    return absl::OkStatus();
  }
  if (dry_run_) {
    return Look(record, where);
  }
  RETURN_IF_ERROR(BringBlob(record.job().spec().model_sha256()).status());
  RETURN_IF_ERROR(BringBlob(record.run().artifact_sha256()).status());
  RETURN_IF_ERROR(
      BringDataset(record.run().dataset_name(), record.run().dataset_sha256()));
  const auto answer = transfer_.ImportRecord(record);
  if (answer.ok()) {
    ++(answer->already_there() ? counts_.already_there : counts_.fresh);
  } else if (answer.status().code() == absl::StatusCode::kAlreadyExists) {
    ++counts_.own;
  } else if (IsRefusal(answer.status())) {
    Refuse(where, answer.status());
  } else {
    return answer.status();
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::cli
