#include "client/lab_client.h"

#include <algorithm>

#include "base/clock.h"
#include "base/sha256.h"
#include "client/calls.h"
#include "proto/file/dataset.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr size_t kChunkBytes = 512 * 1024;
constexpr int kWatchPauseMs = 300;

}  // namespace

struct LabClient::Channel {
  std::unique_ptr<v1::LabService::Stub> stub;
  Calls calls;

  template <typename Method, typename Request>
  auto Unary(Method method, const Request& request,
             const std::string& address) {
    return client::Unary(calls, *stub, method, request, kShortMs, address);
  }
};

LabClient::LabClient(std::string address)
    : address_(std::move(address)), channel_(std::make_unique<Channel>()) {
  channel_->stub = v1::LabService::NewStub(Dial(address_));
}

LabClient::~LabClient() = default;

void LabClient::CancelAll() {
  channel_->calls.Cancel();
}

bool LabClient::cancelled() const {
  return channel_->calls.cancelled();
}

absl::StatusOr<v1::ServerInfo> LabClient::GetServerInfo() {
  return channel_->Unary(&v1::LabService::Stub::GetServerInfo,
                         v1::GetServerInfoRequest(), address_);
}

absl::StatusOr<v1::ListBoardsResponse> LabClient::ListBoards(
    const v1::ListBoardsRequest& request) {
  return channel_->Unary(&v1::LabService::Stub::ListBoards, request, address_);
}

absl::StatusOr<v1::Board> LabClient::GetBoard(const std::string& name) {
  v1::GetBoardRequest request;
  request.set_name(name);
  return channel_->Unary(&v1::LabService::Stub::GetBoard, request, address_);
}

