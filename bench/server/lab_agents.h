// Many simulated agents on real Attach streams. A board finishes each job
// after a fixed time, with a result as a real one would send it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"

namespace tinyrig::bench {

using Clock = std::chrono::steady_clock;

struct AgentsOptions {
  std::string address;
  int agents = 100;
  int boards_per_agent = 10;
  std::string image_hash;  ///< of every artifact
  int runs = 10;           ///< latency samples that jobs ask for
};

/// A lease as its agent saw it.
struct LeaseSeen {
  Clock::time_point lease;
  /// When the board had said that it is free; before that nobody may lease it.
  Clock::time_point board_free;
};

class LabAgents {
 public:
  explicit LabAgents(const AgentsOptions& options);
  ~LabAgents();

  /// How long a board works on each job from now on.
  void SetBoardTime(std::chrono::milliseconds time);
  /// UNAVAILABLE: not so many jobs had finished in time.
  absl::Status WaitFinished(size_t jobs, std::chrono::seconds limit);
  /// All leases so far, by job id; forgets them.
  std::map<std::string, LeaseSeen> TakeLeases();
  /// Boards that ever had a lease.
  size_t UsedBoards();

  struct State;

 private:
  class Agent;
  std::unique_ptr<State> state_;
  std::vector<std::unique_ptr<Agent>> agents_;
};

/// The kind of a simulated board: one of two.
std::string KindOfBoard(int index);

}  // namespace tinyrig::bench
