// Figures of a run from its raw samples. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

/// The nearest-rank percentile: the smallest sample such that at least
/// `percent` per cent of all are not larger, so always a sample that was
/// measured. `sorted` ascending, not empty; `percent` in (0, 100].
int64_t NearestRank(std::span<const int64_t> sorted, int percent);

/// min, p50, p90, max, mean and the raw samples; microseconds by clock_hz
/// (left 0 when that is 0). `cycles` in order of running, may be empty.
v1::Latency Summarise(std::span<const int64_t> cycles, int64_t clock_hz,
                      int64_t overhead_cycles);

}  // namespace tinyrig::server
