#include "server/compile/builder.h"

#include <atomic>
#include <csignal>
#include <unistd.h>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "base/file.h"
#include "base/process.h"

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

constexpr int kExitRefused = 3;
constexpr int64_t kMaxArtifactBytes = 64LL << 20;
constexpr int64_t kMaxLineBytes = 4096;
#if defined(__SANITIZE_ADDRESS__)
constexpr int64_t kMemoryLimitBytes = 0;  // ASan's shadow is terabytes
#else
constexpr int64_t kMemoryLimitBytes = 4LL << 30;
#endif

// Cuts a stream of chunks into lines, each at most kMaxLineBytes.
class LineCutter {
 public:
  explicit LineCutter(const std::function<void(const std::string&)>& on_line)
      : on_line_(on_line) {}
  void Add(std::string_view chunk) {
    for (const char c : chunk) {
      if (c == '\n') {
        Flush();
      } else if (line_.size() < kMaxLineBytes) {
        line_ += c;
      }
    }
  }
  void Flush() {
    if (!line_.empty() && on_line_) {
      on_line_(line_);
    }
    line_.clear();
  }

 private:
  const std::function<void(const std::string&)>& on_line_;
  std::string line_;
};

std::string StringField(const google::protobuf::Struct& object,
                        const std::string& name) {
  const auto it = object.fields().find(name);
  return it == object.fields().end() ? "" : it->second.string_value();
}

v1::Failure Failed(v1::FailureClass why, std::string_view code,
                   std::string_view message) {
  v1::Failure failure;
  failure.set_failure_class(why);
  failure.set_code(std::string(code));
  failure.set_message(std::string(message));
  failure.set_stage("compiling");
  return failure;
}

v1::FailureClass ClassOfExit(int exit_code) {
  switch (exit_code) {
    case kExitRefused:
      return v1::MODEL;
    case 2:  // usage: we called it wrongly
    case 128 + SIGSEGV:
    case 128 + SIGABRT:
      return v1::INTERNAL;
    default:
      return v1::LAB;
  }
}

// What the child says of itself, else what its end looks like.
v1::Failure FailureOfExit(const base::ProcessResult& result,
                          const fs::path& status_file) {
  const v1::FailureClass why = ClassOfExit(result.exit_code);
  google::protobuf::Struct object;
  const auto json = base::ReadTextFile(status_file, 1 << 20);
  if (json.ok() &&
      google::protobuf::util::JsonStringToMessage(*json, &object).ok() &&
      !StringField(object, "message").empty()) {
    return Failed(why, StringField(object, "code"),
                  StringField(object, "message"));
  }
  std::string tail = result.err.substr(
      result.err.size() - std::min<size_t>(result.err.size(), 2000));
  for (char& c : tail) {  // proto3 strings must be UTF-8
    c = static_cast<unsigned char>(c) >= 0x7F ? '?' : c;
  }
  return Failed(why, why == v1::INTERNAL ? "INTERNAL" : "UNAVAILABLE",
                absl::StrCat("the compiler ended with exit code ",
                             result.exit_code, ": ", tail));
}

}  // namespace

absl::StatusOr<std::string> ChildBuilder::EngineVersion() {
  ASSIGN_OR_RETURN(const base::ProcessResult result,
                   base::RunProcess({.argv = {program_.string(), "--version"},
                                     .timeout_ms = 10'000}));
  const std::string version(absl::StripAsciiWhitespace(result.out));
  if (result.exit_code != 0 || version.empty() || version.size() > 200) {
    return absl::InternalError(absl::StrCat(
        program_.string(), " --version: exit code ", result.exit_code));
  }
  return version;
}

CompileResult ChildBuilder::Compile(const CompileRequest& request) {
  static std::atomic<int> next{0};
  const fs::path stem =
      scratch_ / absl::StrCat("compile-", ::getpid(), "-", ++next);
  const fs::path output = stem.string() + ".tinyrig";
  const fs::path status_file = stem.string() + ".json";
  base::ProcessOptions options;
  options.argv = {program_.string(),
                  request.model_path.string(),
                  "--board",
                  request.board_id,
                  "-o",
                  output.string(),
                  "--status-file",
                  status_file.string()};
  if (!request.model_name.empty()) {
    options.argv.push_back("--name=" + request.model_name);
  }
  if (request.options.optimize() == "size") {
    options.argv.insert(options.argv.end(), {"--optimize", "size"});
  }
  // A killed compiler cannot tidy up; we do.
  const fs::path temporary = stem.string() + ".tmp";
  std::error_code ignored;
  fs::create_directory(temporary, ignored);
  options.environment = {"TMPDIR=" + temporary.string()};
  options.timeout_ms = request.timeout_ms;
  options.memory_limit_bytes = kMemoryLimitBytes;
  options.cpu_limit_s = request.timeout_ms / 1000 + 1;
  options.file_limit_bytes = 4 * kMaxArtifactBytes;
  options.cancel_fd = request.cancel_fd;
  LineCutter lines(request.on_line);
  options.on_out = [&lines](std::string_view chunk) { lines.Add(chunk); };

  CompileResult done;
  const absl::StatusOr<base::ProcessResult> result = base::RunProcess(options);
  lines.Flush();
  if (!result.ok()) {
    done.failure = FailureOf(result.status(), v1::LAB, "compiling");
  } else if (result->cancelled) {
    done.cancelled = true;
  } else if (result->timed_out) {
    done.failure = Failed(v1::TIMEOUT, "DEADLINE_EXCEEDED",
                          absl::StrCat("the compiler took longer than ",
                                       request.timeout_ms / 1000, " s"));
  } else if (result->exit_code != 0) {
    done.failure = FailureOfExit(*result, status_file);
  } else if (auto bytes = base::ReadTextFile(output, kMaxArtifactBytes);
             bytes.ok()) {
    done.artifact = *std::move(bytes);
  } else {
    done.failure = FailureOf(bytes.status(), v1::LAB, "compiling");
  }
  fs::remove_all(temporary, ignored);
  fs::remove(output, ignored);
  fs::remove(status_file, ignored);
  return done;
}

v1::Failure FailureOf(const absl::Status& status, v1::FailureClass why,
                      const std::string& stage) {
  v1::Failure failure;
  failure.set_failure_class(why);
  failure.set_code(absl::StatusCodeToString(status.code()));
  failure.set_message(std::string(status.message()));
  failure.set_stage(stage);
  return failure;
}

}  // namespace tinyrig::server
