// Lets a long statement be stopped: it then ends with an error.
#pragma once

#include <functional>
#include <utility>

#include "server/store/sqlite.h"

namespace tinyrig::server {

/// While it lives, statements of `database` ask `stop` now and then, on the
/// thread that runs them.
class StopWhen {
 public:
  StopWhen(Database& database, std::function<bool()> stop)
      : handle_(database.handle()), stop_(std::move(stop)) {
    sqlite3_progress_handler(handle_, kInstructions, &Ask, this);
  }
  ~StopWhen() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }
  StopWhen(const StopWhen&) = delete;
  StopWhen& operator=(const StopWhen&) = delete;

 private:
  static constexpr int kInstructions = 20'000;  // of SQLite's machine
  static int Ask(void* self) {
    const auto& stop = static_cast<StopWhen*>(self)->stop_;
    return stop && stop() ? 1 : 0;
  }

  sqlite3* handle_;
  std::function<bool()> stop_;
};

}  // namespace tinyrig::server
