// Boards, runs and the server itself; blobs in blob_api.cc, jobs in
// job_api.cc.
#include "server/api/lab_api.h"

#include "absl/strings/str_join.h"

#include "server/request/list_request.h"
#include "server/request/resource_ids.h"
#include "server/store/migrations.h"

namespace tinyrig::server {

absl::StatusOr<v1::ServerInfo> LabApi::GetServerInfo(
    const Caller& caller, const v1::GetServerInfoRequest& /*request*/) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  v1::ServerInfo info;
  info.set_version(lab_.options.server_version);
  info.mutable_start_time()->set_seconds(start_us_ / 1'000'000);
  info.mutable_start_time()->set_nanos(
      static_cast<int32_t>(start_us_ % 1'000'000) * 1000);
  info.set_schema_version(SchemaVersion());
  info.set_max_blob_bytes(lab_.blobs.limits().max_blob_bytes);
  ASSIGN_OR_RETURN(*info.mutable_server_id(), lab_.store.ServerId());
  ASSIGN_OR_RETURN(const int64_t queued, lab_.store.QueuedCount());
  info.set_queued_job_count(static_cast<int32_t>(queued));
  info.set_attached_agent_count(
      static_cast<int32_t>(lab_.state.Lock()->agents.size()));
  return info;
}

int64_t LabApi::OpenLeaseCount() {
  return static_cast<int64_t>(lab_.state.Lock()->leases.size());
}

// The row says what the agent said last; whether it is there is known here.
v1::Board LabApi::Present(const LabState& live, v1::Board board) {
  const auto agent = live.agents.find(board.agent_id());
  if (agent == live.agents.end() ||
      !agent->second.boards.contains(board.name())) {
    board.set_state(v1::Board::OFFLINE);
  } else if (!board.current_job_id().empty()) {
    board.set_state(v1::Board::BUSY);
  } else {
    board.set_state(agent->second.boards.at(board.name()).state);
  }
  if (!board.uid().empty()) {
    board.set_origin(board.uid().starts_with("56495254") ? v1::EMULATED
                                                         : v1::MEASURED);
  }
  if (const auto kind = lab_.boards.find(board.board_id())) {
    *board.mutable_kind() = *kind;
  }
  return board;
}

namespace {

constexpr int kBoardsAtOnce = 500;

FilterRow RowOf(const v1::Board& board) {
  return [&board](const FilterField& field) -> std::optional<Value> {
    if (field.name == "state") {
      return int64_t{board.state()};
    }
    if (field.name == "origin") {
      return int64_t{board.origin()};
    }
    return field.name == "name"       ? board.name()
           : field.name == "board_id" ? board.board_id()
           : field.name == "agent_id" ? board.agent_id()
                                      : board.uid();
  };
}

}  // namespace

// States are known here, not to the database: so are filters applied here.
absl::StatusOr<v1::ListBoardsResponse> LabApi::ListBoards(
    const Caller& caller, const v1::ListBoardsRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  ASSIGN_OR_RETURN(const Filter filter,
                   BindFilter(request.filter(), BoardFilterFields(),
                              lab_.clock.UnixMicros()));
  ASSIGN_OR_RETURN(std::string after, ReadPageToken("boards", request.filter(),
                                                    request.page_token()));
  const auto live = lab_.state.Lock();
  v1::ListBoardsResponse response;
  while (true) {
    ASSIGN_OR_RETURN(const auto boards,
                     lab_.store.ListBoards(after, kBoardsAtOnce));
    for (const v1::Board& stored : boards) {
      v1::Board board = Present(*live, stored);
      if (!Matches(filter, RowOf(board))) {
        continue;
      }
      if (response.boards_size() == size) {
        response.set_next_page_token(MakePageToken(
            "boards", request.filter(), response.boards(size - 1).name()));
        return response;
      }
      *response.add_boards() = std::move(board);
    }
    if (boards.size() < size_t{kBoardsAtOnce}) {
      return response;
    }
    after = boards.back().name();
  }
}

absl::StatusOr<v1::Board> LabApi::GetBoard(const Caller& caller,
                                           const v1::GetBoardRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  if (const auto kind = lab_.boards.find(request.name())) {
    v1::Board board;
    board.set_board_id(kind->board_id());
    *board.mutable_kind() = *kind;
    return board;
  }
  const auto live = lab_.state.Lock();
  absl::StatusOr<v1::Board> board = lab_.store.GetBoard(request.name());
  if (board.ok()) {
    return Present(*live, *std::move(board));
  }
  if (board.status().code() != absl::StatusCode::kNotFound) {
    return board.status();
  }
  std::vector<std::string> names = lab_.boards.ids;
  if (const auto some = lab_.store.ListBoards("", 10); some.ok()) {
    for (const v1::Board& known : *some) {
      names.push_back(known.name());
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no board \"", request.name().substr(0, 80),
                   "\"; known: ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<v1::Run> LabApi::GetRun(const Caller& caller,
                                       const v1::GetRunRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int64_t id, ParseRunId(request.id()));
  return lab_.store.GetRun(id);
}

absl::StatusOr<v1::ListRunsResponse> LabApi::ListRuns(
    const Caller& caller, const v1::ListRunsRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  const ListText text = {.list = "runs",
                         .filter = request.filter(),
                         .order_by = request.order_by(),
                         .page_token = request.page_token(),
                         .page_size = request.page_size()};
  ASSIGN_OR_RETURN(const ListRequest list,
                   ReadListRequest(text, RunFilterFields(), RunOrderFields(),
                                   lab_.clock.UnixMicros()));
  ASSIGN_OR_RETURN(auto page, lab_.store.ListRuns(list));
  v1::ListRunsResponse response;
  response.set_next_page_token(NextPageToken(text, page.next));
  for (v1::Run& run : page.rows) {
    *response.add_runs() = std::move(run);
  }
  return response;
}

absl::StatusOr<v1::ListPredictionsResponse> LabApi::ListPredictions(
    const Caller& caller, const v1::ListPredictionsRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int64_t run, ParseRunId(request.run_id()));
  ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  ASSIGN_OR_RETURN(const Filter filter,
                   BindFilter(request.filter(), PredictionFilterFields(),
                              lab_.clock.UnixMicros()));
  const std::string question =
      absl::StrCat(request.run_id(), "\n", request.filter());
  ASSIGN_OR_RETURN(const int64_t from,
                   ReadIdToken("predictions", question, request.page_token()));
  ASSIGN_OR_RETURN(auto predictions,
                   lab_.store.ListPredictions(run, filter, from, size + 1));
  if (predictions.empty() && from == 0) {
    RETURN_IF_ERROR(lab_.store.GetRun(run).status());  // NOT_FOUND, or none
  }
  v1::ListPredictionsResponse response;
  if (predictions.size() > static_cast<size_t>(size)) {
    response.set_next_page_token(
        MakePageToken("predictions", question,
                      absl::StrCat(predictions.back().sample_index())));
    predictions.pop_back();
  }
  for (v1::Prediction& prediction : predictions) {
    *response.add_predictions() = std::move(prediction);
  }
  return response;
}

}  // namespace tinyrig::server
