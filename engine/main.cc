// tinyrig-compile: one model, one board, one artifact. The server runs it as a
// limited child; docs/ENGINE.md says what each exit code means.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

#include "CLI/CLI.hpp"
#include "base/file.h"
#include "engine/compile.h"
#include "engine/report.h"
#include "proto/file/artifact.h"

namespace {

constexpr int kExitUsage = 2;
constexpr int kExitRefused = 3;
constexpr int kExitTooling = 4;

struct Arguments {
  std::string model, board, output, status_file, keep_folder, name;
  std::string optimize = "speed";
  bool report = false;
};

absl::Status Compile(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const auto bytes, tinyrig::base::ReadFile(arguments.model));
  tinyrig::engine::CompileOptions options;
  options.board_id = arguments.board;
  options.model_name =
      arguments.name.empty()
          ? std::filesystem::path(arguments.model).filename().string()
          : arguments.name;
  options.optimize = arguments.optimize;
  options.keep_folder = arguments.keep_folder;
  options.progress = [](std::string_view step) {
    std::printf("%.*s\n", static_cast<int>(step.size()), step.data());
    std::fflush(stdout);
  };
  if (!arguments.keep_folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(arguments.keep_folder, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(arguments.keep_folder, ": ", error.message()));
    }
  }
  ASSIGN_OR_RETURN(const auto model,
                   tinyrig::engine::CompileModel(bytes, options));
  RETURN_IF_ERROR(tinyrig::base::WriteFileAtomic(
      arguments.output, tinyrig::file::SerializeArtifact(model)));
  if (arguments.report) {
    std::fputs(tinyrig::engine::PrintReport(model).c_str(), stdout);
  }
  return absl::OkStatus();
}

// {"code": "FAILED_PRECONDITION", "message": "..."}
void WriteStatus(const std::string& path, const absl::Status& status) {
  google::protobuf::Struct object;
  (*object.mutable_fields())["code"].set_string_value(
      absl::StatusCodeToString(status.code()));
  (*object.mutable_fields())["message"].set_string_value(
      std::string(status.message()));
  std::string json;
  if (google::protobuf::util::MessageToJsonString(object, &json).ok()) {
    const absl::Status written = tinyrig::base::WriteFileAtomic(path, json);
    if (!written.ok()) {
      std::fprintf(stderr, "tinyrig-compile: %s\n",
                   std::string(written.message()).c_str());
    }
  }
}

void AddOptions(CLI::App* app, Arguments* arguments) {
  app->add_option("model", arguments->model, "int8 .tflite model")
      ->required()
      ->check(CLI::ExistingFile);
  app->add_option("--board,-b", arguments->board, "board id")->required();
  app->add_option("-o,--output", arguments->output, "artifact to write")
      ->required();
  app->add_option("--name", arguments->name, "the model's name for people");
  app->add_option("--optimize", arguments->optimize, "speed or size")
      ->check(CLI::IsMember({"speed", "size"}));
  app->add_option("--status-file", arguments->status_file,
                  "JSON {code, message} is written here on failure");
  app->add_option("--keep-temps", arguments->keep_folder,
                  "folder for generated sources, ELF and map");
  app->add_flag("--report", arguments->report, "print sizes and layers");
  app->set_version_flag("--version", []() -> std::string {
    const auto version = tinyrig::engine::EngineVersion();
    return version.ok() ? *version : std::string(version.status().message());
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compiles an int8 .tflite model for a board");
  Arguments arguments;
  AddOptions(&app, &arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const absl::Status status = Compile(arguments);
  if (status.ok()) {
    return 0;
  }
  std::fprintf(stderr, "tinyrig-compile: %s\n",
               std::string(status.message()).c_str());
  if (!arguments.status_file.empty()) {
    WriteStatus(arguments.status_file, status);
  }
  return tinyrig::engine::IsRefusal(status) ? kExitRefused : kExitTooling;
}
