// tinyrig-server: wires store, blobs, builder, dispatcher and gRPC; waits for
// SIGTERM or SIGINT. Logic lives next door.
#include <atomic>
#include <csignal>
#include <iostream>

#include "base/file.h"
#include "base/log.h"
#include "base/resources.h"
#include "boards/board.h"
#include "server/admin/restore.h"
#include "server/api/lab_api.h"
#include "server/compile/cached_version_builder.h"
#include "server/data_folder.h"
#include "server/http/routes.h"
#include "server/http/server.h"
#include "server/lab/dispatcher.h"
#include "server/lab/queue_view.h"
#include "server/query/lab_feed.h"
#include "server/query/query_api.h"
#include "server/rpc/server.h"
#include "server/store/sqlite_store.h"
#include <CLI/CLI.hpp>

namespace tinyrig::server {
namespace {

struct Flags {
  std::string listen = "127.0.0.1:7077";
  std::string data = DataFolder::Default().string();
  std::string compiler = base::SiblingProgram("tinyrig-compile").string();
  std::string log_level = "info";
  std::string ready_file;  ///< gRPC's; HTTP's has ".http" behind it
  LabOptions lab;
  BlobLimits blobs;
  int stop_grace_ms = 1000;
  HttpOptions http;
  /// Without --http a taken port is no reason not to start.
  bool http_given = false;
  std::string restore_from;  ///< restore and leave, instead of serving
  bool force = false;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--listen", flags.listen, "HOST:PORT; port 0 takes any")
      ->capture_default_str();
  app.add_option("--data", flags.data, "folder of database and blobs")
      ->capture_default_str();
  app.add_option("--compile-jobs", flags.lab.compile_jobs, "compiles at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--log-level", flags.log_level, "debug|info|warning|error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--lease-timeout-ms", flags.lab.lease_timeout_ms,
                 "silence after which an agent's jobs go to others")
      ->check(CLI::Range(50, 3'600'000))
      ->capture_default_str();
  app.add_option("--heartbeat-ms", flags.lab.heartbeat_ms,
                 "how often agents are asked to say something")
      ->check(CLI::Range(10, 600'000))
      ->capture_default_str();
  app.add_option("--takeover-ms", flags.lab.takeover_ms,
                 "silence after which another instance may take an agent's id")
      ->check(CLI::Range(50, 3'600'000))
      ->capture_default_str();
  app.add_option("--cancel-grace-ms", flags.lab.cancel_grace_ms,
                 "how long a cancelled job waits for its agent to let go")
      ->check(CLI::Range(0, 600'000))
      ->capture_default_str();
  app.add_option("--max-queue", flags.lab.max_queue, "jobs that may wait")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--max-blob-bytes", flags.blobs.max_blob_bytes,
                 "largest upload")
      ->check(CLI::Range(1024, 1 << 30))
      ->capture_default_str();
  app.add_option("--reserve-bytes", flags.blobs.reserve_bytes,
                 "disk space that uploads and new jobs leave free")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--compiler", flags.compiler, "the tinyrig-compile program")
      ->capture_default_str();
  app.add_option("--ready-file", flags.ready_file,
                 "written with the address once the server is ready; the HTTP "
                 "address goes to FILE.http");
}

void AddHttpFlags(CLI::App& app, Flags& flags) {
  app.add_option_function<std::string>(
         "--http",
         [&flags](const std::string& listen) {
           flags.http.listen = listen;
           flags.http_given = true;
         },
         "HOST:PORT of API and dashboard; port 0 takes any; \"off\" for none")
      ->default_str(flags.http.listen);
  app.add_option("--web", flags.http.web, "folder of the built dashboard")
      ->capture_default_str();
  app.add_option("--http-read-timeout-ms", flags.http.read_timeout_ms,
                 "silence after which a half-sent request is dropped")
      ->check(CLI::Range(50, 600'000))
      ->capture_default_str();
  app.add_option("--http-heartbeat-ms", flags.http.heartbeat_ms,
                 "between comments on a quiet event stream")
      ->check(CLI::Range(50, 600'000))
      ->capture_default_str();
  app.add_option("--http-host", flags.http.hosts,
                 "a further Host name to serve (a listener on loopback serves "
                 "localhost only); may be repeated")
      ->allow_extra_args(false);
  app.add_option("--http-max-connections", flags.http.max_connections,
                 "connections at once; more are answered 503")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

void AddRestoreFlags(CLI::App& app, Flags& flags) {
  CLI::Option* restore =
      app.add_option("--restore-from", flags.restore_from,
                     "put the backup in this folder back into --data, and end");
  app.add_flag("--force", flags.force,
               "with --restore-from: take a folder that holds data, and move "
               "that data aside")
      ->needs(restore);
}

BoardCatalog Catalog() {
  BoardCatalog catalog;
  for (const boards::Board& board : boards::AllBoards()) {
    catalog.ids.push_back(board.id);
  }
  catalog.find = [](const std::string& id) -> std::optional<v1::BoardKind> {
    const auto board = boards::FindBoard(id);
    if (!board.ok()) {
      return std::nullopt;
    }
    v1::BoardKind kind;
    kind.set_board_id((*board)->id);
    kind.set_display_name((*board)->name);
    kind.set_chip((*board)->chip);
    switch ((*board)->core) {
      case boards::CoreType::kCortexM4F:
        kind.set_core("cortex-m4f");
        break;
      case boards::CoreType::kCortexM7Sp:
        kind.set_core("cortex-m7-sp");
        break;
      case boards::CoreType::kCortexM7Dp:
        kind.set_core("cortex-m7-dp");
        break;
    }
    kind.set_clock_hz((*board)->clock_hz);
    kind.set_flash_bytes((*board)->image.flash_bytes);
    kind.set_ram_bytes((*board)->image.ram_bytes);
    return kind;
  };
  return catalog;
}

// Blocks until SIGTERM or SIGINT; both were blocked before any thread began.
void WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  LOG_INFO("server", "signal {}: going down", signal);
}

/// Null: switched off.
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttp(
    const Flags& flags, const DataFolder& folder, const HttpServices& services,
    LabFeed& feed) {
  if (flags.http.listen == "off") {
    return nullptr;
  }
  HttpOptions options = flags.http;
  options.spool = folder.scratch();
  options.max_blob_bytes = flags.blobs.max_blob_bytes;
  auto http =
      HttpServer::Start(options, LabRoutes(services), feed, services.metrics);
  if (!http.ok() && !flags.http_given) {
    LOG_WARNING("server", "{}; taking any port", http.status().ToString());
    options.listen = "127.0.0.1:0";
    http =
        HttpServer::Start(options, LabRoutes(services), feed, services.metrics);
  }
  return http;
}

absl::Status SayReady(const Flags& flags, const RpcServer& rpc,
                      const HttpServer* http) {
  if (!flags.ready_file.empty()) {
    // Whoever sees the first file finds the second.
    if (http != nullptr) {
      RETURN_IF_ERROR(base::WriteFileAtomic(flags.ready_file + ".http",
                                            http->address() + "\n"));
    }
    RETURN_IF_ERROR(
        base::WriteFileAtomic(flags.ready_file, rpc.address() + "\n"));
  }
  std::cout << "ready listen=" << rpc.address() << " data=" << flags.data;
  if (http != nullptr) {
    std::cout << " http=" << http->address();
  }
  std::cout << std::endl;
  return absl::OkStatus();
}

absl::Status Serve(const Flags& flags, const sigset_t& signals) {
  ASSIGN_OR_RETURN(const DataFolder folder, DataFolder::Open(flags.data));
  if (folder.was_unclean()) {
    LOG_WARNING("server", "the last server did not stop cleanly");
  }
  ASSIGN_OR_RETURN(
      const auto store,
      SqliteStore::Open(folder.database(),
                        {.check_integrity = folder.was_unclean()}));
  ASSIGN_OR_RETURN(BlobStore blobs,
                   BlobStore::Open(folder.blobs(), flags.blobs));
  ChildBuilder child(flags.compiler, folder.scratch());
  CachedVersionBuilder builder(child, flags.compiler);
  Lab lab{.store = *store,
          .blobs = blobs,
          .builder = builder,
          .clock = base::SystemClock(),
          .boards = Catalog(),
          .options = flags.lab};
  ASSIGN_OR_RETURN(const auto queue_view,
                   QueueView::Open(folder.database(), base::SystemClock()));
  lab.queue = queue_view.get();
  Dispatcher dispatcher(lab, *store);
  AgentDesk agents(lab);
  LabApi api(lab, AllowAll());
  ASSIGN_OR_RETURN(const auto queries,
                   QueryApi::Open(folder.database(), AllowAll()));
  ASSIGN_OR_RETURN(const auto history,
                   BoardHistoryApi::Open(folder.database(), base::SystemClock(),
                                         AllowAll()));
  AdminApi admin(lab, *store, folder.database(), AllowAll());
  TransferApi transfer(lab, folder.database(), AllowAll());
  LabFeed feed(lab, api);
  HttpMetrics metrics;
  feed.OnEnd([&metrics](const v1::Job& job) { metrics.AddJob(job); });
  std::atomic<bool> stopping{false};
  RETURN_IF_ERROR(dispatcher.Start());
  const auto give_up = [&](const absl::Status& why) {
    dispatcher.Stop();
    folder.MarkClean();
    return why;
  };
  auto http = StartHttp(
      flags, folder,
      {api, *queries, *history, admin, transfer, metrics,
       flags.lab.server_version, [&stopping] { return stopping.load(); }},
      feed);
  if (!http.ok()) {
    return give_up(http.status());
  }
  auto started = RpcServer::Start(
      flags.listen,
      {api, agents, *queries, *history, admin, transfer, feed, lab.bell},
      [&metrics](const std::string& method, double seconds) {
        metrics.AddGrpc(method, seconds);
      });
  if (!started.ok()) {
    return give_up(started.status());
  }
  const std::unique_ptr<RpcServer> rpc = *std::move(started);
  feed.Start();
  // Beyond this point calls are taken.
  RETURN_IF_ERROR(SayReady(flags, *rpc, http->get()));
  WaitForSignal(signals);
  stopping = true;
  if (*http != nullptr) {
    (*http)->Drain();
  }
  rpc->Stop(flags.stop_grace_ms);  // also ends the feed and what hangs on it
  feed.Stop();
  if (*http != nullptr) {
    (*http)->Stop(flags.stop_grace_ms);
  }
  dispatcher.Stop();
  folder.MarkClean();
  return absl::OkStatus();
}

// Each tenth of a step, on standard error.
void SayRestoring(const std::string& step, int64_t done, int64_t total) {
  static std::string shown;
  const std::string now = absl::StrCat(
      step, total > 0 ? absl::StrCat(" ", done * 10 / total * 10, " %") : "");
  if (now != shown) {
    shown = now;
    std::cerr << "restore: " << now << std::endl;
  }
}

int ExitCodeOfRestore(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return 2;
    case absl::StatusCode::kFailedPrecondition:
      return 6;
    default:
      return 4;
  }
}

absl::Status Restore(const Flags& flags) {
  ASSIGN_OR_RETURN(const base::UniqueFd lock, DataFolder::Lock(flags.data));
  ASSIGN_OR_RETURN(const RestoreReport report,
                   RestoreBackup({.backup = flags.restore_from,
                                  .data = flags.data,
                                  .force = flags.force,
                                  .say = SayRestoring},
                                 base::SystemClock()));
  const BackupManifest& manifest = report.manifest;
  std::cout << "restored " << manifest.run_count << " runs, "
            << manifest.job_count << " jobs and " << manifest.blob_count
            << " blobs of " << manifest.create_time << " into " << flags.data
            << std::endl;
  if (!report.moved_to.empty()) {
    std::cout << "the data that was there is in " << report.moved_to.string()
              << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace tinyrig::server

int main(int argc, char** argv) {
  using namespace tinyrig;
  server::Flags flags;
  CLI::App app("The tinyrig lab server", "tinyrig-server");
  app.set_version_flag("--version", flags.lab.server_version);
  flags.http.web = base::ShareFolder() / "web";
  server::AddFlags(app, flags);
  server::AddHttpFlags(app, flags);
  server::AddRestoreFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  base::SetLogLevel(flags.log_level);
  // A file limit is an error to report, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  if (!flags.restore_from.empty()) {
    const absl::Status status = server::Restore(flags);
    if (!status.ok()) {
      std::cerr << "tinyrig-server: " << status.message() << "\n";
    }
    return status.ok() ? 0 : server::ExitCodeOfRestore(status);
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (const absl::Status status = server::Serve(flags, signals); !status.ok()) {
    std::cerr << "tinyrig-server: " << status.message() << "\n";
    return 4;
  }
  return 0;
}