absl::StatusOr<std::string> LabClient::UploadDataset(
    const v1::DatasetFile& dataset) {
  const std::string bytes = file::SerializeDataset(dataset);
  return UploadBlob(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

absl::StatusOr<std::string> LabClient::UploadBlob(
    std::span<const uint8_t> bytes) {
  Call call(channel_->calls, kShortMs);
  v1::UploadBlobResponse response;
  auto writer = channel_->stub->UploadBlob(&call.context, &response);
  v1::UploadBlobRequest request;
  request.set_sha256(base::Sha256Hex(bytes));
  request.set_size_bytes(static_cast<int64_t>(bytes.size()));
  size_t sent = 0;
  do {
    const size_t n = std::min(kChunkBytes, bytes.size() - sent);
    request.set_chunk(bytes.data() + sent, n);
    if (!writer->Write(request)) {
      break;  // the server has ended the call: because it knows the bytes, or
    }         // because it refuses them; Finish() tells
    request.Clear();
    sent += n;
  } while (sent < bytes.size());
  writer->WritesDone();
  RETURN_IF_ERROR(FromGrpc(writer->Finish(), address_));
  return response.sha256();
}

absl::StatusOr<std::vector<uint8_t>> LabClient::DownloadBlob(
    const std::string& sha256) {
  Call call(channel_->calls, kShortMs);
  v1::DownloadBlobRequest request;
  request.set_sha256(sha256);
  auto reader = channel_->stub->DownloadBlob(&call.context, request);
  std::vector<uint8_t> bytes;
  v1::DownloadBlobResponse response;
  while (reader->Read(&response)) {
    bytes.insert(bytes.end(), response.chunk().begin(), response.chunk().end());
  }
  RETURN_IF_ERROR(FromGrpc(reader->Finish(), address_));
  if (base::Sha256Hex(bytes) != sha256) {
    return absl::DataLossError("blob " + sha256 + " arrived damaged");
  }
  return bytes;
}

absl::StatusOr<v1::Dataset> LabClient::CreateDataset(
    const std::string& name, const std::string& sha256) {
  v1::CreateDatasetRequest request;
  request.set_name(name);
  request.set_sha256(sha256);
  return channel_->Unary(&v1::LabService::Stub::CreateDataset, request,
                         address_);
}

absl::StatusOr<v1::ListDatasetsResponse> LabClient::ListDatasets(
    const v1::ListDatasetsRequest& request) {
  return channel_->Unary(&v1::LabService::Stub::ListDatasets, request,
                         address_);
}

absl::StatusOr<v1::Job> LabClient::CreateJob(
    const v1::CreateJobRequest& request) {
  return channel_->Unary(&v1::LabService::Stub::CreateJob, request, address_);
}

absl::StatusOr<v1::Job> LabClient::GetJob(const std::string& id) {
  v1::GetJobRequest request;
  request.set_id(id);
  return channel_->Unary(&v1::LabService::Stub::GetJob, request, address_);
}

absl::StatusOr<v1::ListJobsResponse> LabClient::ListJobs(
    const v1::ListJobsRequest& request) {
  return channel_->Unary(&v1::LabService::Stub::ListJobs, request, address_);
}

absl::StatusOr<v1::Job> LabClient::CancelJob(const std::string& id) {
  v1::CancelJobRequest request;
  request.set_id(id);
  return channel_->Unary(&v1::LabService::Stub::CancelJob, request, address_);
}

absl::StatusOr<v1::Job> LabClient::WatchJob(
    const std::string& id, const std::function<void(const v1::Job&)>& see,
    int patience_s) {
  int64_t last_word_us = base::SystemClock().MonotonicMicros();
  while (true) {
    v1::Job job;
    bool ended = false;
    grpc::Status status;
    {
      Call call(channel_->calls, kNoLimit);
      v1::WatchJobRequest request;
      request.set_id(id);
      auto reader = channel_->stub->WatchJob(&call.context, request);
      while (reader->Read(&job)) {
        last_word_us = base::SystemClock().MonotonicMicros();
        see(job);
        ended = job.state() == v1::Job::SUCCEEDED ||
                job.state() == v1::Job::FAILED ||
                job.state() == v1::Job::CANCELLED;
      }
      status = reader->Finish();
    }
    if (ended) {
      return job;
    }
    const int64_t away_us =
        base::SystemClock().MonotonicMicros() - last_word_us;
    const bool worth_a_retry =
        status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (!worth_a_retry || away_us > patience_s * int64_t{1'000'000}) {
      const absl::Status problem = FromGrpc(status, address_);
      return problem.ok() ? absl::UnavailableError("the watch ended early")
                          : problem;
    }
    if (!channel_->calls.Rest(kWatchPauseMs)) {
      return absl::CancelledError("interrupted");
    }
  }
}

absl::Status LabClient::GetJobLog(
    const std::string& id, bool follow,
    const std::function<void(const v1::JobLogLine&)>& see) {
  Call call(channel_->calls, follow ? kNoLimit : kShortMs);
  v1::GetJobLogRequest request;
  request.set_id(id);
  request.set_follow(follow);
  auto reader = channel_->stub->GetJobLog(&call.context, request);
  v1::JobLogLine line;
  while (reader->Read(&line)) {
    see(line);
  }
  return FromGrpc(reader->Finish(), address_);
}

absl::StatusOr<v1::Run> LabClient::GetRun(const std::string& id) {
  v1::GetRunRequest request;
  request.set_id(id);
  return channel_->Unary(&v1::LabService::Stub::GetRun, request, address_);
}

absl::StatusOr<v1::ListRunsResponse> LabClient::ListRuns(
    const v1::ListRunsRequest& request) {
  return channel_->Unary(&v1::LabService::Stub::ListRuns, request, address_);
}

absl::Status LabClient::ForEachPrediction(
    const std::string& run_id,
    const std::function<void(const v1::Prediction&)>& see) {
  v1::ListPredictionsRequest request;
  request.set_run_id(run_id);
  request.set_page_size(1000);
  while (true) {
    ASSIGN_OR_RETURN(const v1::ListPredictionsResponse page,
                     channel_->Unary(&v1::LabService::Stub::ListPredictions,
                                     request, address_));
    std::for_each(page.predictions().begin(), page.predictions().end(), see);
    if (page.next_page_token().empty()) {
      return absl::OkStatus();
    }
    request.set_page_token(page.next_page_token());
  }
}

}  // namespace tinyrig::client
