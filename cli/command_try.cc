#include <csignal>
#include <memory>
#include <set>

#include "boards/board.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/private_lab.h"
#include "cli/submit.h"

namespace tinyrig::cli {
namespace {

int FailLab(const client::LabClient& lab, const absl::Status& status) {
  if (lab.cancelled()) {
    return kExitInterrupted;
  }
  PrintError(status);
  return kExitLab;
}

int Try(const Context& context, const SubmitOptions& options) {
  for (const std::string& board : options.boards) {
    if (const auto known = boards::FindBoard(board); !known.ok()) {
      PrintError(known.status());
      return kExitUsage;
    }
  }
  if (const auto model = base::ReadFile(options.model); !model.ok()) {
    PrintError(model.status());
    return kExitUsage;
  }
  HoldSignals();
  const std::set<std::string> kinds(options.boards.begin(),
                                    options.boards.end());
  auto lab = PrivateLab::Start({kinds.begin(), kinds.end()});
  if (!lab.ok()) {
    PrintError(lab.status());
    return kExitLab;
  }
  client::LabClient client(lab->address());
  const Interrupt interrupt([&] { client.CancelAll(); });
  const absl::Status ready = lab->WaitForBoards(client, kinds.size());
  if (!ready.ok()) {
    return FailLab(client, ready);
  }
  return SubmitAndWait(context, options, client);
}

}  // namespace

void AddTryCommand(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* command = app.add_subcommand(
      "try",
      "run a model on virtual boards without any set-up: a private server, "
      "agent and board for the length of this command");
  AddFormatOption(command, context);
  auto options = std::make_shared<SubmitOptions>();
  options->ends_with_us = true;
  command->add_option("model", options->model, "int8 .tflite model")
      ->required();
  command->add_option("--board,-b", options->boards, "board kinds: B[,B...]")
      ->required()
      ->delimiter(',');
  command
      ->add_option("--dataset,-d", options->dataset,
                   "folder in the MLPerf Tiny layout (y_labels.csv + .bin)")
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--runs", options->runs, "recorded inferences (default 10)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--timeout", options->timeout_s,
                      "seconds for compiling, flashing and running");
  command->add_flag("--quiet,-q", options->quiet, "no progress");
  command->callback([=] { *exit_code = Try(*context, *options); });
}

}  // namespace tinyrig::cli
