// Counters for /metrics in Prometheus text format.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>

#include "server/api/lab_api.h"
#include "server/query/query_api.h"

namespace tinyrig::server {

/// Seconds into fixed buckets; not thread-safe.
struct Histogram {
  static constexpr std::array kBounds = {
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,   0.25,
      0.5,    1.0,   2.5,    5.0,   10.0, 30.0,  60.0, 300.0, 1800.0};
  std::array<int64_t, kBounds.size() + 1> counts{};
  double sum = 0;
  void Add(double seconds);
};

/// Thread-safe.
class HttpMetrics {
 public:
  void AddHttp(const std::string& route, int status, double seconds);
  void AddGrpc(const std::string& method, double seconds);
  /// Stage durations of a job that has ended.
  void AddJob(const v1::Job& job);
  void AddConnections(int delta);
  void AddStreams(int delta);

  /// The page; `lab` and `queries` are asked for what they know.
  std::string Page(LabApi& api, QueryApi& queries);

 private:
  std::mutex mutex_;
  std::map<std::string, Histogram> http_, grpc_, stages_;
  std::map<std::string, int64_t> replies_;
  int connections_ = 0, streams_ = 0;
};

}  // namespace tinyrig::server
