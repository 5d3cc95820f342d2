#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "cli/admin_report.h"
#include "cli/become.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/units.h"
#include "client/admin_client.h"

namespace tinyrig::cli {
namespace {

struct GcOptions {
  int keep_days = 0;
  int keep_runs = 0;
  bool dry_run = false;
  bool compact = false;
  bool yes = false;
};

struct RestoreWords {
  std::string folder, data;
  bool force = false;
};

// One line that is redrawn on a terminal, a line for each step elsewhere.
class BackupView {
 public:
  void Show(const v1::BackupProgress& progress) {
    if (terminal_) {
      std::fprintf(stderr, "\r\x1b[K%s %s of %s", progress.step().c_str(),
                   ShortBytes(progress.done_bytes()).c_str(),
                   ShortBytes(progress.total_bytes()).c_str());
      drawn_ = true;
    } else if (progress.step() != step_) {
      std::fprintf(stderr, "backup: %s\n", progress.step().c_str());
    }
    step_ = progress.step();
  }
  void End() const {
    if (drawn_) {
      std::fprintf(stderr, "\r\x1b[K");
    }
  }

 private:
  bool terminal_ = ::isatty(2) == 1;
  bool drawn_ = false;
  std::string step_;
};

// The folder is the server's. Only a server on this machine can mean our
// working folder.
std::string ServerFolder(const Context& context, const std::string& folder) {
  const bool here = context.server.starts_with("127.") ||
                    context.server.starts_with("localhost:") ||
                    context.server.starts_with("[::1]");
  std::error_code error;
  const auto absolute = std::filesystem::absolute(folder, error);
  return here && !error ? absolute.lexically_normal().string() : folder;
}

int Backup(const Context& context, const std::string& folder) {
  HoldSignals();
  client::AdminClient admin(context.server);
  const Interrupt interrupt([&admin] { admin.Cancel(); });
  const std::string there = ServerFolder(context, folder);
  BackupView view;
  const auto last = admin.Backup(
      there,
      [&view](const v1::BackupProgress& progress) { view.Show(progress); });
  view.End();
  if (!last.ok()) {
    return FailRpc(last.status());
  }
  PrintResource(context, BackupTable(there, *last), *last);
  return kExitOk;
}

int Restore(const RestoreWords& words) {
  std::vector<std::string> argv = {"--restore-from", words.folder, "--data",
                                   words.data};
  if (words.force) {
    argv.emplace_back("--force");
  }
  return Become("tinyrig-server", argv);
}

bool Agreed() {
  std::fprintf(stderr, "Delete these for ever? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int CollectGarbage(const Context& context, const GcOptions& options) {
  if (!options.dry_run && !options.yes && ::isatty(0) == 0) {
    PrintError(absl::InvalidArgumentError(
        "admin gc deletes for ever: without a terminal give --yes, or "
        "--dry-run to see what it would delete"));
    return kExitUsage;
  }
  HoldSignals();
  client::AdminClient admin(context.server);
  const Interrupt interrupt([&admin] { admin.Cancel(); });
  v1::CollectGarbageRequest request;
  request.set_keep_days(options.keep_days);
  request.set_keep_runs_per_cell(options.keep_runs);
  request.set_compact(options.compact);
  if (!options.dry_run && !options.yes) {
    request.set_dry_run(true);
    const auto plan = admin.CollectGarbage(request);
    if (!plan.ok()) {
      return FailRpc(plan.status());
    }
    std::fputs(GcTable(*plan).Text().c_str(), stderr);
    if (!Agreed()) {
      PrintError(absl::CancelledError("nothing was deleted"));
      return kExitInterrupted;
    }
  }
  request.set_dry_run(options.dry_run);
  const auto response = admin.CollectGarbage(request);
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  PrintResource(context, GcTable(*response), *response);
  return kExitOk;
}

int Check(const Context& context, bool deep) {
  HoldSignals();
  client::AdminClient admin(context.server);
  const Interrupt interrupt([&admin] { admin.Cancel(); });
  const auto response = admin.CheckIntegrity(deep);
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  if (context.format == Format::kTable) {
    Print(CheckReport(*response));
  } else {
    PrintResource(context, FindingTable(*response), *response);
  }
  return response->ok() ? kExitOk : kExitLab;
}

int PrintBaseline(const Context& context,
                  const absl::StatusOr<v1::Baseline>& baseline) {
  if (!baseline.ok()) {
    return FailRpc(baseline.status());
  }
  PrintResource(context, BaselineTable({*baseline}), *baseline);
  return kExitOk;
}

int ListBaselines(const Context& context) {
  client::AdminClient admin(context.server);
  const auto response = admin.ListBaselines();
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  PrintResource(context,
                BaselineTable({response->baselines().begin(),
                               response->baselines().end()}),
                *response);
  return kExitOk;
}

void AddBackupAndRestore(CLI::App* group, Context* context, int* exit_code) {
  auto folder = std::make_shared<std::string>();
  CLI::App* backup = group->add_subcommand(
      "backup",
      "copy database and blobs into a folder of the server's machine "
      "while the lab goes on; again into the same folder: only what "
      "is new");
  AddFormatOption(backup, context);
  backup->add_option("folder", *folder, "new, empty, or an older backup")
      ->required();
  backup->callback([=] { *exit_code = Backup(*context, *folder); });

  auto words = std::make_shared<RestoreWords>();
  CLI::App* restore = group->add_subcommand(
      "restore",
      "check a backup and put it into a data folder that no server "
      "uses; run it on the server's machine");
  restore->add_option("folder", words->folder, "the backup")->required();
  restore->add_option("--data", words->data, "the data folder")->required();
  restore->add_flag("--force", words->force,
                    "take a folder that holds data, and move that data aside");
  restore->callback([=] { *exit_code = Restore(*words); });
}

void AddGc(CLI::App* group, Context* context, int* exit_code) {
  auto options = std::make_shared<GcOptions>();
  CLI::App* gc = group->add_subcommand(
      "gc", "delete old results and the blobs that nothing names any more");
  AddFormatOption(gc, context);
  gc->add_option("--keep-days", options->keep_days,
                 "what is younger stays (default 365)")
      ->check(CLI::Range(1, 36'500));
  gc->add_option("--keep-runs", options->keep_runs,
                 "newest runs of each model, board kind and origin that stay "
                 "however old (default 20)")
      ->check(CLI::Range(1, 1'000'000));
  gc->add_flag("--dry-run", options->dry_run, "only count");
  gc->add_flag("--compact", options->compact,
               "give the freed space of the database back to the disk");
  gc->add_flag("--yes", options->yes, "do not ask");
  gc->callback([=] { *exit_code = CollectGarbage(*context, *options); });
}

void AddBaselines(CLI::App* admin, Context* context, int* exit_code) {
  CLI::App* group = admin->add_subcommand(
      "baseline", "runs that are never deleted, by names of their own");
  group->require_subcommand(1);
  auto name = std::make_shared<std::string>();
  auto run = std::make_shared<std::string>();
  CLI::App* set = group->add_subcommand("set", "name a run, or move the name");
  AddFormatOption(set, context);
  set->add_option("name", *name, "[a-z0-9][a-z0-9_.-]{0,63}")->required();
  set->add_option("run", *run, "run id, e.g. r-12")->required();
  set->callback([=] {
    *exit_code = PrintBaseline(
        *context,
        client::AdminClient(context->server).SetBaseline(*name, *run));
  });
  CLI::App* list = group->add_subcommand("list", "all baselines");
  AddFormatOption(list, context);
  list->callback([=] { *exit_code = ListBaselines(*context); });
  CLI::App* remove =
      group->add_subcommand("delete", "forget the name; the run stays");
  AddFormatOption(remove, context);
  remove->add_option("name", *name, "the baseline")->required();
  remove->callback([=] {
    *exit_code = PrintBaseline(
        *context, client::AdminClient(context->server).DeleteBaseline(*name));
  });
}

}  // namespace

void AddAdminCommands(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* group =
      app.add_subcommand("admin",
                         "backup, restore, garbage and integrity of the stored "
                         "data (docs/ADMIN.md)");
  group->require_subcommand(1);
  AddBackupAndRestore(group, context, exit_code);
  AddGc(group, context, exit_code);
  auto deep = std::make_shared<bool>(false);
  CLI::App* check = group->add_subcommand(
      "check", "look at database, references and blobs; changes nothing");
  AddFormatOption(check, context);
  check->add_flag("--deep", *deep, "also read and hash every blob");
  check->callback([=] { *exit_code = Check(*context, *deep); });
  AddBaselines(group, context, exit_code);
}

}  // namespace tinyrig::cli
