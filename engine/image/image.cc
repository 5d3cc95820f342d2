#include "engine/image/image.h"

#include <cstddef>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "base/file.h"
#include "base/process.h"
#include "base/sha256.h"
#include "boards/generate.h"
#include "boards/image_header.h"
#include "engine/image/elf_sections.h"
#include "engine/image/fit.h"
#include "proto/abi/model.h"

namespace tinyrig::engine::image {
namespace {

constexpr char kCompiler[] = "arm-none-eabi-g++";
constexpr int64_t kStepTimeoutMs = 240'000;

class ImageBuilder {
 public:
  ImageBuilder(const boards::Board& board, const ImageOptions& options)
      : board_(board),
        options_(options),
        firmware_(options.share_folder / "firmware" / board.id) {}

  absl::StatusOr<BuiltImage> Run(const emit::ModelSource& source,
                                 int64_t arena_bytes) {
    RETURN_IF_ERROR(CheckFits(
        board_, arena_bytes,
        static_cast<int64_t>(source.weights.size() + source.tables.size())));
    RETURN_IF_ERROR(ReadToolchain());
    RETURN_IF_ERROR(emit::SaveModelSource(source, options_.work_folder));
    RETURN_IF_ERROR(CompileObjects());
    // From here on the only question is whether it fits.
    RETURN_IF_ERROR(Link());
    RETURN_IF_ERROR(ReadImage());
    RETURN_IF_ERROR(MeasureSections());
    return std::move(built_);
  }

 private:
  absl::Status ReadToolchain();
  absl::Status CompileObjects();
  absl::Status Link();
  absl::Status ReadImage();
  absl::Status MeasureSections();
  absl::StatusOr<base::ProcessResult> Call(std::vector<std::string> argv) const;
  absl::Status CallOrFail(std::vector<std::string> argv) const;

  [[nodiscard]] std::string FlagsArgument() const {
    return absl::StrCat("@", (firmware_ / "flags.txt").string());
  }
  // Behind the board's flags, so that these win.
  [[nodiscard]] std::vector<std::string> OptimizeFlags() const {
    if (options_.optimize == "size") {
      return {"-Os"};
    }
    return {"-O2"};
  }

