// bench/server: fills a database, asks, stores and dispatches, and prints a
// table of goals and figures. Exits 0 also when a goal is missed.
#include <cstdio>
#include <iostream>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "bench/server/dispatch.h"
#include "bench/server/fill.h"
#include "bench/server/insert.h"
#include "bench/server/queries.h"
#include "bench/server/table.h"
#include <CLI/CLI.hpp>

namespace tinyrig::bench {
namespace {

struct Flags {
  std::string data;
  std::string json;
  std::string stuck_agent;  ///< what this process is instead, see dispatch.h
  std::vector<std::string> only = {"queries", "insert", "dispatch"};
  FillOptions fill;
  QueryOptions queries;
  int inserts = 300;
  DispatchOptions dispatch;
};

absl::Status Run(const Flags& flags, Table& table) {
  const std::set<std::string> only(flags.only.begin(), flags.only.end());
  ASSIGN_OR_RETURN(const base::TempDir scratch,
                   base::TempDir::Create("bench-server"));
  const std::filesystem::path data = flags.data.empty()
                                         ? scratch.path() / "filled"
                                         : std::filesystem::path(flags.data);
  if (only.contains("fill") || only.contains("queries") ||
      only.contains("insert")) {
    RETURN_IF_ERROR(Fill(data, flags.fill));
  }
  if (only.contains("queries")) {
    RETURN_IF_ERROR(BenchQueries(data, flags.fill, flags.queries, table));
  }
  if (only.contains("insert")) {
    RETURN_IF_ERROR(BenchInsert(data, flags.inserts, table));
  }
  if (only.contains("dispatch")) {
    RETURN_IF_ERROR(
        BenchDispatch(scratch.path() / "dispatch", flags.dispatch, table));
  }
  return absl::OkStatus();
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--data", flags.data,
                 "folder of the filled database; kept, and used again");
  app.add_option("--only", flags.only, "fill, queries, insert, dispatch")
      ->delimiter(',')
      ->check(CLI::IsMember({"fill", "queries", "insert", "dispatch"}));
  app.add_option("--json", flags.json, "write the table to this file too");
  app.add_option("--runs", flags.fill.runs, "runs stored")
      ->capture_default_str();
  app.add_option("--layers", flags.fill.layers_per_run,
                 "layer rows of each run")
      ->capture_default_str();
  app.add_option("--models", flags.fill.models, "model names")
      ->capture_default_str();
  app.add_option("--boards", flags.fill.boards, "kinds of boards")
      ->capture_default_str();
  app.add_option("--requests", flags.queries.requests, "of each question")
      ->capture_default_str();
  app.add_option("--clients", flags.queries.clients,
                 "at once, in the second round; 0: none")
      ->capture_default_str();
  app.add_option("--inserts", flags.inserts, "runs stored one by one")
      ->capture_default_str();
  app.add_option("--agents", flags.dispatch.agents, "simulated agents")
      ->capture_default_str();
  app.add_option("--boards-per-agent", flags.dispatch.boards_per_agent, "")
      ->capture_default_str();
  app.add_option("--seconds", flags.dispatch.seconds, "of steady load")
      ->capture_default_str();
  app.add_option("--stuck-agent", flags.stuck_agent, "")->group("");
}

}  // namespace
}  // namespace tinyrig::bench

int main(int argc, char** argv) {
  using namespace tinyrig;
  bench::Flags flags;
  CLI::App app("Measures tinyrig-server against its goals", "server");
  bench::AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  if (!flags.stuck_agent.empty()) {
    return bench::BeStuckAgent(flags.stuck_agent);
  }
  base::SetLogLevel("error");
  const std::string machine = bench::Machine();
  std::printf("%s\n", machine.c_str());
  bench::Table table;
  if (const absl::Status status = bench::Run(flags, table); !status.ok()) {
    std::cerr << "bench/server: " << status << "\n";
    return 1;
  }
  std::printf("\n%d goals missed; load now: %s\n", table.missed(),
              bench::Machine().c_str());
  if (!flags.json.empty()) {
    const absl::Status written =
        base::WriteFileAtomic(flags.json, table.Json(machine));
    if (!written.ok()) {
      std::cerr << "bench/server: " << written << "\n";
      return 1;
    }
  }
  return 0;
}
