// Each group of sub-commands adds itself to the app; a chosen command leaves
// its exit code (exit_code.h) in *exit_code.
#pragma once

#include <string>

#include "cli/output.h"
#include <CLI/CLI.hpp>

namespace tinyrig::cli {

void AddAdminCommands(CLI::App& app, Context* context, int* exit_code);
void AddServiceCommands(CLI::App& app, Context* context, int* exit_code);
void AddBoardCommands(CLI::App& app, Context* context, int* exit_code);
void AddDatasetCommands(CLI::App& app, Context* context, int* exit_code);
void AddCompileCommand(CLI::App& app, Context* context, int* exit_code);
void AddSubmitCommand(CLI::App& app, Context* context, int* exit_code);
void AddTryCommand(CLI::App& app, Context* context, int* exit_code);
void AddJobCommands(CLI::App& app, Context* context, int* exit_code);
void AddRunCommands(CLI::App& app, Context* context, int* exit_code);
void AddExportCommand(CLI::App& app, Context* context, int* exit_code);
void AddImportCommand(CLI::App& app, Context* context, int* exit_code);
void AddSqlCommand(CLI::App& app, Context* context, int* exit_code);

struct ListOptions {
  std::string filter;
  std::string order_by;
  int page_size = 50;
  std::string page_token;
};

/// What a list can be filtered and ordered by, for its help. The server knows
/// the fields; a test holds this against it.
struct ListHelp {
  const char* fields;
  const char* orders;  ///< nullptr: no choice
  const char* examples;
};

/// Adds --filter and, with orders, --order-by to a list command.
void AddFilterOptions(CLI::App* list, ListOptions* options,
                      const ListHelp& help);

/// Adds --page-size and --page-token to a list command.
void AddPageOptions(CLI::App* list, ListOptions* options);

/// An option's check: HOST:PORT with a port of 0..65535.
CLI::Validator IsAddress();

/// Adds --server to a command; what it or $TINYRIG_SERVER says is checked.
void AddServerOption(CLI::App* command, Context* context);

/// Adds -o/--output table|json|csv and --server to a command.
void AddFormatOption(CLI::App* command, Context* context);

}  // namespace tinyrig::cli