  const boards::Board& board_;
  const ImageOptions& options_;
  std::filesystem::path firmware_;
  BuiltImage built_;
};

absl::StatusOr<base::ProcessResult> ImageBuilder::Call(
    std::vector<std::string> argv) const {
  base::ProcessOptions process;
  process.argv = std::move(argv);
  process.working_folder = options_.work_folder;
  process.timeout_ms = kStepTimeoutMs;
  auto result = base::RunProcess(process);
  if (!result.ok()) {
    return absl::UnavailableError(absl::StrCat(
        process.argv[0], " cannot run (", result.status().message(),
        "); install gcc-arm-none-eabi and binutils-arm-none-eabi"));
  }
  if (result->timed_out) {
    return absl::DeadlineExceededError(absl::StrCat(
        process.argv[0], " took longer than ", kStepTimeoutMs / 1000, " s"));
  }
  return result;
}

absl::Status ImageBuilder::CallOrFail(std::vector<std::string> argv) const {
  const std::string program = argv[0];
  ASSIGN_OR_RETURN(const base::ProcessResult result, Call(std::move(argv)));
  if (result.exit_code != 0) {
    return absl::InternalError(absl::StrCat(program, " exited with ",
                                            result.exit_code, ": ",
                                            result.err.substr(0, 2000)));
  }
  return absl::OkStatus();
}

absl::Status ImageBuilder::ReadToolchain() {
  const auto flags = base::ReadTextFile(firmware_ / "flags.txt");
  if (!flags.ok()) {
    return absl::UnavailableError(absl::StrCat("no firmware for ", board_.id,
                                               " (", flags.status().message(),
                                               "); build the target programs"));
  }
  built_.compiler_flags =
      absl::StrReplaceAll(absl::StripAsciiWhitespace(*flags), {{"\n", " "}});
  for (const std::string& flag : OptimizeFlags()) {
    absl::StrAppend(&built_.compiler_flags, " ", flag);
  }
  ASSIGN_OR_RETURN(const base::ProcessResult version,
                   Call({kCompiler, "--version"}));
  const std::vector<std::string> lines = absl::StrSplit(version.out, '\n');
  built_.compiler = lines[0];
  return absl::OkStatus();
}

absl::Status ImageBuilder::CompileObjects() {
  std::vector<std::string> compile = {kCompiler, FlagsArgument()};
  for (const std::string& flag : OptimizeFlags()) {
    compile.push_back(flag);
  }
  compile.push_back(
      absl::StrCat("-I", (options_.share_folder / "include").string()));
  std::vector<std::string> assemble = compile;
  compile.insert(compile.end(), {"-c", "model.cc", "-o", "model.o"});
  assemble.insert(assemble.end(), {"-c", "data.S", "-o", "data.o"});
  RETURN_IF_ERROR(CallOrFail(assemble));
  return CallOrFail(compile);
}

absl::Status ImageBuilder::Link() {
  ASSIGN_OR_RETURN(
      const base::ProcessResult result,
      Call({kCompiler, FlagsArgument(), "-T", (firmware_ / "link.ld").string(),
            "model.o", "data.o", (firmware_ / "libfirmware.a").string(), "-o",
            "image.elf", "-Wl,-Map=image.map"}));
  if (result.exit_code == 0) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(FitStatusFromLinker(board_, result.err));
  return absl::InternalError(
      absl::StrCat("the linker failed: ", result.err.substr(0, 2000)));
}

absl::Status ImageBuilder::ReadImage() {
  RETURN_IF_ERROR(CallOrFail({"arm-none-eabi-objcopy", "-O", "binary",
                              "--gap-fill", "0xFF", "image.elf", "image.bin"}));
  ASSIGN_OR_RETURN(built_.bytes,
                   base::ReadFile(options_.work_folder / "image.bin"));
  RETURN_IF_ERROR(boards::FillImageHeader(&built_.bytes));
  ASSIGN_OR_RETURN(const auto hash, boards::CheckImageHeader(built_.bytes));
  built_.hash = base::Hex(hash);
  const size_t at = TINYRIG_IMAGE_HEADER_OFFSET +
                    offsetof(TinyrigImageHeader, firmware_version);
  const char* version = reinterpret_cast<const char*>(&built_.bytes[at]);
  built_.firmware_version.assign(
      version, strnlen(version, sizeof(TinyrigImageHeader::firmware_version)));
  return absl::OkStatus();
}

// Firmware is what is left of the image: its code, its constants, the vector
// table, the gap to the header, alignment.
absl::Status ImageBuilder::MeasureSections() {
  ASSIGN_OR_RETURN(const auto elf,
                   base::ReadFile(options_.work_folder / "image.elf"));
  ASSIGN_OR_RETURN(const auto sections, ReadSections(elf));
  v1::FlashUsage& flash = built_.flash;
  flash.set_weights_bytes(SectionBytes(sections, ".rodata.weights"));
  flash.set_tables_bytes(SectionBytes(sections, ".rodata.tables"));
  flash.set_model_code_bytes(SectionBytes(sections, ".text.model"));
  flash.set_kernels_bytes(SectionBytes(sections, ".text.kernel"));
  flash.set_total_bytes(static_cast<int64_t>(built_.bytes.size()));
  flash.set_firmware_bytes(flash.total_bytes() - flash.weights_bytes() -
                           flash.tables_bytes() - flash.model_code_bytes() -
                           flash.kernels_bytes());
  v1::MemoryUsage& memory = built_.memory;
  memory.set_arena_bytes(SectionBytes(sections, ".arena"));
  memory.set_static_bytes(SectionBytes(sections, ".data") +
                          SectionBytes(sections, ".bss") +
                          SectionBytes(sections, ".noinit") +
                          SectionBytes(sections, ".handler_stack"));
  memory.set_stack_reserved_bytes(board_.image.stack_bytes);
  memory.set_total_bytes(memory.arena_bytes() + memory.static_bytes());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BuiltImage> BuildImage(const emit::ModelSource& source,
                                      int64_t arena_bytes,
                                      const boards::Board& board,
                                      const ImageOptions& options) {
  return ImageBuilder(board, options).Run(source, arena_bytes);
}

}  // namespace tinyrig::engine::image
