#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <google/protobuf/util/json_util.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/importer.h"
#include "cli/interrupt.h"
#include "cli/units.h"
#include "client/transfer_client.h"

namespace tinyrig::cli {
namespace {

// Bytes as base64 make JSON a third longer than the record; more is no record.
constexpr size_t kMaxLineBytes = 256 << 20;

struct ImportOptions {
  std::string file, from, filter, blobs;
  bool dry_run = false;
};

/// False: the end. A longer line is cut at the limit, the rest passed over.
bool ReadLine(std::streambuf& in, std::string* line) {
  line->clear();
  int c = in.sbumpc();
  const bool some = c != EOF;
  for (; c != EOF && c != '\n'; c = in.sbumpc()) {
    if (line->size() < kMaxLineBytes) {
      *line += static_cast<char>(c);
    }
  }
  return some;
}

absl::Status ImportLines(std::streambuf& in, const std::string& name,
                         const Interrupt& interrupt, Importer& importer) {
  std::string line;
  for (int number = 1; ReadLine(in, &line); ++number) {
    if (interrupt.raised()) {
      return absl::CancelledError("interrupted");
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    const std::string where = absl::StrCat(name, ":", number);
    v1::RunRecord record;
    const auto parsed =
        google::protobuf::util::JsonStringToMessage(line, &record);
    if (line.size() == kMaxLineBytes || !parsed.ok()) {
      importer.Refuse(where,
                      absl::InvalidArgumentError(absl::StrCat(
                          "no record of `tinyrig export records`: ",
                          std::string(parsed.message()).substr(0, 200))));
      continue;
    }
    RETURN_IF_ERROR(importer.Take(record, where));
  }
  return absl::OkStatus();
}

absl::Status ImportFile(const ImportOptions& options,
                        const Interrupt& interrupt, Importer& importer) {
  if (options.file == "-") {
    return ImportLines(*std::cin.rdbuf(), "standard input", interrupt,
                       importer);
  }
  std::ifstream file(options.file, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat("cannot read ", options.file));
  }
  return ImportLines(*file.rdbuf(), options.file, interrupt, importer);
}

absl::Status ImportFrom(const ImportOptions& options,
                        client::TransferClient& source, Importer& importer) {
  absl::Status status;
  RETURN_IF_ERROR(
      source.ExportRecords(options.filter, [&](const v1::RunRecord& record) {
        status = importer.Take(record, absl::StrCat("run ", record.run().id(),
                                                    " of ", options.from));
        return status.ok();
      }));
  return status;
}

int Say(const ImportOptions& options, const ImportCounts& counts,
        const absl::Status& status) {
  std::string text = absl::StrCat(
      Count(counts.fresh), options.dry_run ? " would be new, " : " new, ",
      Count(counts.already_there), " already there, ");
  if (counts.own > 0) {
    text += Count(counts.own) + " made by this server, ";
  }
  Print(absl::StrCat(text, Count(counts.refused), " refused\n"));
  if (!status.ok()) {
    std::fprintf(stderr,
                 "tinyrig: it stopped before the end; the same command "
                 "goes on where it was\n");
    return FailRpc(status);
  }
  return counts.refused > 0 ? kExitJobFailed : kExitOk;
}

int Import(const Context& context, const ImportOptions& options) {
  if (options.file.empty() == options.from.empty() ||
      (options.from.empty() && !options.filter.empty())) {
    PrintError(absl::InvalidArgumentError(
        "import: either a FILE.jsonl of `tinyrig export records` or --from "
        "HOST:PORT is wanted; --filter goes with --from"));
    return kExitUsage;
  }
  HoldSignals();
  client::LabClient lab(context.server);
  client::TransferClient transfer(context.server);
  const std::string from = options.from.empty() ? context.server : options.from;
  client::LabClient source_lab(from);
  client::TransferClient source(from);
  const Interrupt interrupt([&] {
    lab.CancelAll();
    transfer.Cancel();
    source_lab.CancelAll();
    source.Cancel();
  });
  BlobSource blobs;
  if (!options.from.empty()) {
    blobs = [&](const std::string& sha256) {
      return source_lab.DownloadBlob(sha256);
    };
  } else if (!options.blobs.empty()) {
    blobs = BlobsIn(options.blobs);
  }
  Importer importer(lab, transfer, blobs, options.dry_run);
  const absl::Status status = options.from.empty()
                                  ? ImportFile(options, interrupt, importer)
                                  : ImportFrom(options, source, importer);
  return Say(options, importer.counts(), status);
}

}  // namespace

void AddImportCommand(CLI::App& app, Context* context, int* exit_code) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import",
      "results of another tinyrig server; what is there already stays as it "
      "is, so it may be repeated");
  command->add_option("file", options->file,
                      "of `tinyrig export records`; - is standard input");
  command
      ->add_option("--from", options->from,
                   "HOST:PORT of a running server, with the blobs")
      ->check(IsAddress());
  command->add_option("--filter", options->filter,
                      "of the other server's runs (docs/FILTER.md)");
  command->add_option("--blobs", options->blobs,
                      "folder of `tinyrig export records --blobs`");
  command->add_flag("--dry-run", options->dry_run,
                    "only say how many would be new");
  AddServerOption(command, context);
  command->callback([=] { *exit_code = Import(*context, *options); });
}

}  // namespace tinyrig::cli
