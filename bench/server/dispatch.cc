#include "bench/server/dispatch.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <thread>

#include "absl/strings/str_format.h"
#include <grpcpp/grpcpp.h>

#include "base/child.h"
#include "base/sha256.h"
#include "bench/server/http_client.h"
#include "bench/server/lab_agents.h"
#include "bench/server/server_process.h"
#include "proto/file/artifact.h"
#include "tinyrig/v1/agent_service.grpc.pb.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/lab_service.grpc.pb.h"

namespace tinyrig::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kGoalMs = 100;
constexpr int kSubmitThreads = 8;
constexpr char kImageHash[] = "0123456789abcdef0123456789abcdef";

double MsBetween(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::string Sha(const std::string& bytes) {
  return base::Sha256Hex(
      std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

std::string Artifact(const std::string& board_id) {
  v1::CompiledModel model;
  model.set_model_name("bench");
  model.set_model_sha256(std::string(64, 'b'));
  model.set_board_id(board_id);
  model.set_engine_version("bench");
  model.set_image("image");
  model.set_image_sha256(Sha("image"));
  model.set_image_hash(kImageHash);
  for (int i = 0; i < 20; ++i) {
    model.add_layers()->set_op("CONV_2D");
  }
  for (v1::TensorInfo* tensor : {model.add_inputs(), model.add_outputs()}) {
    tensor->add_shape(1);
    tensor->add_shape(8);
    tensor->set_type("int8");
    tensor->set_size_bytes(8);
  }
  model.mutable_memory()->set_arena_bytes(20'000);
  model.mutable_flash()->set_total_bytes(90'000);
  return file::SerializeArtifact(model);
}

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()),
          status.error_message()};
}

std::unique_ptr<v1::LabService::Stub> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return v1::LabService::NewStub(grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), arguments));
}

absl::Status Upload(v1::LabService::Stub& lab, const std::string& bytes) {
  grpc::ClientContext context;
  v1::UploadBlobResponse response;
  const auto writer = lab.UploadBlob(&context, &response);
  v1::UploadBlobRequest request;
  request.set_sha256(Sha(bytes));
  request.set_size_bytes(static_cast<int64_t>(bytes.size()));
  request.set_chunk(bytes);
  writer->Write(request);
  writer->WritesDone();
  return FromGrpc(writer->Finish());
}

struct Submitted {
  std::string submitter;
  Clock::time_point answered;
};

struct Load {
  int jobs = 0;
  int per_second = 0;
  std::function<std::string(int)> submitter;  ///< of the n-th job
};

struct LoadResult {
  std::map<std::string, Submitted> jobs;
  Times answers;
  double seconds = 0;
  absl::Status failed;
};

