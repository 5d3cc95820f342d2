#include "cli/client.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include <grpcpp/grpcpp.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr size_t kChunkBytes = 512 * 1024;
constexpr int kCallTimeoutMs = 60'000;
constexpr int kMaxMessageBytes = 64 * 1024 * 1024;

}  // namespace

struct LabClient::Channel {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LabService::Stub> stub;
  std::mutex mutex;
  std::condition_variable wake;
  std::set<grpc::ClientContext*> contexts;
  bool cancelled = false;

  // One call in progress, known to CancelAll().
  class Call {
   public:
    Call(Channel& owner, int timeout_ms) : owner_(owner) {
      if (timeout_ms > 0) {
        context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::milliseconds(timeout_ms));
      }
      const std::lock_guard lock(owner_.mutex);
      owner_.contexts.insert(&context);
      if (owner_.cancelled) {
        context.TryCancel();
      }
    }
    ~Call() {
      const std::lock_guard lock(owner_.mutex);
      owner_.contexts.erase(&context);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    grpc::ClientContext context;

   private:
    Channel& owner_;
  };

  template <typename Request, typename Response>
  absl::StatusOr<Response> Unary(
      grpc::Status (v1::LabService::Stub::*method)(grpc::ClientContext*,
                                                   const Request&, Response*),
      const Request& request, const std::string& address);
};

namespace {

absl::Status FromGrpc(const grpc::Status& status, const std::string& address) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return absl::UnavailableError(absl::StrCat(
        "no server answers at ", address, " (", status.error_message(),
        "); start one with `tinyrig server`, or name it with --server or "
        "TINYRIG_SERVER"));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

}  // namespace

template <typename Request, typename Response>
absl::StatusOr<Response> LabClient::Channel::Unary(
    grpc::Status (v1::LabService::Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
    const Request& request, const std::string& address) {
  Call call(*this, kCallTimeoutMs);
  Response response;
  const grpc::Status status =
      (stub.get()->*method)(&call.context, request, &response);
  RETURN_IF_ERROR(FromGrpc(status, address));
  return response;
}

LabClient::LabClient(std::string address)
    : address_(std::move(address)), channel_(std::make_unique<Channel>()) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  channel_->channel = grpc::CreateCustomChannel(
      address_, grpc::InsecureChannelCredentials(), arguments);
  channel_->stub = v1::LabService::NewStub(channel_->channel);
}

LabClient::~LabClient() = default;

void LabClient::CancelAll() {
  const std::lock_guard lock(channel_->mutex);
  channel_->cancelled = true;
  for (grpc::ClientContext* context : channel_->contexts) {
    context->TryCancel();
  }
  channel_->wake.notify_all();
}

bool LabClient::cancelled() const {
  const std::lock_guard lock(channel_->mutex);
  return channel_->cancelled;
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

absl::StatusOr<std::string> LabClient::UploadBlob(
    std::span<const uint8_t> bytes) {
  Channel::Call call(*channel_, kCallTimeoutMs);
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
  Channel::Call call(*channel_, kCallTimeoutMs);
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
      Channel::Call call(*channel_, 0);
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
    std::unique_lock lock(channel_->mutex);
    channel_->wake.wait_for(lock, std::chrono::milliseconds(300),
                            [&] { return channel_->cancelled; });
    if (channel_->cancelled) {
      return absl::CancelledError("interrupted");
    }
  }
}

absl::Status LabClient::GetJobLog(
    const std::string& id, bool follow,
    const std::function<void(const v1::JobLogLine&)>& see) {
  Channel::Call call(*channel_, follow ? 0 : kCallTimeoutMs);
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
