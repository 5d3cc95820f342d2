// A virtual board that the agent starts, watches and starts again when it dies
// (docs/VBOARD.md). Everything but endpoints() on the io_context's thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/posix/stream_descriptor.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/streambuf.hpp"

#include "agent/supervisor/board_io.h"
#include "base/child.h"

namespace tinyrig::agent {

struct VboardOptions {
  std::string name;  ///< for logs
  std::string program;
  std::vector<std::string> arguments;  ///< without --link
  std::filesystem::path link;          ///< the console; .loader, .control
};

class VboardProcess {
 public:
  VboardProcess(boost::asio::io_context* io, VboardOptions options);
  /// Ends the child, hard if it must be.
  ~VboardProcess();

  void Start();
  /// SIGTERM, SIGKILL after a second; returns when the child is reaped.
  void Stop();

  /// Thread-safe. UNAVAILABLE while the child is not ready, with the reason.
  [[nodiscard]] absl::StatusOr<BoardEndpoints> endpoints() const;

 private:
  void ReadLine();
  void OnLine(const std::string& line);
  void OnEnd();
  void SetReady(bool ready, const std::string& why);

  boost::asio::io_context* io_;
  VboardOptions options_;
  boost::asio::posix::stream_descriptor output_;
  boost::asio::streambuf buffer_;
  boost::asio::steady_timer restart_;
  base::Child child_;
  bool stopping_ = false;
  int64_t pause_ms_ = 0;

  mutable std::mutex mutex_;
  bool ready_ = false;
  std::string why_ = "not started";
};

}  // namespace tinyrig::agent
