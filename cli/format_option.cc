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
      ->envname("TINYRIG_SERVER")
      ->capture_default_str();
}

}  // namespace tinyrig::cli
