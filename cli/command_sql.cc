#include <array>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/sql_report.h"
#include "client/transfer_client.h"

namespace tinyrig::cli {
namespace {

constexpr std::array kViews = {"runs", "layers", "samples", "boards", "jobs"};

struct SqlOptions {
  std::string statement;
  std::string format = "table";
  bool schema = false;
  int max_rows = 0;
  int timeout_ms = 0;
};

void Show(const SqlOptions& options, const v1::SqlResponse& response) {
  if (options.format == "json") {
    Print(SqlJson(response));
  } else if (options.format == "jsonl") {
    Print(SqlJsonLines(response));
  } else {
    const Table table = SqlTable(response);
    Print(options.format == "csv" ? table.Csv() : table.Text());
  }
}

// What the server says, so that it cannot be out of date.
int ShowSchema(const SqlOptions& options, client::TransferClient& server) {
  v1::SqlResponse schema;
  schema.add_columns("view");
  schema.add_columns("column");
  for (const char* view : kViews) {
    v1::SqlRequest request;
    request.set_statement(absl::StrCat("SELECT * FROM ", view, " LIMIT 0"));
    const auto response = server.Sql(request);
    if (!response.ok()) {
      return FailRpc(response.status());
    }
    for (const std::string& column : response->columns()) {
      v1::SqlRow* row = schema.add_rows();
      row->add_values()->set_text(view);
      row->add_values()->set_text(column);
    }
  }
  Show(options, schema);
  return kExitOk;
}

int Ask(const SqlOptions& options, client::TransferClient& server) {
  v1::SqlRequest request;
  request.set_max_rows(options.max_rows);
  request.set_timeout_ms(options.timeout_ms);
  request.set_statement(options.statement);
  if (options.statement == "-") {
    request.set_statement(std::string(std::istreambuf_iterator<char>(std::cin),
                                      std::istreambuf_iterator<char>()));
  }
  const auto response = server.Sql(request);
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  Show(options, *response);
  if (response->truncated()) {
    std::fprintf(stderr,
                 "tinyrig: only the first %d rows; --max-rows asks for more "
                 "(at most 100000, 32 MiB)\n",
                 response->rows_size());
  }
  return kExitOk;
}

int Sql(const Context& context, const SqlOptions& options) {
  if (options.schema != options.statement.empty()) {
    PrintError(absl::InvalidArgumentError(
        "sql: either a statement or --schema is wanted, e.g. tinyrig sql "
        "\"SELECT model_name, min(us_p50) FROM runs GROUP BY 1\""));
    return kExitUsage;
  }
  HoldSignals();
  client::TransferClient server(context.server);
  const Interrupt interrupt([&server] { server.Cancel(); });
  return options.schema ? ShowSchema(options, server) : Ask(options, server);
}

}  // namespace

void AddSqlCommand(CLI::App& app, Context* context, int* exit_code) {
  auto options = std::make_shared<SqlOptions>();
  CLI::App* command = app.add_subcommand(
      "sql", "a read-only SELECT over runs, layers, samples, boards, jobs");
  command->add_option("statement", options->statement,
                      "one SELECT; - reads it from standard input");
  command->add_flag("--schema", options->schema, "the views and their columns");
  command
      ->add_option("-o,--output", options->format,
                   "table (default), json, csv, jsonl")
      ->check(CLI::IsMember({"table", "json", "csv", "jsonl"}));
  command->add_option("--max-rows", options->max_rows, "default 1000")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--timeout-ms", options->timeout_ms, "default 5000")
      ->check(CLI::Range(1, 60'000));
  AddServerOption(command, context);
  command->callback([=] { *exit_code = Sql(*context, *options); });
}

}  // namespace tinyrig::cli
