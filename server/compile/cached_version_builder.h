// Asks the compiler's version once per program file, not once per turn of the
// dispatcher.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "server/compile/builder.h"

namespace tinyrig::server {

class CachedVersionBuilder : public Builder {
 public:
  CachedVersionBuilder(Builder& inner, std::filesystem::path program)
      : inner_(inner), program_(std::move(program)) {}

  absl::StatusOr<std::string> EngineVersion() override {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(program_, error);
    const std::lock_guard lock(mutex_);
    if (error || version_.empty() || time != time_) {
      ASSIGN_OR_RETURN(version_, inner_.EngineVersion());
      time_ = time;
    }
    return version_;
  }
  CompileResult Compile(const CompileRequest& request) override {
    return inner_.Compile(request);
  }

 private:
  Builder& inner_;
  std::filesystem::path program_;
  std::mutex mutex_;
  std::string version_;
  std::filesystem::file_time_type time_;
};

}  // namespace tinyrig::server
