#include "cli/progress.h"

#include <cstdio>
#include <unistd.h>
#include <utility>

#include "cli/units.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

std::string Label(const v1::Job& job) {
  return fmt::format("{:<7} {:<14} ", job.id(), job.spec().board_id());
}

// What must change before a log (not a terminal) gets another line.
std::string Mark(const v1::Job& job) {
  const v1::Progress& progress = job.progress();
  const int64_t tenth =
      progress.total() > 0 ? progress.done() * 10 / progress.total() : 0;
  return fmt::format("{} {} {} {}", static_cast<int>(job.state()),
                     progress.step(), tenth, job.attempt());
}

}  // namespace

std::string ProgressText(const v1::Job& job) {
  std::string text = v1::Job::State_Name(job.state());
  const v1::Progress& progress = job.progress();
  if (job.state() == v1::Job::QUEUED) {
    text += job.artifact_sha256().empty() ? " for the compiler"
                                          : " for a free board";
    if (job.queue_position() > 0) {
      text += fmt::format(", position {}", job.queue_position());
    }
    return text;
  }
  if (job.state() == v1::Job::FAILED) {
    return text + " (" + v1::FailureClass_Name(job.failure().failure_class()) +
           "): " + job.failure().message();
  }
  if (job.state() == v1::Job::SUCCEEDED || job.state() == v1::Job::CANCELLED) {
    return text;
  }
  if (!progress.step().empty()) {
    text += " " + progress.step();
  }
  if (progress.total() > 0) {
    text += fmt::format(" {}/{} ({} %)", progress.done(), progress.total(),
                        progress.done() * 100 / progress.total());
  }
  if (progress.eta_s() > 0) {
    text += ", about " + Seconds(progress.eta_s()) + " left";
  }
  if (job.attempt() > 1) {
    text += fmt::format(", attempt {}", job.attempt());
  }
  return text;
}

ProgressView::ProgressView(std::vector<std::string> job_ids, bool quiet)
    : ids_(std::move(job_ids)),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) != 0) {}

void ProgressView::Update(const v1::Job& job) {
  const std::lock_guard lock(mutex_);
  if (quiet_) {
    return;
  }
  const std::string line = Label(job) + ProgressText(job);
  if (!terminal_) {
    if (std::exchange(marks_[job.id()], Mark(job)) != Mark(job)) {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
    return;
  }
  lines_[job.id()] = line;
  Redraw();
}

void ProgressView::Redraw() {
  if (drawn_) {
    std::fprintf(stderr, "\x1b[%zuA", ids_.size());
  }
  for (const std::string& id : ids_) {
    std::fprintf(stderr, "\x1b[2K%.*s\n", 150, lines_[id].c_str());
  }
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressView::Finish() {
  const std::lock_guard lock(mutex_);
  drawn_ = false;
}

}  // namespace tinyrig::cli
