#include "engine/compile.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/file.h"
#include "base/resources.h"
#include "base/sha256.h"
#include "boards/board.h"
#include "engine/emit/lower.h"
#include "engine/emit/model_source.h"
#include "engine/image/image.h"
#include "engine/passes/passes.h"
#include "engine/plan/planner.h"
#include "engine/read/reader.h"
#include "engine/report.h"

#ifndef TINYRIG_VERSION
#error "the build sets TINYRIG_VERSION"
#endif

namespace tinyrig::engine {
namespace {

namespace fs = std::filesystem;

fs::path ShareOf(const fs::path& given) {
  return given.empty() ? base::ShareFolder() : given;
}

// Kernels and firmware, in an order that does not depend on the disk.
absl::StatusOr<std::vector<fs::path>> CompiledInFiles(const fs::path& share) {
  std::vector<fs::path> files;
  for (const char* folder : {"include", "firmware"}) {
    std::error_code error;
    for (fs::recursive_directory_iterator at(share / folder, error), end;
         !error && at != end; at.increment(error)) {
      if (at->is_regular_file(error)) {
        files.push_back(at->path());
      }
    }
    if (error) {
      return absl::UnavailableError(
          absl::StrCat((share / folder).string(), ": ", error.message(),
                       "; build the target programs"));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void Say(const CompileOptions& options, std::string_view step) {
  if (options.progress) {
    options.progress(step);
  }
}

}  // namespace

absl::StatusOr<std::string> EngineVersion(const fs::path& share_folder) {
  const fs::path share = ShareOf(share_folder);
  ASSIGN_OR_RETURN(const std::vector<fs::path> files, CompiledInFiles(share));
  std::string digest;
  for (const fs::path& file : files) {
    ASSIGN_OR_RETURN(const auto bytes, base::ReadFile(file));
    absl::StrAppend(&digest, file.lexically_relative(share).string(), " ",
                    base::Sha256Hex(bytes), "\n");
  }
  const std::vector<uint8_t> text(digest.begin(), digest.end());
  return absl::StrCat(TINYRIG_VERSION, "+", base::Sha256Hex(text).substr(0, 8));
}

absl::StatusOr<v1::CompiledModel> CompileModel(std::span<const uint8_t> tflite,
                                               const CompileOptions& options) {
  if (options.optimize != "speed" && options.optimize != "size") {
    return absl::InvalidArgumentError(absl::StrCat(
        "optimize is \"", options.optimize, "\", wanted speed or size"));
  }
  ASSIGN_OR_RETURN(const boards::Board* board,
                   boards::FindBoard(options.board_id));
  const fs::path share = ShareOf(options.share_folder);

  // The file is hostile until ReadTflite has checked it.
  Say(options, "reading");
  ASSIGN_OR_RETURN(ir::Graph graph,
                   read::ReadTflite(tflite, options.model_name));
  Say(options, "optimising");
  RETURN_IF_ERROR(passes::RunPasses(&graph));

  // Every op becomes a kernel call, every buffer a literal offset.
  Say(options, "planning");
  const emit::LowerOptions lowering = {.expand_weights =
                                           options.optimize == "speed"};
  ASSIGN_OR_RETURN(const emit::Lowered lowered,
                   emit::Lower(std::move(graph), lowering));
  // From here on no two live buffers overlap: Lower has run CheckPlan.
  const emit::ModelSource source = emit::WriteModelSource(lowered);

  std::optional<base::TempDir> temporary;
  fs::path work = options.keep_folder;
  if (work.empty()) {
    ASSIGN_OR_RETURN(temporary, base::TempDir::Create());
    work = temporary->path();
  }
  Say(options, "compiling");
  ASSIGN_OR_RETURN(image::BuiltImage built,
                   image::BuildImage(source, lowered.arena_bytes(), *board,
                                     {share, work, options.optimize}));
  // The image is complete; what follows only describes it.

  v1::CompiledModel result;
  result.set_model_name(options.model_name);
  result.set_model_sha256(base::Sha256Hex(tflite));
  result.set_board_id(board->id);
  result.mutable_options()->set_optimize(options.optimize);
  ASSIGN_OR_RETURN(*result.mutable_engine_version(), EngineVersion(share));
  DescribeImage(*board, built, &result);
  DescribeModel(lowered, &result);
  return result;
}

bool IsRefusal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kUnimplemented ||
         status.code() == absl::StatusCode::kFailedPrecondition ||
         status.code() == absl::StatusCode::kNotFound;
}

}  // namespace tinyrig::engine
