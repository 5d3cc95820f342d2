// Models become artifacts by `tinyrig-compile`, a child process with limits:
// a hostile model can at worst kill the child.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/status.h"
#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/compiled_model.pb.h"

namespace tinyrig::server {

struct CompileRequest {
  std::filesystem::path model_path;
  std::string model_name;  ///< for people
  std::string board_id;
  v1::CompileOptions options;
  int64_t timeout_ms = 0;
  int cancel_fd = -1;  ///< readable: stop
  /// One line that the compiler printed.
  std::function<void(const std::string&)> on_line;
};

/// Either an artifact's bytes or a failure with its class set.
struct CompileResult {
  std::string artifact;
  v1::Failure failure;
  bool cancelled = false;
};

class Builder {
 public:
  virtual ~Builder() = default;
  /// What the cache's key carries. Errors: NOT_FOUND no compiler there;
  /// INTERNAL it does not say.
  virtual absl::StatusOr<std::string> EngineVersion() = 0;
  virtual CompileResult Compile(const CompileRequest& request) = 0;
};

/// `tinyrig-compile MODEL --board B -o FILE --status-file F`. Thread-safe.
class ChildBuilder : public Builder {
 public:
  /// `scratch` holds the outputs while they are made; it must exist.
  ChildBuilder(std::filesystem::path program, std::filesystem::path scratch)
      : program_(std::move(program)), scratch_(std::move(scratch)) {}

  absl::StatusOr<std::string> EngineVersion() override;
  CompileResult Compile(const CompileRequest& request) override;

 private:
  std::filesystem::path program_, scratch_;
};

/// The failure that a Status means in a stage; the class by its code.
v1::Failure FailureOf(const absl::Status& status, v1::FailureClass why,
                      const std::string& stage);

}  // namespace tinyrig::server
