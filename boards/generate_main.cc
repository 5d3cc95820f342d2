// tinyrig-boardgen BOARD_ID --header FILE --linker FILE --flags FILE
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "base/file.h"
#include "boards/generate.h"

namespace {

absl::Status Generate(const std::string& id, const std::string& header,
                      const std::string& linker, const std::string& flags) {
  using tinyrig::base::WriteFileAtomic;
  ASSIGN_OR_RETURN(const tinyrig::boards::Board* const board,
                   tinyrig::boards::FindBoard(id));
  if (!header.empty()) {
    RETURN_IF_ERROR(
        WriteFileAtomic(header, tinyrig::boards::FirmwareHeader(*board)));
  }
  if (!linker.empty()) {
    RETURN_IF_ERROR(
        WriteFileAtomic(linker, tinyrig::boards::LinkerScript(*board)));
  }
  if (!flags.empty()) {
    RETURN_IF_ERROR(
        WriteFileAtomic(flags, tinyrig::boards::CompilerFlags(*board)));
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What the firmware's build needs of one board");
  std::string id;
  std::string header;
  std::string linker;
  std::string flags;
  app.add_option("board", id, "board id")->required();
  app.add_option("--header", header, "C++ header to write");
  app.add_option("--linker", linker, "linker script to write");
  app.add_option("--flags", flags, "compiler flags to write, one a line");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Generate(id, header, linker, flags);
  if (!status.ok()) {
    std::fprintf(stderr, "tinyrig-boardgen: %s\n",
                 std::string(status.message()).c_str());
    return 2;
  }
  return 0;
}
