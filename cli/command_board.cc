#include <memory>
#include <string>
#include <vector>

#include "boards/board.h"
#include "cli/board_report.h"
#include "cli/commands.h"
#include "cli/exit_code.h"

namespace tinyrig::cli {
namespace {

constexpr ListHelp kListHelp = {
    "name, board_id, state, agent_id, uid, origin", nullptr,
    "  tinyrig board list --filter 'state = IDLE'\n"
    "  tinyrig board list --filter 'board_id = nucleo_* AND NOT origin = "
    "EMULATED'\n"};

absl::StatusOr<v1::ListBoardsResponse> AllBoardsOf(const std::string& filter,
                                                   client::LabClient& lab) {
  v1::ListBoardsResponse all;
  v1::ListBoardsRequest request;
  request.set_page_size(1000);
  request.set_filter(filter);
  while (true) {
    ASSIGN_OR_RETURN(const v1::ListBoardsResponse page,
                     lab.ListBoards(request));
    all.mutable_boards()->MergeFrom(page.boards());
    if (page.next_page_token().empty()) {
      return all;
    }
    request.set_page_token(page.next_page_token());
  }
}

int ListBoards(const Context& context, const std::string& filter) {
  client::LabClient lab(context.server);
  const auto all = AllBoardsOf(filter, lab);
  if (!all.ok()) {
    return FailRpc(all.status());
  }
  const Table table = BoardTable(*all);
  PrintResource(context, table, *all);
  if (context.format == Format::kTable && table.empty()) {
    Print(filter.empty() ? "No board yet: attach some with `tinyrig agent`.\n"
                         : "No board passes this filter.\n");
  }
  return kExitOk;
}

int ShowBoard(const Context& context, const std::string& name) {
  const auto kind = boards::FindBoard(name);
  if (kind.ok() && context.format == Format::kTable) {
    Print(KindReport(**kind));
    return kExitOk;
  }
  client::LabClient lab(context.server);
  const auto board = lab.GetBoard(name);
  if (!board.ok()) {
    return FailRpc(board.status());
  }
  PrintResource(context, BoardDetails(*board), *board);
  return kExitOk;
}

}  // namespace

void AddBoardCommands(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* group = app.add_subcommand("board", "the boards of the lab");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("list", "all boards and their state");
  AddFormatOption(list, context);
  auto options = std::make_shared<ListOptions>();
  AddFilterOptions(list, options.get(), kListHelp);
  list->callback([=] { *exit_code = ListBoards(*context, options->filter); });
  CLI::App* show = group->add_subcommand(
      "show", "one board of the lab, or the data of a board kind");
  AddFormatOption(show, context);
  auto name = std::make_shared<std::string>();
  show->add_option("name", *name, "board name or board kind")->required();
  show->callback([=] { *exit_code = ShowBoard(*context, *name); });
}

}  // namespace tinyrig::cli
