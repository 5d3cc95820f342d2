#include "server/queue/job_state.h"

#include <array>
#include <utility>

namespace tinyrig::server {
namespace {

using Job = v1::Job;

// clang-format off: one row per state that is left
constexpr std::array kLegal = {
    std::pair{Job::QUEUED, Job::COMPILING},
    std::pair{Job::QUEUED, Job::FLASHING},
    std::pair{Job::QUEUED, Job::FAILED},
    std::pair{Job::QUEUED, Job::CANCELLED},

    std::pair{Job::COMPILING, Job::QUEUED},
    std::pair{Job::COMPILING, Job::FAILED},
    std::pair{Job::COMPILING, Job::CANCELLED},

    std::pair{Job::FLASHING, Job::RUNNING},
    std::pair{Job::FLASHING, Job::QUEUED},
    std::pair{Job::FLASHING, Job::SUCCEEDED},
    std::pair{Job::FLASHING, Job::FAILED},
    std::pair{Job::FLASHING, Job::CANCELLED},

    // Back to FLASHING: the agent brings a faulty board back to life.
    std::pair{Job::RUNNING, Job::FLASHING},
    std::pair{Job::RUNNING, Job::QUEUED},
    std::pair{Job::RUNNING, Job::SUCCEEDED},
    std::pair{Job::RUNNING, Job::FAILED},
    std::pair{Job::RUNNING, Job::CANCELLED},
};
// clang-format on

}  // namespace

bool IsLegal(v1::Job::State from, v1::Job::State to) {
  for (const auto& [left, entered] : kLegal) {
    if (left == from && entered == to) {
      return true;
    }
  }
  return false;
}

bool HasEnded(v1::Job::State state) {
  return state == Job::SUCCEEDED || state == Job::FAILED ||
         state == Job::CANCELLED;
}

bool IsLeased(v1::Job::State state) {
  return state == Job::FLASHING || state == Job::RUNNING;
}

const char* StageName(v1::Job::State state) {
  switch (state) {
    case Job::COMPILING:
      return "compiling";
    case Job::FLASHING:
      return "flashing";
    case Job::RUNNING:
      return "running";
    default:
      return "queued";
  }
}

}  // namespace tinyrig::server
