#include "server/program/serve.h"

#include <atomic>
#include <csignal>
#include <iostream>

#include "base/file.h"
#include "base/log.h"
#include "server/api/lab_api.h"
#include "server/compile/cached_version_builder.h"
#include "server/http/routes.h"
#include "server/http/server.h"
#include "server/lab/dispatcher.h"
#include "server/program/board_catalog.h"
#include "server/program/opened_data.h"
#include "server/query/lab_feed.h"
#include "server/rpc/server.h"
#include "server/store/sqlite_export_reader.h"

namespace tinyrig::server {
namespace {

constexpr int kExitCannotStart = 4;

/// The parts in the order in which they are built. Belongs to the main thread;
/// the parts have threads of their own between Start and Stop.
class LabServer {
 public:
  LabServer(const Flags& flags, OpenedData& data);

  /// Calls are taken once it has returned OK; else nothing runs.
  absl::Status Start();
  /// New calls are refused at once; those under way may end in time.
  void Stop();

  /// The ready files, then the ready line.
  [[nodiscard]] absl::Status SayReady() const;

 private:
  absl::Status StartHttp();
  absl::Status StartRpc();

  const Flags& flags_;
  OpenedData& data_;
  ChildBuilder child_;
  CachedVersionBuilder builder_;
  Lab lab_;
  Dispatcher dispatcher_;
  AgentRegistry agents_;
  LabApi api_;
  AdminApi admin_;
  TransferApi transfer_;
  HttpMetrics metrics_;
  LabFeed feed_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<HttpServer> http_;  ///< null: switched off
  std::unique_ptr<RpcServer> rpc_;
};

LabServer::LabServer(const Flags& flags, OpenedData& data)
    : flags_(flags),
      data_(data),
      child_(flags.compiler, data.folder.scratch()),
      builder_(child_, flags.compiler),
      lab_{.store = *data.store,
           .blobs = data.blobs,
           .builder = builder_,
           .clock = base::SystemClock(),
           .boards = KnownBoards(),
           .options = flags.lab,
           .queue = data.queue.get()},
      dispatcher_(lab_, *data.store),
      agents_(lab_),
      api_(lab_, AllowAll()),
      admin_(lab_, *data.store, data.folder.database(), AllowAll()),
      transfer_(lab_, SqliteExports(data.folder.database()), AllowAll()),
      feed_(lab_, api_) {
  feed_.OnEnd([this](const v1::Job& job) { metrics_.AddJob(job); });
}

absl::Status LabServer::StartHttp() {
  if (flags_.http.listen == kHttpOff) {
    return absl::OkStatus();
  }
  HttpOptions options = flags_.http;
  options.spool = data_.folder.scratch();
  options.max_blob_bytes = flags_.blobs.max_blob_bytes;
  const HttpServices services{api_,
                              *data_.queries,
                              *data_.history,
                              admin_,
                              transfer_,
                              metrics_,
                              flags_.lab.server_version,
                              [this] { return stopping_.load(); }};
  auto http = HttpServer::Start(options, LabRoutes(services), feed_, metrics_);
  if (!http.ok() && !flags_.http_given) {
    LOG_WARNING("server", "{}; taking any port", http.status().ToString());
    options.listen = "127.0.0.1:0";
    http = HttpServer::Start(options, LabRoutes(services), feed_, metrics_);
  }
  RETURN_IF_ERROR(http.status());
  http_ = *std::move(http);
  return absl::OkStatus();
}

absl::Status LabServer::StartRpc() {
  ASSIGN_OR_RETURN(
      rpc_, RpcServer::Start(flags_.listen,
                             {api_, agents_, *data_.queries, *data_.history,
                              admin_, transfer_, feed_, lab_.changes},
                             [this](const std::string& method, double seconds) {
                               metrics_.AddGrpc(method, seconds);
                             }));
  return absl::OkStatus();
}

absl::Status LabServer::Start() {
  RETURN_IF_ERROR(dispatcher_.Start());
  absl::Status status = StartHttp();
  if (status.ok()) {
    status = StartRpc();
  }
  if (!status.ok()) {
    dispatcher_.Stop();
    data_.folder.MarkClean();
    return status;
  }
  feed_.Start();
  return absl::OkStatus();
}

void LabServer::Stop() {
  stopping_ = true;
  if (http_ != nullptr) {
    http_->Drain();
  }
  // Also ends the feed and what hangs on it.
  rpc_->Stop(flags_.stop_grace_ms);
  feed_.Stop();
  if (http_ != nullptr) {
    http_->Stop(flags_.stop_grace_ms);
  }
  dispatcher_.Stop();
  data_.folder.MarkClean();
}

absl::Status LabServer::SayReady() const {
  if (!flags_.ready_file.empty()) {
    // Whoever sees the first file finds the second.
    if (http_ != nullptr) {
      RETURN_IF_ERROR(base::WriteFileAtomic(flags_.ready_file + ".http",
                                            http_->address() + "\n"));
    }
    RETURN_IF_ERROR(
        base::WriteFileAtomic(flags_.ready_file, rpc_->address() + "\n"));
  }
  std::cout << "ready listen=" << rpc_->address() << " data=" << flags_.data;
  if (http_ != nullptr) {
    std::cout << " http=" << http_->address();
  }
  std::cout << std::endl;
  return absl::OkStatus();
}

// Blocks until one of `signals`, which all threads have blocked.
void WaitFor(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  LOG_INFO("server", "signal {}: going down", signal);
}

absl::Status Serve(const Flags& flags, const sigset_t& signals) {
  ASSIGN_OR_RETURN(OpenedData data, OpenData(flags));
  LabServer server(flags, data);
  RETURN_IF_ERROR(server.Start());
  const absl::Status ready = server.SayReady();
  if (ready.ok()) {
    WaitFor(signals);
  }
  server.Stop();
  return ready;
}

}  // namespace

int RunServer(const Flags& flags) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (const absl::Status status = Serve(flags, signals); !status.ok()) {
    std::cerr << "tinyrig-server: " << status.message() << "\n";
    return kExitCannotStart;
  }
  return 0;
}

}  // namespace tinyrig::server
