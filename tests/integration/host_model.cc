#include "tests/integration/host_model.h"

#include "absl/strings/str_cat.h"

#include "base/file.h"
#include "base/process.h"
#include "engine/emit/model_source.h"

namespace tinyrig::tests {
namespace {

absl::Status Run(const std::filesystem::path& folder,
                 std::vector<std::string> argv) {
  base::ProcessOptions options;
  options.argv = std::move(argv);
  options.working_folder = folder;
  ASSIGN_OR_RETURN(const base::ProcessResult result, base::RunProcess(options));
  if (result.exit_code != 0) {
    return absl::InternalError(absl::StrCat(
        options.argv[0], " exited with ", result.exit_code, ": ", result.err));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::vector<uint8_t>>> RunOnHost(
    const engine::emit::Lowered& lowered,
    const std::vector<std::vector<uint8_t>>& samples, bool sanitize) {
  ASSIGN_OR_RETURN(const base::TempDir temp, base::TempDir::Create());
  RETURN_IF_ERROR(engine::emit::SaveModelSource(
      engine::emit::WriteModelSource(lowered), temp.path()));
  std::vector<uint8_t> inputs;
  for (const auto& sample : samples) {
    inputs.insert(inputs.end(), sample.begin(), sample.end());
  }
  RETURN_IF_ERROR(base::WriteFileAtomic(temp.path() / "inputs", inputs));
  const std::string source = TINYRIG_SOURCE_DIR;
  std::vector<std::string> compile = {
      "g++",
      "-std=c++17",
      "-O1",
      "-Wall",
      "-Wextra",
      "-Werror",
      "-fno-pie",
      "-no-pie",
      absl::StrCat("-I", source),
      "model.cc",
      "data.S",
      absl::StrCat(source, "/tests/integration/host_harness.cc"),
      "-o",
      "model"};
  if (sanitize) {
    compile.insert(compile.begin() + 1, {"-fsanitize=address,undefined",
                                         "-fno-sanitize-recover=all"});
  }
  RETURN_IF_ERROR(Run(temp.path(), compile));
  RETURN_IF_ERROR(Run(temp.path(), {"./model", "inputs", "outputs"}));
  ASSIGN_OR_RETURN(const auto bytes, base::ReadFile(temp.path() / "outputs"));
  std::vector<std::vector<uint8_t>> outputs;
  const size_t each = bytes.size() / samples.size();
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto begin = bytes.begin() + static_cast<ptrdiff_t>(i * each);
    outputs.emplace_back(begin, begin + static_cast<ptrdiff_t>(each));
  }
  return outputs;
}

}  // namespace tinyrig::tests
