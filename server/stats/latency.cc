#include "server/stats/latency.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace tinyrig::server {

int64_t NearestRank(std::span<const int64_t> sorted, int percent) {
  TINYRIG_CHECK(!sorted.empty() && percent > 0 && percent <= 100);
  const size_t rank = (sorted.size() * static_cast<size_t>(percent) + 99) / 100;
  return sorted[rank - 1];
}

v1::Latency Summarise(std::span<const int64_t> cycles, int64_t clock_hz,
                      int64_t overhead_cycles) {
  v1::Latency latency;
  latency.set_overhead_cycles(overhead_cycles);
  latency.set_sample_count(static_cast<int32_t>(cycles.size()));
  if (cycles.empty()) {
    return latency;
  }
  std::vector<int64_t> sorted(cycles.begin(), cycles.end());
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const int64_t sample : cycles) {
    latency.add_cycles(sample);
    sum += static_cast<double>(sample);
  }
  latency.set_cycles_min(sorted.front());
  latency.set_cycles_p50(NearestRank(sorted, 50));
  latency.set_cycles_p90(NearestRank(sorted, 90));
  latency.set_cycles_max(sorted.back());
  latency.set_cycles_mean(sum / static_cast<double>(cycles.size()));
  if (clock_hz > 0) {
    const auto to_us = [clock_hz](int64_t count) {
      return static_cast<double>(count) * 1e6 / static_cast<double>(clock_hz);
    };
    latency.set_us_min(to_us(latency.cycles_min()));
    latency.set_us_p50(to_us(latency.cycles_p50()));
    latency.set_us_p90(to_us(latency.cycles_p90()));
    latency.set_us_max(to_us(latency.cycles_max()));
  }
  return latency;
}

}  // namespace tinyrig::server
