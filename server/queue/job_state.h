// The states of a job and the ways between them (docs/JOBS.md). Pure.
#pragma once

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {

/// Whether a job may go from one state to another.
bool IsLegal(v1::Job::State from, v1::Job::State to);

/// SUCCEEDED, FAILED or CANCELLED: nothing follows.
bool HasEnded(v1::Job::State state);

/// FLASHING or RUNNING: a board holds it.
bool IsLeased(v1::Job::State state);

/// "compiling", "flashing", "running": the stage that a failure names.
const char* StageName(v1::Job::State state);

}  // namespace tinyrig::server
