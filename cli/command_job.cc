#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/job_report.h"
#include "cli/submit.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

constexpr ListHelp kListHelp = {
    "id, state, failure_class, board_id, board_name, agent_id, model_name, "
    "model_sha256, submitter, priority, create_time, end_time, run_id, "
    "request_id",
    "create_time, end_time, priority",
    "  tinyrig job list --filter 'state = FAILED AND create_time > -24h'\n"
    "  tinyrig job list --filter 'submitter:anna AND NOT state = SUCCEEDED' "
    "--order-by 'priority desc'\n"};

int List(const Context& context, const ListOptions& options) {
  client::LabClient lab(context.server);
  v1::ListJobsRequest request;
  request.set_filter(options.filter);
  request.set_order_by(options.order_by);
  request.set_page_size(options.page_size);
  request.set_page_token(options.page_token);
  const auto response = lab.ListJobs(request);
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  PrintResource(context, JobTable(*response), *response);
  if (context.format == Format::kTable &&
      !response->next_page_token().empty()) {
    Print("more: --page-token " + response->next_page_token() + "\n");
  }
  return kExitOk;
}

int Show(const Context& context, const std::string& id) {
  client::LabClient lab(context.server);
  const auto job = lab.GetJob(id);
  if (!job.ok()) {
    return FailRpc(job.status());
  }
  PrintResource(context, JobDetails(*job), *job);
  if (context.format == Format::kTable && job->has_failure()) {
    Print("\n" + FailureReport(*job));
  }
  return kExitOk;
}

int Cancel(const Context& context, const std::string& id) {
  client::LabClient lab(context.server);
  const auto job = lab.CancelJob(id);
  if (!job.ok()) {
    return FailRpc(job.status());
  }
  if (context.format == Format::kJson) {
    Print(ToJson(*job));
  } else {
    Print(fmt::format("{} {}\n", job->id(), v1::Job::State_Name(job->state())));
  }
  return kExitOk;
}

int Logs(const Context& context, const std::string& id, bool follow) {
  HoldSignals();
  client::LabClient lab(context.server);
  const Interrupt interrupt([&] { lab.CancelAll(); });
  const absl::Status status =
      lab.GetJobLog(id, follow, [&](const v1::JobLogLine& line) {
        Print(context.format == Format::kJson ? ToJson(line) : LogText(line));
      });
  if (interrupt.raised()) {
    return kExitInterrupted;
  }
  return status.ok() ? kExitOk : FailRpc(status);
}

CLI::App* AddWithId(CLI::App* group, Context* context, const char* name,
                    const char* help, const std::shared_ptr<std::string>& id) {
  CLI::App* command = group->add_subcommand(name, help);
  AddFormatOption(command, context);
  command->add_option("job", *id, "job id, e.g. j-12")->required();
  return command;
}

}  // namespace

void AddJobCommands(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* group = app.add_subcommand("job", "queued, running and ended jobs");
  group->require_subcommand(1);
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = group->add_subcommand("list", "newest first");
  AddFormatOption(list, context);
  AddFilterOptions(list, options.get(), kListHelp);
  AddPageOptions(list, options.get());
  list->callback([=] { *exit_code = List(*context, *options); });

  auto id = std::make_shared<std::string>();
  AddWithId(group, context, "show", "one job", id)->callback([=] {
    *exit_code = Show(*context, *id);
  });
  AddWithId(group, context, "watch", "wait for its end and print the result",
            id)
      ->callback([=] {
        HoldSignals();
        client::LabClient lab(context->server);
        const Interrupt interrupt([&] { lab.CancelAll(); });
        *exit_code = WaitAndReport(*context, {*id}, {}, lab);
      });
  AddWithId(group, context, "cancel", "end it; a running one lets its board go",
            id)
      ->callback([=] { *exit_code = Cancel(*context, *id); });
  auto follow = std::make_shared<bool>(false);
  CLI::App* logs = AddWithId(group, context, "logs", "its log", id);
  logs->add_flag("--follow,-f", *follow, "go on until the job has ended");
  logs->callback([=] { *exit_code = Logs(*context, *id, *follow); });
}

}  // namespace tinyrig::cli
