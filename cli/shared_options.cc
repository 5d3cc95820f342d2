#include <map>
#include <string>

#include "base/address.h"
#include "cli/commands.h"

namespace tinyrig::cli {

CLI::Validator IsAddress() {
  return {[](const std::string& text) {
            return std::string(base::ParseHostPort(text).status().message());
          },
          ""};
}

void AddServerOption(CLI::App* command, Context* context) {
  const CLI::Option* option =
      command->add_option("--server", context->server, "server address")
          ->check(IsAddress())
          ->description(
              "server address; also $TINYRIG_SERVER (default "
              "127.0.0.1:7077)");
  // CLI11 checks what stands on the command line only.
  command->parse_complete_callback([option, context] {
    const std::string wrong = IsAddress()(context->server);
    if (option->count() == 0 && !wrong.empty()) {
      throw CLI::ValidationError("$TINYRIG_SERVER", wrong);
    }
  });
}

void AddFormatOption(CLI::App* command, Context* context) {
  static const std::map<std::string, Format> formats = {
      {"table", Format::kTable},
      {"json", Format::kJson},
      {"csv", Format::kCsv}};
  command
      ->add_option("-o,--output", context->format, "table (default), json, csv")
      ->transform(
          CLI::CheckedTransformer(formats, CLI::ignore_case).description(""));
  AddServerOption(command, context);
}

void AddFilterOptions(CLI::App* list, ListOptions* options,
                      const ListHelp& help) {
  list->add_option("--filter", options->filter,
                   std::string("terms like field = value, joined by AND, OR, "
                               "NOT; = != < <= > >= and : (contains), * stands "
                               "for anything. Fields: ") +
                       help.fields);
  if (help.orders != nullptr) {
    list->add_option("--order-by", options->order_by,
                     std::string("with \" desc\" behind it largest first; "
                                 "newest first if not given. One of: ") +
                         help.orders);
  }
  list->footer(std::string("Examples:\n") + help.examples +
               "The language: docs/FILTER.md");
}

void AddPageOptions(CLI::App* list, ListOptions* options) {
  list->add_option("--page-size", options->page_size, "rows")
      ->check(CLI::Range(1, 1000));
  list->add_option("--page-token", options->page_token, "from the page before");
}

}  // namespace tinyrig::cli
