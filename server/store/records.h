// What the store keeps of a job beyond its message, and what changes it.
#pragma once

#include <cstdint>
#include <string>

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {

/// A job with what only the server needs to know. Times are microseconds since
/// the Unix epoch, 0: not yet.
struct JobRecord {
  /// As callers see it, but for its progress and place in the queue. When
  /// added: request_id, spec and artifact_sha256 (of a cached compile) count.
  v1::Job job;
  int64_t id = 0;     ///< from 1, in order of submission
  int64_t fence = 0;  ///< of the newest lease, from 1; 0: it never had one
  std::string dataset_sha256;  ///< empty: no dataset
  int64_t sample_count = 0;    ///< samples that a run must have stored
  int64_t stored_samples = 0;  ///< 0..sample_count, without gaps
  int64_t create_us = 0;
  int64_t compile_start_us = 0, compile_end_us = 0;
  int64_t used_us = 0;   ///< compiling and leases that have ended
  int failed_count = 0;  ///< retryable failures since the last progress
  int lost_count = 0;    ///< lost leases since the last progress
  bool cancel_requested = false;
};

/// A lease as stored; live while end_us is 0.
struct LeaseRecord {
  int64_t job_id = 0;
  int64_t fence = 0;  ///< from 1, one more with each lease of the job
  std::string agent_id, board_name;
  std::string board_uid;  ///< of the chip that had this name then
  std::string submitter;
  int64_t start_us = 0, end_us = 0;
  std::string end_reason;  ///< empty while it is live
};

struct NewLease {
  int64_t job_id = 0;
  std::string agent_id, board_name;  ///< both must be known to the store
  int64_t now_us = 0;
};

/// The end of a job or of one attempt of it, without a run.
struct Ending {
  int64_t job_id = 0;
  int64_t fence = 0;  ///< of the live lease; 0: there is none
  v1::Job::State next = v1::Job::QUEUED;
  v1::Failure failure;     ///< stored when next is FAILED or CANCELLED
  std::string end_reason;  ///< of the lease
  int failed_count = 0, lost_count = 0;  ///< the job's from now on
  int64_t now_us = 0;
};

/// What an artifact depends on.
struct CompileKey {
  std::string model_sha256, board_id;
  std::string options;         ///< serialised CompileOptions
  std::string engine_version;  ///< 64 hex digits
};

struct LogLine {
  int64_t time_us = 0;
  std::string source;  ///< "compiler", "agent", "board", "server"
  std::string text;    ///< without its line feed
};

}  // namespace tinyrig::server
