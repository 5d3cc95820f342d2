// What a benchmark measured, against its goal.
#pragma once

#include <string>
#include <vector>

namespace tinyrig::bench {

/// Times of one kind of thing, milliseconds.
class Times {
 public:
  void Add(double ms) { ms_.push_back(ms); }
  void Add(const Times& other) {
    ms_.insert(ms_.end(), other.ms_.begin(), other.ms_.end());
  }
  [[nodiscard]] size_t count() const { return ms_.size(); }
  /// Nearest rank; 0 without samples. `percent` 0..100.
  [[nodiscard]] double Percentile(double percent) const;
  [[nodiscard]] double max() const { return Percentile(100); }
  /// "p50 1.2  p99 3.4  max 5.6 ms  (n 200)"
  [[nodiscard]] std::string Text() const;

 private:
  std::vector<double> ms_;
};

struct Line {
  std::string what;
  std::string goal;  ///< empty: none, printed only
  std::string measured;
  bool met = true;  ///< without a goal: true
};

class Table {
 public:
  /// A line with a goal on the 99th percentile.
  void AddTimes(const std::string& what, const Times& times,
                double goal_p99_ms);
  void AddLine(Line line);
  /// Prints as it comes: a long run shows what it has.
  void Section(const std::string& title);
  [[nodiscard]] std::string Json(const std::string& machine) const;
  [[nodiscard]] int missed() const;

 private:
  std::vector<Line> lines_;
};

/// Processor, cores, memory, kernel, load right now.
std::string Machine();

}  // namespace tinyrig::bench
