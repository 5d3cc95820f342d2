// One line per event: time level area message key=value, to standard error.
// LOG_INFO("agent", "board {} is ready", id);
#pragma once

#include <string_view>

#include <fmt/format.h>

namespace tinyrig::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// "debug", "info", "warning" or "error"; anything else leaves it and is false.
bool SetLogLevel(std::string_view name);

void LogLine(LogLevel level, std::string_view area, std::string_view text);
bool LogEnabled(LogLevel level);

}  // namespace tinyrig::base

#define TINYRIG_LOG(level, area, ...)                                    \
  do {                                                                   \
    if (::tinyrig::base::LogEnabled(level)) {                            \
      ::tinyrig::base::LogLine(level, area, ::fmt::format(__VA_ARGS__)); \
    }                                                                    \
  } while (false)
#define LOG_DEBUG(area, ...) \
  TINYRIG_LOG(::tinyrig::base::LogLevel::kDebug, area, __VA_ARGS__)
#define LOG_INFO(area, ...) \
  TINYRIG_LOG(::tinyrig::base::LogLevel::kInfo, area, __VA_ARGS__)
#define LOG_WARNING(area, ...) \
  TINYRIG_LOG(::tinyrig::base::LogLevel::kWarning, area, __VA_ARGS__)
#define LOG_ERROR(area, ...) \
  TINYRIG_LOG(::tinyrig::base::LogLevel::kError, area, __VA_ARGS__)
