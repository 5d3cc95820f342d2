#include "bench/server/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include <sys/utsname.h>

namespace tinyrig::bench {
namespace {

// The rest of the first line of a /proc file that begins with `key`.
std::string ProcValue(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(key, 0) == 0) {
      const size_t from = line.find_first_not_of(": \t", key.size());
      return from == std::string::npos ? "" : line.substr(from);
    }
  }
  return "";
}

std::string Quoted(const std::string& text) {
  return "\"" + absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}) +
         "\"";
}

}  // namespace

double Times::Percentile(double percent) const {
  if (ms_.empty()) {
    return 0;
  }
  std::vector<double> sorted = ms_;
  std::sort(sorted.begin(), sorted.end());
  const double rank =
      std::ceil(percent / 100 * static_cast<double>(sorted.size()));
  return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

std::string Times::Text() const {
  return absl::StrFormat("p50 %.2f  p99 %.2f  max %.2f ms  (n %d)",
                         Percentile(50), Percentile(99), max(), count());
}

void Table::AddTimes(const std::string& what, const Times& times,
                     double goal_p99_ms) {
  AddLine({what, absl::StrFormat("p99 < %g ms", goal_p99_ms), times.Text(),
           times.count() > 0 && times.Percentile(99) < goal_p99_ms});
}

void Table::AddLine(Line line) {
  std::printf("%-44s | %-14s | %-6s | %s\n", line.what.c_str(),
              line.goal.c_str(),
              line.goal.empty() ? ""
              : line.met        ? "met"
                                : "MISSED",
              line.measured.c_str());
  std::fflush(stdout);
  lines_.push_back(std::move(line));
}

void Table::Section(const std::string& title) {
  std::printf("\n%s\n%-44s | %-14s | %-6s | %s\n", title.c_str(), "what",
              "goal", "", "measured");
  std::fflush(stdout);
}

std::string Table::Json(const std::string& machine) const {
  std::string json = "{\"machine\": " + Quoted(machine) + ", \"lines\": [";
  for (const Line& line : lines_) {
    json += &line == lines_.data() ? "\n" : ",\n";
    json += " {\"what\": " + Quoted(line.what) +
            ", \"goal\": " + Quoted(line.goal) +
            ", \"measured\": " + Quoted(line.measured) +
            ", \"met\": " + (line.met ? "true" : "false") + "}";
  }
  return json + "\n]}\n";
}

int Table::missed() const {
  return static_cast<int>(
      std::count_if(lines_.begin(), lines_.end(),
                    [](const Line& line) { return !line.met; }));
}

std::string Machine() {
  utsname name{};
  ::uname(&name);
  std::ifstream load("/proc/loadavg");
  std::string loads;
  std::getline(load, loads);
  return absl::StrFormat(
      "%s, %d cores, memory %s, Linux %s, load %s",
      ProcValue("/proc/cpuinfo", "model name"),
      std::thread::hardware_concurrency(),
      ProcValue("/proc/meminfo", "MemTotal"), name.release,
      loads.substr(0,
                   loads.find(' ', loads.find(' ', loads.find(' ') + 1) + 1)));
}

}  // namespace tinyrig::bench
