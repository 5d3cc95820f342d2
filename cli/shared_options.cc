#include <map>
#include <string>

#include "cli/commands.h"

namespace tinyrig::cli {

void AddFormatOption(CLI::App* command, Context* context) {
  static const std::map<std::string, Format> formats = {
      {"table", Format::kTable},
      {"json", Format::kJson},
      {"csv", Format::kCsv}};
  command
      ->add_option("-o,--output", context->format, "table (default), json, csv")
      ->transform(
          CLI::CheckedTransformer(formats, CLI::ignore_case).description(""));
  command->add_option("--server", context->server, "server address")
      ->description(
          "server address; also $TINYRIG_SERVER (default "
          "127.0.0.1:7077)");
}

void AddPageOptions(CLI::App* list, ListOptions* options) {
  list->add_option("--page-size", options->page_size, "rows")
      ->check(CLI::Range(1, 1000));
  list->add_option("--page-token", options->page_token, "from the page before");
}

}  // namespace tinyrig::cli