// Each thread takes the next job when its time has come.
LoadResult Submit(const std::string& address, const Load& load) {
  LoadResult result;
  std::mutex mutex;
  std::atomic<int> next{0};
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kSubmitThreads; ++t) {
    threads.emplace_back([&] {
      const auto lab = Dial(address);
      for (int i = next++; i < load.jobs; i = next++) {
        std::this_thread::sleep_until(
            begin + std::chrono::microseconds(int64_t{1'000'000} * i /
                                              load.per_second));
        v1::CreateJobRequest request;
        v1::JobSpec& spec = *request.mutable_spec();
        spec.set_board_id(KindOfBoard(i));
        spec.set_model_sha256(Sha(Artifact(KindOfBoard(i))));
        spec.set_model_name("bench");
        spec.set_submitter(load.submitter(i));
        grpc::ClientContext context;
        v1::Job job;
        const auto asked = Clock::now();
        const grpc::Status status = lab->CreateJob(&context, request, &job);
        const auto answered = Clock::now();
        const std::lock_guard lock(mutex);
        result.failed.Update(FromGrpc(status));
        result.jobs[job.id()] = {spec.submitter(), answered};
        result.answers.Add(MsBetween(asked, answered));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  result.seconds = MsBetween(begin, Clock::now()) / 1000;
  return result;
}

class Bench {
 public:
  Bench(ServerProcess& server, LabAgents& agents,
        const DispatchOptions& options, Table& table)
      : server_(server), agents_(agents), options_(options), table_(table) {}

  absl::Status Steady();
  absl::Status Burst();
  absl::Status MoreThanBoards();
  absl::Status DeadAgents();

 private:
  /// Submits, waits for the end of all, gives back who was leased when.
  absl::StatusOr<LoadResult> Run(const Load& load, milliseconds board_time,
                                 std::map<std::string, LeaseSeen>& leases);
  absl::StatusOr<Times> AskLists(int count);

  ServerProcess& server_;
  LabAgents& agents_;
  const DispatchOptions& options_;
  Table& table_;
  size_t jobs_ = 0;
};

absl::StatusOr<LoadResult> Bench::Run(
    const Load& load, milliseconds board_time,
    std::map<std::string, LeaseSeen>& leases) {
  agents_.SetBoardTime(board_time);
  LoadResult result = Submit(server_.grpc(), load);
  RETURN_IF_ERROR(result.failed);
  jobs_ += static_cast<size_t>(load.jobs);
  RETURN_IF_ERROR(agents_.WaitFinished(jobs_, seconds(180)));
  leases = agents_.TakeLeases();
  return result;
}

// The job is there and a board is free -> the lease is at the agent. An agent
// may have it before the submitter has its answer: 0.
Times DispatchTimes(const LoadResult& result,
                    const std::map<std::string, LeaseSeen>& leases) {
  Times times;
  for (const auto& [id, lease] : leases) {
    const auto job = result.jobs.find(id);
    if (job != result.jobs.end()) {
      times.Add(std::max(
          0.0, MsBetween(std::max(job->second.answered, lease.board_free),
                         lease.lease)));
    }
  }
  return times;
}

absl::Status Bench::Steady() {
  const double cpu_s = server_.CpuSeconds();
  const auto begin = Clock::now();
  std::map<std::string, LeaseSeen> leases;
  ASSIGN_OR_RETURN(
      const LoadResult result,
      Run({.jobs = 100 * options_.seconds,
           .per_second = 100,
           .submitter = [](int i) { return absl::StrFormat("s%d", i % 10); }},
          milliseconds(500), leases));
  const double wall_s = MsBetween(begin, Clock::now()) / 1000;
  const double share = (server_.CpuSeconds() - cpu_s) / wall_s;
  table_.AddTimes("dispatch at 100 jobs/s", DispatchTimes(result, leases),
                  kGoalMs);
  table_.AddLine({"  CreateJob answered in", "", result.answers.Text()});
  table_.AddLine(
      {"  server's share of one core", "< 1",
       absl::StrFormat("%.2f (%.1f jobs/s over %.1f s)", share,
                       static_cast<double>(leases.size()) / wall_s, wall_s),
       share < 1});
  return absl::OkStatus();
}

absl::Status Bench::Burst() {
  std::map<std::string, LeaseSeen> leases;
  ASSIGN_OR_RETURN(
      const LoadResult result,
      Run({.jobs = options_.agents * options_.boards_per_agent,
           .per_second = 1000,
           .submitter = [](int i) { return absl::StrFormat("s%d", i % 10); }},
          milliseconds(2000), leases));
  table_.AddTimes("dispatch, a burst onto free boards",
                  DispatchTimes(result, leases), kGoalMs);
  table_.AddLine(
      {"  CreateJob answered in", "",
       absl::StrFormat(
           "%s; %.0f jobs/s came through", result.answers.Text(),
           static_cast<double>(result.jobs.size()) / result.seconds)});
  return absl::OkStatus();
}

// Half of the jobs are one person's; the others must not wait for it.
absl::Status Bench::MoreThanBoards() {
  const int jobs = 5 * options_.agents * options_.boards_per_agent;
  std::map<std::string, LeaseSeen> leases;
  ASSIGN_OR_RETURN(const LoadResult result,
                   Run({.jobs = jobs,
                        .per_second = 1000,
                        .submitter =
                            [](int i) {
                              return i / 2 % 2 == 0
                                         ? std::string("heavy")
                                         : absl::StrFormat("s%d", i / 4 % 9);
                            }},
                       milliseconds(5000), leases));
  table_.AddTimes("dispatch, five times more jobs than boards",
                  DispatchTimes(result, leases), kGoalMs);
  table_.AddLine(
      {"  CreateJob answered in", "",
       absl::StrFormat(
           "%s; %.0f jobs/s came through", result.answers.Text(),
           static_cast<double>(result.jobs.size()) / result.seconds)});
  std::map<std::string, double> longest;
  for (const auto& [id, job] : result.jobs) {
    const auto lease = leases.find(id);
    if (lease == leases.end()) {
      return absl::InternalError("job " + id + " never had a board");
    }
    double& most = longest[job.submitter];
    most = std::max(most, MsBetween(job.answered, lease->second.lease));
  }
  double others = 0;
  for (const auto& [submitter, ms] : longest) {
    others = submitter == "heavy" ? others : std::max(others, ms);
  }
  table_.AddLine(
      {"  longest wait: who has half, the other nine", "others less",
       absl::StrFormat("%.0f ms, at most %.0f ms", longest["heavy"], others),
       others < longest["heavy"]});
  const size_t boards =
      static_cast<size_t>(options_.agents * options_.boards_per_agent);
  table_.AddLine({"  boards that had work", "all",
                  absl::StrFormat("%d of %d", agents_.UsedBoards(), boards),
                  agents_.UsedBoards() == boards});
  return absl::OkStatus();
}

absl::StatusOr<Times> Bench::AskLists(int count) {
  HttpClient client(server_.http());
  Times times;
  for (int i = 0; i < count; ++i) {
    for (const char* path :
         {"/api/v1/jobs?pageSize=50", "/api/v1/boards?pageSize=50",
          "/api/v1/runs?pageSize=50", "/api/v1/overview"}) {
      ASSIGN_OR_RETURN(const HttpAnswer answer, client.Get(path));
      times.Add(answer.ms);
    }
  }
  return times;
}

// An agent in this process that takes nothing from its stream, and makes the
// server say much: every stale update is answered.
class DeafAgent {
 public:
  explicit DeafAgent(const std::string& address)
      : stub_(v1::AgentService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        stream_(stub_->Attach(&context_)) {
    v1::AgentMessage hello;
    hello.mutable_hello()->set_agent_id("deaf");
    hello.mutable_hello()->set_instance_id("bench");
    stream_->Write(hello);
    for (int i = 0; i < 20'000; ++i) {
      v1::AgentMessage update;
      update.mutable_job_update()->set_job_id("j-1");
      update.mutable_job_update()->set_fence(1000);
      update.mutable_job_update()->set_state(v1::Job::RUNNING);
      if (!stream_->Write(update)) {
        break;
      }
    }
  }
  ~DeafAgent() {
    context_.TryCancel();
    v1::ServerMessage message;
    while (stream_->Read(&message)) {
    }
    stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::ServerMessage>>
      stream_;
};

// This program again, attached, then stopped: dead, but its connection stands.
class StoppedAgent {
 public:
  explicit StoppedAgent(const std::string& address) {
    child_ = base::Child::Start(
                 {.argv = {"/proc/self/exe", "--stuck-agent", address}})
                 .value();
    std::this_thread::sleep_for(milliseconds(1000));
    child_.Signal(SIGSTOP);
  }
  ~StoppedAgent() { child_.Kill(); }

 private:
  base::Child child_;
};

absl::Status Bench::DeadAgents() {
  ASSIGN_OR_RETURN(const Times before, AskLists(100));
  Times with;
  {
    const StoppedAgent stopped(server_.grpc());
    const DeafAgent deaf(server_.grpc());
    ASSIGN_OR_RETURN(with, AskLists(100));
  }
  table_.AddLine({"lists, all agents well", "", before.Text()});
  table_.AddTimes("lists, one agent stopped, one that never reads", with, 50);
  return absl::OkStatus();
}

absl::Status WaitAttached(v1::LabService::Stub& lab, int agents) {
  for (int i = 0; i < 600; ++i) {
    grpc::ClientContext context;
    v1::ServerInfo info;
    RETURN_IF_ERROR(FromGrpc(
        lab.GetServerInfo(&context, v1::GetServerInfoRequest(), &info)));
    if (info.attached_agent_count() == agents) {
      return absl::OkStatus();
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  return absl::UnavailableError("the simulated agents did not attach");
}

}  // namespace

absl::Status BenchDispatch(const std::filesystem::path& data,
                           const DispatchOptions& options, Table& table) {
  table.Section(absl::StrFormat("Dispatch: %d agents with %d boards each",
                                options.agents, options.boards_per_agent));
  ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(data, {}));
  const auto lab = Dial(server.grpc());
  for (int i = 0; i < 2; ++i) {
    RETURN_IF_ERROR(Upload(*lab, Artifact(KindOfBoard(i))));
  }
  const int64_t start_kib = server.MemoryKib("VmRSS");
  {
    LabAgents agents({.address = server.grpc(),
                      .agents = options.agents,
                      .boards_per_agent = options.boards_per_agent,
                      .image_hash = kImageHash});
    RETURN_IF_ERROR(WaitAttached(*lab, options.agents));
    Bench bench(server, agents, options, table);
    RETURN_IF_ERROR(bench.Steady());
    RETURN_IF_ERROR(bench.Burst());
    RETURN_IF_ERROR(bench.MoreThanBoards());
    RETURN_IF_ERROR(bench.DeadAgents());
  }
  table.AddLine({"server memory: start, most, end", "",
                 absl::StrFormat("%d, %d, %d MiB", start_kib / 1024,
                                 server.MemoryKib("VmHWM") / 1024,
                                 server.MemoryKib("VmRSS") / 1024)});
  return absl::OkStatus();
}

int BeStuckAgent(const std::string& address) {
  grpc::ClientContext context;
  const auto stub = v1::AgentService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  const auto stream = stub->Attach(&context);
  v1::AgentMessage hello;
  hello.mutable_hello()->set_agent_id("stopped");
  hello.mutable_hello()->set_instance_id("bench");
  stream->Write(hello);
  ::pause();
  return 0;
}

}  // namespace tinyrig::bench
