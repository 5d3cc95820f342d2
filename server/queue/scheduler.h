// Which job gets which board, and in what order jobs wait. Pure: the same
// values in any order give the same answer.
//
// Order: higher priority first; then the submitter who has fewest jobs on
// boards now; then who was served least lately; then the older job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::server {

struct QueuedJob {
  int64_t id = 0;
  std::string board_id;
  std::string board_name;   ///< only this board; empty: any of the kind
  std::string avoid_board;  ///< where its last attempt went wrong
  std::string submitter;
  std::string artifact_sha256;  ///< empty: not compiled yet
  int priority = 0;
  int64_t create_us = 0;
};

/// A board that could start a job now.
struct FreeBoard {
  std::string name;
  std::string board_id;
  std::string agent_id;
  std::string last_artifact;  ///< what it carries already, if known
};

struct SubmitterUsage {
  std::string submitter;
  int running = 0;       ///< on boards now
  int recent_count = 0;  ///< leases within the last kUsageWindowUs
};

inline constexpr int64_t kUsageWindowUs = 600'000'000;

struct Assignment {
  int64_t job_id = 0;
  std::string board_name;
  std::string agent_id;
  bool operator==(const Assignment&) const = default;
};

/// Gives free boards to compiled jobs. A board that carries the job's image is
/// preferred (nothing to flash), one where it failed last is avoided when
/// there is another.
std::vector<Assignment> Schedule(std::vector<QueuedJob> jobs,
                                 std::vector<FreeBoard> boards,
                                 const std::vector<SubmitterUsage>& usage);

/// Ids in the order in which they would be served if each took a board.
std::vector<int64_t> WaitingOrder(std::vector<QueuedJob> jobs,
                                  const std::vector<SubmitterUsage>& usage);

}  // namespace tinyrig::server
