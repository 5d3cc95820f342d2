#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unistd.h>

#include <google/protobuf/util/json_util.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/importer.h"
#include "cli/interrupt.h"
#include "cli/text_file.h"
#include "cli/units.h"
#include "client/transfer_client.h"

namespace tinyrig::cli {
namespace {

struct ExportOptions {
  std::string what, filter, format = "csv", file, blobs;
  bool force = false;
};

// How much has come, on a terminal, unless the rows go there themselves.
class Amount {
 public:
  explicit Amount(const std::string& file)
      : shown_(::isatty(2) == 1 && (!file.empty() || ::isatty(1) == 0)) {}
  ~Amount() {
    if (drawn_) {
      std::fprintf(stderr, "\r\x1b[K");
    }
  }
  Amount(const Amount&) = delete;
  Amount& operator=(const Amount&) = delete;
  void Add(size_t bytes) {
    bytes_ += static_cast<int64_t>(bytes);
    if (shown_ && bytes_ - last_ > kStepBytes) {
      std::fprintf(stderr, "\r\x1b[K%s", ShortBytes(bytes_).c_str());
      last_ = bytes_;
      drawn_ = true;
    }
  }

 private:
  static constexpr int64_t kStepBytes = 1 << 20;
  bool shown_, drawn_ = false;
  int64_t bytes_ = 0, last_ = 0;
};

v1::ExportTableRequest::Table TableOf(const std::string& what) {
  return what == "runs"          ? v1::ExportTableRequest::RUNS
         : what == "layers"      ? v1::ExportTableRequest::LAYERS
         : what == "samples"     ? v1::ExportTableRequest::SAMPLES
         : what == "predictions" ? v1::ExportTableRequest::PREDICTIONS
                                 : v1::ExportTableRequest::JOBS;
}

absl::Status ExportRows(const ExportOptions& options,
                        client::TransferClient& server, TextFile& file) {
  v1::ExportTableRequest request;
  request.set_table(TableOf(options.what));
  request.set_format(options.format == "csv"
                         ? v1::ExportTableRequest::CSV
                         : v1::ExportTableRequest::JSON_LINES);
  request.set_filter(options.filter);
  Amount amount(options.file);
  absl::Status written;
  RETURN_IF_ERROR(server.ExportTable(request, [&](const std::string& lines) {
    written = file.Write(lines);
    amount.Add(lines.size());
    return written.ok() && !file.reader_gone();
  }));
  return written;
}

// Blobs beside the records, each once; what the server lacks is passed over.
class BlobFolder {
 public:
  BlobFolder(const Context& context, std::string folder)
      : lab_(context.server), folder_(std::move(folder)) {}
  void Cancel() { lab_.CancelAll(); }

  absl::Status Add(const v1::RunRecord& record) {
    if (folder_.empty()) {
      return absl::OkStatus();
    }
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    for (const std::string& sha256 : BlobsOf(record)) {
      const std::string path = absl::StrCat(folder_, "/", sha256);
      if (!done_.insert(sha256).second ||
          std::filesystem::exists(path, error)) {
        continue;
      }
      const auto bytes = lab_.DownloadBlob(sha256);
      if (bytes.status().code() == absl::StatusCode::kNotFound) {
        continue;
      }
      RETURN_IF_ERROR(bytes.status());
      RETURN_IF_ERROR(base::WriteFileAtomic(path, *bytes));
    }
    return absl::OkStatus();
  }

 private:
  client::LabClient lab_;
  std::string folder_;
  std::set<std::string> done_;
};

absl::Status ExportRecords(const ExportOptions& options,
                           client::TransferClient& server, BlobFolder& blobs,
                           TextFile& file) {
  Amount amount(options.file);
  absl::Status done;
  RETURN_IF_ERROR(
      server.ExportRecords(options.filter, [&](const v1::RunRecord& record) {
        done = blobs.Add(record);
        if (!done.ok()) {
          return false;
        }
        std::string line;
        const auto made =
            google::protobuf::util::MessageToJsonString(record, &line);
        done = made.ok() ? file.Write(line + "\n")
                         : absl::InternalError(std::string(made.message()));
        amount.Add(line.size());
        return done.ok() && !file.reader_gone();
      }));
  return done;
}

int Export(const Context& context, const ExportOptions& options) {
  if (!options.blobs.empty() && options.what != "records") {
    PrintError(absl::InvalidArgumentError(
        "--blobs goes with `tinyrig export records` only"));
    return kExitUsage;
  }
  auto file = TextFile::Open(options.file, options.force);
  if (!file.ok()) {
    PrintError(file.status());
    return kExitUsage;
  }
  HoldSignals();
  client::TransferClient server(context.server);
  BlobFolder blobs(context, options.blobs);
  const Interrupt interrupt([&] {
    server.Cancel();
    blobs.Cancel();
  });
  absl::Status status = options.what == "records"
                            ? ExportRecords(options, server, blobs, *file)
                            : ExportRows(options, server, *file);
  if (status.ok()) {
    status = file->Commit();
  }
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    PrintError(status);
    return kExitLab;  // a disk is full: this one, or a record is too large
  }
  return status.ok() ? kExitOk : FailRpc(status);
}

}  // namespace

void AddExportCommand(CLI::App& app, Context* context, int* exit_code) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand(
      "export",
      "tables as CSV or JSON lines (docs/EXPORT.md), or whole results "
      "(records) for `tinyrig import`");
  command
      ->add_option("what", options->what,
                   "runs, layers, samples, predictions, jobs or records")
      ->required()
      ->check(CLI::IsMember(
          {"runs", "layers", "samples", "predictions", "jobs", "records"}));
  command->add_option("--filter", options->filter,
                      "of runs (of jobs: jobs), e.g. model_name = kws AND "
                      "create_time > -24h (docs/FILTER.md)");
  command->add_option("--format", options->format, "csv (default) or jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}));
  command->add_option("-f,--file", options->file,
                      "instead of standard output; appears once it is whole");
  command->add_flag("--force", options->force, "overwrite the file");
  command->add_option("--blobs", options->blobs,
                      "folder for the models, artifacts and datasets of the "
                      "records");
  AddServerOption(command, context);
  command->callback([=] { *exit_code = Export(*context, *options); });
}

}  // namespace tinyrig::cli
