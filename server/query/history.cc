#include "server/query/history.h"

#include <algorithm>
#include <cmath>

#include <google/protobuf/util/time_util.h>

#include "server/query/read_transaction.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kMaxHours = 720;
constexpr int kMaxParts = 500;
constexpr int64_t kMaxChanges = 200;
constexpr int64_t kMinChanges = 20;
constexpr int64_t kHourUs = 3'600'000'000;

// Four digits are more than a chart shows, and a third of the text.
double Share(int64_t busy_us, int64_t all_us) {
  return all_us == 0 ? 0.0
                     : std::round(static_cast<double>(busy_us) * 1e4 /
                                  static_cast<double>(all_us)) /
                           1e4;
}

absl::StatusOr<int> InRange(const char* field, int value, int otherwise,
                            int most) {
  if (value < 0 || value > most) {
    return absl::InvalidArgumentError(absl::StrCat(
        field, ": ", value, ", 1..", most, " is wanted, or 0 for ", otherwise));
  }
  return value == 0 ? otherwise : value;
}

struct LeaseTally {
  int64_t finished = 0, failed = 0;
};

void Count(const Span& span, int64_t end_us, const std::string& reason,
           LeaseTally& tally) {
  if (end_us < span.begin_us || end_us >= span.end_us || end_us == 0) {
    return;
  }
  tally.finished += reason == "finished" ? 1 : 0;
  tally.failed += reason != "finished" && reason != "cancelled" ? 1 : 0;
}

}  // namespace

void FillBusyShare(const Span& span, std::span<const HeldSpan> leases,
                   v1::BoardActivity* activity) {
  const int64_t length_us = span.end_us - span.begin_us;
  const auto edge = [&](int64_t part) {
    return span.begin_us + length_us * part / span.part_count;
  };
  std::vector<int64_t> busy_us(static_cast<size_t>(span.part_count));
  int64_t all_us = 0;
  for (const HeldSpan& lease : leases) {
    const int64_t from = std::max(lease.start_us, span.begin_us);
    const int64_t to =
        lease.end_us == 0 ? span.end_us : std::min(lease.end_us, span.end_us);
    if (from >= to) {
      continue;
    }
    all_us += to - from;
    // Rounding may put `from` before the edge of the part that this says.
    int64_t part = (from - span.begin_us) * span.part_count / length_us;
    for (; part < span.part_count && edge(part) < to; ++part) {
      const int64_t clipped =
          std::min(to, edge(part + 1)) - std::max(from, edge(part));
      busy_us[static_cast<size_t>(part)] += std::max<int64_t>(0, clipped);
    }
  }
  for (int part = 0; part < span.part_count; ++part) {
    activity->add_busy_share(
        std::min(1.0, Share(busy_us[static_cast<size_t>(part)],
                            edge(part + 1) - edge(part))));
  }
  activity->set_utilisation(std::min(1.0, Share(all_us, length_us)));
}

absl::StatusOr<std::unique_ptr<BoardHistoryApi>> BoardHistoryApi::Open(
    const std::filesystem::path& database, const base::Clock& clock,
    ScopeCheck check) {
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database, Database::Mode::kReadOnly));
  return std::unique_ptr<BoardHistoryApi>(
      new BoardHistoryApi(std::move(reader), clock, std::move(check)));
}

absl::StatusOr<std::vector<std::string>> BoardHistoryApi::BoardNames(
    const std::string& name) {
  ASSIGN_OR_RETURN(
      Query row,
      name.empty()
          ? reader_.Select("SELECT name FROM boards ORDER BY name")
          : reader_.Select("SELECT name FROM boards WHERE name = ?", name));
  std::vector<std::string> names;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    names.push_back(row.Bytes(0));
  }
  if (names.empty() && !name.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no board \"", name.substr(0, 80),
                     "\"; the list of boards has their names"));
  }
  return names;
}

