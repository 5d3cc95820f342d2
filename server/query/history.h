// GetBoardHistory: what boards did over a span of time, from the leases and
// from board_events, on a read-only connection of its own. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/request/caller.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::server {

/// All boards together may have so many parts: an answer has to stay below the
/// 4 MiB that gRPC clients take.
inline constexpr int64_t kMaxHistoryParts = 250'000;
/// Beyond so many changes in all, each board gives fewer than 200 (never fewer
/// than 20).
inline constexpr int64_t kMaxHistoryChanges = 20'000;

/// [begin_us, end_us) in `part_count` equal parts; Unix microseconds.
struct Span {
  int64_t begin_us = 0, end_us = 0;
  int part_count = 1;
};

/// A lease of one board; end_us 0: it goes on.
struct HeldSpan {
  int64_t start_us = 0, end_us = 0;
};

/// Share of each part that the leases cover, 0..1 in steps of 0.0001, and of
/// the whole span. The leases of a board never overlap. Pure.
void FillBusyShare(const Span& span, std::span<const HeldSpan> leases,
                   v1::BoardActivity* activity);

class BoardHistoryApi {
 public:
  /// `database`: the store's file, migrated already.
  static absl::StatusOr<std::unique_ptr<BoardHistoryApi>> Open(
      const std::filesystem::path& database, const base::Clock& clock,
      ScopeCheck check);

  /// INVALID_ARGUMENT: hours not in 0..720, bucket_count not in 0..500, or
  /// more than kMaxHistoryParts in all. NOT_FOUND: no such board.
  absl::StatusOr<v1::BoardHistory> GetBoardHistory(
      const Caller& caller, const v1::GetBoardHistoryRequest& request);

 private:
  BoardHistoryApi(Database reader, const base::Clock& clock, ScopeCheck check)
      : clock_(clock), check_(std::move(check)), reader_(std::move(reader)) {}

  absl::StatusOr<std::vector<std::string>> BoardNames(const std::string& name);
  absl::Status FillLeases(const Span& span, v1::BoardActivity* activity);
  absl::Status FillChanges(const Span& span, int64_t limit,
                           v1::BoardActivity* activity);

  const base::Clock& clock_;
  ScopeCheck check_;
  std::mutex mutex_;  ///< guards what follows
  Database reader_;
  std::vector<HeldSpan> leases_;  ///< of one board, kept for its room
};

}  // namespace tinyrig::server
