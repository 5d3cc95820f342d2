#include "server/queue/start_eta.h"

#include <algorithm>
#include <set>

namespace tinyrig::server {
namespace {

double Median(std::vector<double>& values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::optional<double> BoardTimes::Of(const std::string& model) const {
  const auto it = by_model.find(model);
  return it == by_model.end() ? any : std::optional(it->second);
}

BoardTimes MedianTimes(
    const std::vector<std::pair<std::string, double>>& finished) {
  std::vector<double> all;
  std::map<std::string, std::vector<double>> by_model;
  for (const auto& [model, seconds] : finished) {
    if (seconds >= 0) {
      all.push_back(seconds);
      by_model[model].push_back(seconds);
    }
  }
  BoardTimes times;
  for (auto& [model, values] : by_model) {
    times.by_model[model] = Median(values);
  }
  if (!all.empty()) {
    times.any = Median(all);
  }
  return times;
}

std::vector<std::optional<double>> StartEtas(
    const std::vector<EtaJob>& jobs, const std::vector<EtaBoard>& boards,
    const BoardTimes& times) {
  std::vector<std::optional<double>> etas(jobs.size());
  if (!times.any.has_value()) {
    return etas;
  }
  // (free in seconds, index): the first is the next board.
  std::set<std::pair<double, size_t>> free;
  std::vector<double> free_in_s;
  std::map<std::string, size_t> by_name;
  for (size_t i = 0; i < boards.size(); ++i) {
    free.emplace(boards[i].free_in_s, i);
    free_in_s.push_back(boards[i].free_in_s);
    by_name.emplace(boards[i].name, i);
  }
  for (size_t i = 0; i < jobs.size(); ++i) {
    const EtaJob& job = jobs[i];
    const auto own = by_name.find(job.board_name);
    if (free.empty() || (!job.board_name.empty() && own == by_name.end())) {
      continue;
    }
    const size_t board =
        job.board_name.empty() ? free.begin()->second : own->second;
    etas[i] = free_in_s[board];
    free.erase({free_in_s[board], board});
    free_in_s[board] += times.Of(job.model_sha256).value_or(0);
    free.emplace(free_in_s[board], board);
  }
  return etas;
}

}  // namespace tinyrig::server
