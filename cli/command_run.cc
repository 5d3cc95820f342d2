#include <memory>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "cli/commands.h"
#include "cli/compare.h"
#include "cli/exit_code.h"
#include "cli/run_report.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

constexpr ListHelp kListHelp = {
    "id, job_id, model_name, model_sha256, board_id, board_name, dataset_name, "
    "dataset_sha256, submitter, origin, create_time, us_min, us_p50, us_p90, "
    "us_max, cycles_p50, instructions, sram_bytes, flash_bytes, top1, correct, "
    "total",
    "create_time, model_name, board_id, us_p50, sram_bytes, flash_bytes, top1",
    "  tinyrig run list --filter 'us_p50 < 20ms AND model_name:kws' "
    "--order-by us_p50\n"
    "  tinyrig run list --filter 'origin = MEASURED AND create_time > -24h' "
    "--order-by 'top1 desc'\n"};

int List(const Context& context, const ListOptions& options) {
  client::LabClient lab(context.server);
  v1::ListRunsRequest request;
  request.set_filter(options.filter);
  request.set_order_by(options.order_by);
  request.set_page_size(options.page_size);
  request.set_page_token(options.page_token);
  const auto response = lab.ListRuns(request);
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  const std::vector<v1::Run> runs(response->runs().begin(),
                                  response->runs().end());
  PrintResource(context, RunTable(runs), *response);
  if (context.format == Format::kTable &&
      !response->next_page_token().empty()) {
    Print("more: --page-token " + response->next_page_token() + "\n");
  }
  return kExitOk;
}

int Show(const Context& context, const std::string& id) {
  client::LabClient lab(context.server);
  const auto run = lab.GetRun(id);
  if (!run.ok()) {
    return FailRpc(run.status());
  }
  if (context.format == Format::kTable) {
    Print(RunReport(*run, 0));
  } else {
    PrintResource(context, RunTable({*run}), *run);
  }
  return kExitOk;
}

int ExportPredictions(const Context& context, const std::string& id,
                      client::LabClient& lab) {
  Table table({"index", "sample", "label", "predicted", "cycles", "output"});
  const absl::Status status =
      lab.ForEachPrediction(id, [&](const v1::Prediction& prediction) {
        if (context.format == Format::kJson) {
          Print(ToJson(prediction));
          return;
        }
        const std::string& output = prediction.output();
        table.Row({std::to_string(prediction.sample_index()),
                   prediction.sample_name(), std::to_string(prediction.label()),
                   std::to_string(prediction.predicted()),
                   std::to_string(prediction.cycles()),
                   base::Hex({reinterpret_cast<const uint8_t*>(output.data()),
                              output.size()})});
      });
  if (!status.ok()) {
    return FailRpc(status);
  }
  if (context.format != Format::kJson) {
    Print(context.format == Format::kCsv ? table.Csv() : table.Text());
  }
  return kExitOk;
}

Table SampleTable(const v1::Run& run) {
  Table table({"index", "cycles"});
  for (int i = 0; i < run.latency().cycles_size(); ++i) {
    table.Row({std::to_string(i), std::to_string(run.latency().cycles(i))});
  }
  return table;
}

int Export(const Context& context, const std::string& id,
           const std::string& what) {
  client::LabClient lab(context.server);
  if (what == "predictions") {
    return ExportPredictions(context, id, lab);
  }
  const auto run = lab.GetRun(id);
  if (!run.ok()) {
    return FailRpc(run.status());
  }
  const Table table = what == "samples"  ? SampleTable(*run)
                      : what == "layers" ? LayerTable(*run)
                                         : RunTable({*run});
  PrintResource(context, table, *run);
  return kExitOk;
}

int Compare(const Context& context, const std::vector<std::string>& ids) {
  client::LabClient lab(context.server);
  std::vector<v1::Run> runs;
  v1::ListRunsResponse list;
  for (const std::string& id : ids) {
    auto run = lab.GetRun(id);
    if (!run.ok()) {
      return FailRpc(run.status());
    }
    *list.add_runs() = *run;
    runs.push_back(*std::move(run));
  }
  const Table table = CompareTable(runs);
  PrintResource(context, table, list);
  if (context.format != Format::kTable) {
    return kExitOk;
  }
  if (const Table layers = CompareLayers(runs); !layers.empty()) {
    Print("\n" + layers.Text());
  }
  Print("\nWhat differs in the environment:\n");
  for (const std::string& line : EnvironmentDifferences(runs)) {
    Print("  " + line + "\n");
  }
  return kExitOk;
}

}  // namespace

void AddRunCommands(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* group = app.add_subcommand("run", "stored results");
  group->require_subcommand(1);
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = group->add_subcommand("list", "newest first");
  AddFormatOption(list, context);
  AddFilterOptions(list, options.get(), kListHelp);
  AddPageOptions(list, options.get());
  list->callback([=] { *exit_code = List(*context, *options); });

  auto id = std::make_shared<std::string>();
  CLI::App* show = group->add_subcommand("show", "one run with all layers");
  AddFormatOption(show, context);
  show->add_option("run", *id, "run id, e.g. r-12")->required();
  show->callback([=] { *exit_code = Show(*context, *id); });

  auto what = std::make_shared<std::string>("run");
  CLI::App* export_command =
      group->add_subcommand("export", "raw data of one run");
  AddFormatOption(export_command, context);
  export_command->add_option("run", *id, "run id")->required();
  export_command
      ->add_option("--what", *what, "run, samples, layers or predictions")
      ->check(CLI::IsMember({"run", "samples", "layers", "predictions"}));
  export_command->callback([=] { *exit_code = Export(*context, *id, *what); });

  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* compare = group->add_subcommand(
      "compare", "runs side by side, relative to the first");
  AddFormatOption(compare, context);
  compare->add_option("runs", *ids, "two or more run ids")
      ->required()
      ->expected(2, 16);
  compare->callback([=] { *exit_code = Compare(*context, *ids); });
}

}  // namespace tinyrig::cli