absl::Status BoardHistoryApi::FillLeases(const Span& span,
                                         v1::BoardActivity* activity) {
  // Leases of a board do not overlap: only the last one before the span may
  // reach into it.
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select(
          "SELECT start_us, end_us, end_reason FROM leases WHERE board_name = "
          "?1 AND start_us < ?3 AND start_us >= coalesce((SELECT "
          "max(start_us) FROM leases WHERE board_name = ?1 AND start_us < "
          "?2), ?2)",
          activity->board_name(), span.begin_us, span.end_us));
  leases_.clear();
  LeaseTally tally;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    leases_.push_back({row.Int(0), row.Int(1)});
    Count(span, row.Int(1), row.Bytes(2), tally);
  }
  FillBusyShare(span, leases_, activity);
  activity->set_finished_lease_count(tally.finished);
  activity->set_failed_lease_count(tally.failed);
  return absl::OkStatus();
}

absl::Status BoardHistoryApi::FillChanges(const Span& span, int64_t limit,
                                          v1::BoardActivity* activity) {
  v1::BoardStateChange& first = *activity->add_changes();
  *first.mutable_time() = TimeUtil::MicrosecondsToTimestamp(span.begin_us);
  {
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT state, fault FROM board_events WHERE board_name "
                       "= ? AND time_us <= ? ORDER BY time_us DESC, id DESC "
                       "LIMIT 1",
                       activity->board_name(), span.begin_us));
    ASSIGN_OR_RETURN(const bool found, row.Step());
    if (found) {
      first.set_state(static_cast<v1::Board::State>(row.Int(0)));
      first.set_fault(row.Bytes(1));
    }
  }
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT time_us, state, fault FROM board_events WHERE "
                     "board_name = ? AND time_us > ? AND time_us <= ? ORDER "
                     "BY time_us DESC, id DESC LIMIT ?",
                     activity->board_name(), span.begin_us, span.end_us,
                     limit));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    v1::BoardStateChange& change = *activity->add_changes();
    *change.mutable_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(0));
    change.set_state(static_cast<v1::Board::State>(row.Int(1)));
    change.set_fault(row.Bytes(2));
  }
  std::reverse(activity->mutable_changes()->begin() + 1,
               activity->mutable_changes()->end());
  return absl::OkStatus();
}

absl::StatusOr<v1::BoardHistory> BoardHistoryApi::GetBoardHistory(
    const Caller& caller, const v1::GetBoardHistoryRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const int hours,
                   InRange("hours", request.hours(), 24, kMaxHours));
  ASSIGN_OR_RETURN(
      const int parts,
      InRange("bucket_count", request.bucket_count(), 48, kMaxParts));
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const ReadTransaction transaction,
                   ReadTransaction::Begin(reader_));
  ASSIGN_OR_RETURN(const auto names, BoardNames(request.board_name()));
  const auto board_count = static_cast<int64_t>(names.size());
  if (board_count * parts > kMaxHistoryParts) {
    return absl::InvalidArgumentError(
        absl::StrCat("bucket_count: ", parts, " for each of ", board_count,
                     " boards, at most ", kMaxHistoryParts / board_count,
                     " is wanted, or the name of one board"));
  }
  Span span{.end_us = clock_.UnixMicros(), .part_count = parts};
  span.begin_us = span.end_us - hours * kHourUs;
  const int64_t limit =
      std::clamp(kMaxHistoryChanges / std::max<int64_t>(1, board_count),
                 kMinChanges, kMaxChanges);
  v1::BoardHistory history;
  *history.mutable_begin_time() =
      TimeUtil::MicrosecondsToTimestamp(span.begin_us);
  *history.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(span.end_us);
  for (const std::string& name : names) {
    v1::BoardActivity& activity = *history.add_boards();
    activity.set_board_name(name);
    RETURN_IF_ERROR(FillLeases(span, &activity));
    RETURN_IF_ERROR(FillChanges(span, limit, &activity));
  }
  return history;
}

}  // namespace tinyrig::server
