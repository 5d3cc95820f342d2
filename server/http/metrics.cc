#include "server/http/metrics.h"

#include "absl/strings/str_format.h"

namespace tinyrig::server {
namespace {

void Head(std::string& page, std::string_view name, std::string_view type,
          std::string_view help) {
  page +=
      absl::StrFormat("# HELP %s %s\n# TYPE %s %s\n", std::string(name),
                      std::string(help), std::string(name), std::string(type));
}

void Gauge(std::string& page, std::string_view name, std::string_view help,
           int64_t value) {
  Head(page, name, "gauge", help);
  page += absl::StrFormat("%s %d\n", std::string(name), value);
}

void Histograms(std::string& page, const std::string& name,
                std::string_view help, const std::string& label,
                const std::map<std::string, Histogram>& histograms) {
  Head(page, name, "histogram", help);
  for (const auto& [key, histogram] : histograms) {
    const std::string pair = label + "=\"" + key + "\"";
    int64_t total = 0;
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      total += histogram.counts[i];
      const std::string bound =
          i < Histogram::kBounds.size()
              ? absl::StrFormat("%g", Histogram::kBounds[i])
              : "+Inf";
      page += absl::StrFormat("%s_bucket{%s,le=\"%s\"} %d\n", name, pair, bound,
                              total);
    }
    page += absl::StrFormat("%s_sum{%s} %g\n%s_count{%s} %d\n", name, pair,
                            histogram.sum, name, pair, total);
  }
}

double SecondsOf(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

void AddTallies(std::string& page, QueryApi& queries) {
  const auto tallies = queries.Count();
  if (!tallies.ok()) {
    return;
  }
  Head(page, "tinyrig_jobs", "gauge", "Jobs stored, by state.");
  for (int i = v1::Job::QUEUED; i <= v1::Job::CANCELLED; ++i) {
    const auto it = tallies->jobs.find(i);
    page += absl::StrFormat("tinyrig_jobs{state=\"%s\"} %d\n",
                            v1::Job::State_Name(static_cast<v1::Job::State>(i)),
                            it == tallies->jobs.end() ? 0 : it->second);
  }
  Head(page, "tinyrig_job_failures", "gauge",
       "Jobs stored that failed or were cancelled, by who has to act.");
  for (int i = v1::MODEL; i <= v1::INTERNAL; ++i) {
    const auto it = tallies->failures.find(i);
    page +=
        absl::StrFormat("tinyrig_job_failures{class=\"%s\"} %d\n",
                        v1::FailureClass_Name(static_cast<v1::FailureClass>(i)),
                        it == tallies->failures.end() ? 0 : it->second);
  }
  Gauge(page, "tinyrig_runs", "Runs stored.", tallies->run_count);
}

void AddBoards(std::string& page, LabApi& api) {
  std::map<v1::Board::State, int64_t> states;
  v1::ListBoardsRequest request;
  request.set_page_size(1000);
  do {
    const auto response = api.ListBoards({"metrics"}, request);
    if (!response.ok()) {
      return;
    }
    for (const v1::Board& board : response->boards()) {
      ++states[board.state()];
    }
    request.set_page_token(response->next_page_token());
  } while (!request.page_token().empty());
  Head(page, "tinyrig_boards", "gauge", "Boards known, by state.");
  for (int i = v1::Board::OFFLINE; i <= v1::Board::DISABLED; ++i) {
    const auto state = static_cast<v1::Board::State>(i);
    page += absl::StrFormat("tinyrig_boards{state=\"%s\"} %d\n",
                            v1::Board::State_Name(state), states[state]);
  }
}

}  // namespace

void Histogram::Add(double seconds) {
  size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) {
    ++bucket;
  }
  ++counts[bucket];
  sum += seconds;
}

void HttpMetrics::AddHttp(const std::string& route, int status,
                          double seconds) {
  const std::lock_guard lock(mutex_);
  http_[route].Add(seconds);
  ++replies_[absl::StrFormat("%d", status)];
}

void HttpMetrics::AddGrpc(const std::string& method, double seconds) {
  const std::lock_guard lock(mutex_);
  grpc_[method].Add(seconds);
}

void HttpMetrics::AddConnections(int delta) {
  const std::lock_guard lock(mutex_);
  connections_ += delta;
}

void HttpMetrics::AddStreams(int delta) {
  const std::lock_guard lock(mutex_);
  streams_ += delta;
}

void HttpMetrics::AddJob(const v1::Job& job) {
  const std::lock_guard lock(mutex_);
  if (job.has_compile_start_time() && job.has_compile_end_time()) {
    stages_["compile"].Add(SecondsOf(job.compile_end_time()) -
                           SecondsOf(job.compile_start_time()));
  }
  if (job.has_lease_time()) {
    const google::protobuf::Timestamp& ready =
        job.has_compile_end_time() ? job.compile_end_time() : job.create_time();
    stages_["wait_for_board"].Add(SecondsOf(job.lease_time()) -
                                  SecondsOf(ready));
    stages_["board"].Add(SecondsOf(job.end_time()) -
                         SecondsOf(job.lease_time()));
  }
  stages_["all"].Add(SecondsOf(job.end_time()) - SecondsOf(job.create_time()));
}

std::string HttpMetrics::Page(LabApi& api, QueryApi& queries) {
  std::string page;
  if (const auto info = api.GetServerInfo({"metrics"}, {}); info.ok()) {
    Gauge(page, "tinyrig_queue_length", "Jobs that wait.",
          info->queued_job_count());
    Gauge(page, "tinyrig_agents", "Agents attached.",
          info->attached_agent_count());
  }
  Gauge(page, "tinyrig_leases_open", "Boards that hold a job.",
        api.OpenLeaseCount());
  AddTallies(page, queries);
  AddBoards(page, api);
  const std::lock_guard lock(mutex_);
  Histograms(page, "tinyrig_job_stage_seconds",
             "Stages of jobs that ended since the server started.", "stage",
             stages_);
  Histograms(page, "tinyrig_http_request_seconds",
             "From the whole request to the answer ready to send.", "route",
             http_);
  Histograms(page, "tinyrig_grpc_request_seconds",
             "Calls that have ended, streams included.", "method", grpc_);
  Head(page, "tinyrig_http_replies_total", "counter", "Answers by status.");
  for (const auto& [status, count] : replies_) {
    page += absl::StrFormat("tinyrig_http_replies_total{status=\"%s\"} %d\n",
                            status, count);
  }
  Gauge(page, "tinyrig_http_connections", "Connections open.", connections_);
  Gauge(page, "tinyrig_http_streams", "Event streams open.", streams_);
  return page;
}

}  // namespace tinyrig::server
