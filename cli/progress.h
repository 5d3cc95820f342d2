// Progress of several jobs on standard error: lines that are redrawn on a
// terminal, one line per step and tenth elsewhere. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::cli {

/// "RUNNING dataset 312/1000 (31 %), about 12 s left"
std::string ProgressText(const v1::Job& job);

class ProgressView {
 public:
  /// \param quiet  shows nothing at all
  ProgressView(std::vector<std::string> job_ids, bool quiet);
  void Update(const v1::Job& job);
  /// Leaves the last lines on the screen.
  void Finish();

 private:
  void Redraw();

  std::mutex mutex_;
  std::vector<std::string> ids_;
  std::map<std::string, std::string> lines_;
  std::map<std::string, std::string> marks_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace tinyrig::cli
