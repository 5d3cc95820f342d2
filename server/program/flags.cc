#include "server/program/flags.h"

#include <vector>

#include "base/address.h"
#include "base/resources.h"
#include "server/program/data_folder.h"
#include <CLI/CLI.hpp>

namespace tinyrig::server {
namespace {

constexpr int kExitUsage = 2;

struct Row {
  const char* name;
  std::variant<std::string*, std::filesystem::path*, int*, int64_t*,
               std::vector<std::string>*>
      value;
  const char* help;
  CLI::Validator check{};
};

// CLI11 puts the flag's name before what is said here.
CLI::Validator IsAddress() {
  return {[](const std::string& text) {
            return std::string(base::ParseHostPort(text).status().message());
          },
          ""};
}

CLI::Validator IsAddressOrOff() {
  return {[](const std::string& text) {
            return text == kHttpOff ? std::string() : IsAddress()(text);
          },
          ""};
}

std::vector<Row> LabRows(Flags& flags) {
  LabOptions& lab = flags.lab;
  return {
      {"--listen", &flags.listen, "HOST:PORT; port 0 takes any", IsAddress()},
      {"--data", &flags.data, "folder of database and blobs"},
      {"--compile-jobs", &lab.compile_jobs, "compiles at once",
       CLI::Range(1, 64)},
      {"--log-level", &flags.log_level, "debug|info|warning|error",
       CLI::IsMember({"debug", "info", "warning", "error"})},
      {"--lease-timeout-ms", &lab.lease_timeout_ms,
       "silence after which an agent's jobs go to others",
       CLI::Range(50, 3'600'000)},
      {"--heartbeat-ms", &lab.heartbeat_ms,
       "how often agents are asked to say something", CLI::Range(10, 600'000)},
      {"--takeover-ms", &lab.takeover_ms,
       "silence after which another instance may take an agent's id",
       CLI::Range(50, 3'600'000)},
      {"--cancel-grace-ms", &lab.cancel_grace_ms,
       "how long a cancelled job waits for its agent to let go",
       CLI::Range(0, 600'000)},
      {"--max-queue", &lab.max_queue, "jobs that may wait",
       CLI::Range(1, 10'000'000)},
      {"--max-blob-bytes", &flags.blobs.max_blob_bytes, "largest upload",
       CLI::Range(1024, 1 << 30)},
      {"--reserve-bytes", &flags.blobs.reserve_bytes,
       "disk space that uploads and new jobs leave free",
       CLI::NonNegativeNumber},
      {"--compiler", &flags.compiler, "the tinyrig-compile program"},
      {"--ready-file", &flags.ready_file,
       "written with the address once the server is ready; the HTTP address "
       "goes to FILE.http"}};
}

std::vector<Row> HttpRows(HttpOptions& http) {
  return {
      {"--http", &http.listen,
       "HOST:PORT of API and dashboard; port 0 takes any; \"off\" for none",
       IsAddressOrOff()},
      {"--web", &http.web, "folder of the built dashboard"},
      {"--http-read-timeout-ms", &http.read_timeout_ms,
       "silence after which a half-sent request is dropped",
       CLI::Range(50, 600'000)},
      {"--http-heartbeat-ms", &http.heartbeat_ms,
       "between comments on a quiet event stream", CLI::Range(50, 600'000)},
      {"--http-host", &http.hosts,
       "a further Host name to serve (a listener on loopback serves "
       "localhost only); may be repeated"},
      {"--http-max-connections", &http.max_connections,
       "connections at once; more are answered 503", CLI::Range(1, 100'000)}};
}

void Add(const std::vector<Row>& rows, CLI::App& app) {
  for (const Row& row : rows) {
    std::visit(
        [&](auto* value) {
          CLI::Option* option = app.add_option(row.name, *value, row.help);
          option->check(row.check)->allow_extra_args(false);
          if (option->get_expected_max() == 1) {
            option->capture_default_str();
          }
        },
        row.value);
  }
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

}  // namespace

std::variant<Flags, int> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  flags.data = DataFolder::Default().string();
  flags.compiler = base::SiblingProgram("tinyrig-compile").string();
  flags.http.web = base::ShareFolder() / "web";
  CLI::App app("The tinyrig lab server", "tinyrig-server");
  app.set_version_flag("--version", flags.lab.server_version);
  Add(LabRows(flags), app);
  Add(HttpRows(flags.http), app);
  AddRestoreFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  flags.http_given = app.count("--http") > 0;
  return flags;
}

}  // namespace tinyrig::server
