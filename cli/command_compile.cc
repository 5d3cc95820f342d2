#include <filesystem>
#include <memory>

#include "base/file.h"
#include "boards/board.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/units.h"
#include "engine/compile.h"
#include "proto/file/artifact.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

struct CompileArguments {
  std::string model;
  std::string board;
  std::string out;
  std::string format = "table";
  std::string optimize;
  bool report = false;
};

std::string Report(const v1::CompiledModel& model) {
  std::string text = fmt::format(
      "{} for {}   ESTIMATED (compiled, not run)\n"
      "  image        {}  sha256 {}\n"
      "  SRAM         arena {} + static {} + stack reserved {}\n"
      "  flash        weights {} + tables {} + model code {} + kernels {} + "
      "firmware {}\n"
      "  MACs         {}\n",
      model.model_name(), model.board_id(),
      Bytes(static_cast<int64_t>(model.image().size())), model.image_sha256(),
      Bytes(model.memory().arena_bytes()), Bytes(model.memory().static_bytes()),
      Bytes(model.memory().stack_reserved_bytes()),
      ShortBytes(model.flash().weights_bytes()),
      ShortBytes(model.flash().tables_bytes()),
      ShortBytes(model.flash().model_code_bytes()),
      ShortBytes(model.flash().kernels_bytes()),
      ShortBytes(model.flash().firmware_bytes()), Count(model.macs()));
  Table layers({">layer", "op", "tensor", ">MACs", ">weights B"});
  for (const v1::LayerInfo& layer : model.layers()) {
    layers.Row({std::to_string(layer.index()), layer.op(), layer.name(),
                Count(layer.macs()), Count(layer.weights_bytes())});
  }
  Table plan({"buffer", ">offset", ">bytes", ">first layer", ">last layer"});
  for (const v1::PlanEntry& entry : model.plan()) {
    plan.Row({entry.tensor(), std::to_string(entry.offset_bytes()),
              std::to_string(entry.size_bytes()),
              std::to_string(entry.first_layer()),
              std::to_string(entry.last_layer())});
  }
  return text + "\n" + layers.Text() + "\n" + plan.Text();
}

int Compile(const CompileArguments& arguments) {
  if (const auto board = boards::FindBoard(arguments.board); !board.ok()) {
    PrintError(board.status());
    return kExitUsage;
  }
  const auto bytes = base::ReadFile(arguments.model, 256ULL << 20);
  if (!bytes.ok()) {
    PrintError(bytes.status());
    return kExitUsage;
  }
  engine::CompileOptions options;
  options.board_id = arguments.board;
  options.model_name =
      std::filesystem::path(arguments.model).filename().string();
  if (!arguments.optimize.empty()) {
    options.optimize = arguments.optimize;
  }
  const auto model = engine::CompileModel(*bytes, options);
  if (!model.ok()) {
    PrintError(model.status());
    return ExitCodeOfCompile(model.status());
  }
  if (!arguments.out.empty()) {
    const absl::Status written =
        base::WriteFileAtomic(arguments.out, file::SerializeArtifact(*model));
    if (!written.ok()) {
      PrintError(written);
      return kExitLab;
    }
  }
  if (arguments.format == "json") {
    v1::CompiledModel slim = *model;
    slim.clear_image();  // megabytes of base64 help nobody
    Print(ToJson(slim));
  } else if (arguments.report || arguments.out.empty()) {
    Print(Report(*model));
  } else {
    Print(fmt::format("{} {} bytes of image for {}\n", arguments.out,
                      model->image().size(), model->board_id()));
  }
  return kExitOk;
}

}  // namespace

void AddCompileCommand(CLI::App& app, Context* /*context*/, int* exit_code) {
  CLI::App* command = app.add_subcommand(
      "compile", "compile a model here, without a server; nothing is run");
  auto arguments = std::make_shared<CompileArguments>();
  command->add_option("model", arguments->model, "int8 .tflite model")
      ->required();
  command->add_option("--board,-b", arguments->board, "board kind")->required();
  command->add_option("-o,--out", arguments->out,
                      "the .tinyrig file to write (for `tinyrig submit`)");
  command->add_flag("--report", arguments->report,
                    "sizes, layers and memory plan");
  command->add_option("--format", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  command
      ->add_option("--optimize", arguments->optimize, "speed (default) or size")
      ->check(CLI::IsMember({"speed", "size"}));
  command->callback([=] { *exit_code = Compile(*arguments); });
}

}  // namespace tinyrig::cli
