#include <memory>
#include <string>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "client/dataset_pack.h"
#include "proto/file/dataset.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

struct ImportOptions {
  std::string folder;
  std::string name;
  std::string preprocessing = "raw";
};

Table DatasetTable() {
  return Table({"dataset", ">samples", ">bytes each", ">classes",
                "preprocessing", "sha256"});
}

void AddRow(const v1::Dataset& dataset, Table* table) {
  table->Row({dataset.name(), std::to_string(dataset.sample_count()),
              std::to_string(dataset.sample_bytes()),
              std::to_string(dataset.class_count()), dataset.preprocessing(),
              dataset.sha256()});
}

int Import(const Context& context, const ImportOptions& options) {
  const auto preprocessing = client::ParsePreprocessing(options.preprocessing);
  if (!preprocessing.ok()) {
    return FailRpc(preprocessing.status());
  }
  const auto packed = client::LoadDataset(options.folder, *preprocessing);
  if (!packed.ok()) {
    PrintError(packed.status());
    return kExitUsage;
  }
  client::LabClient lab(context.server);
  const auto sha256 = lab.UploadDataset(*packed);
  if (!sha256.ok()) {
    return FailRpc(sha256.status());
  }
  const auto dataset = lab.CreateDataset(
      options.name.empty() ? client::DatasetNameOf(options.folder)
                           : options.name,
      *sha256);
  if (!dataset.ok()) {
    return FailRpc(dataset.status());
  }
  Table table = DatasetTable();
  AddRow(*dataset, &table);
  PrintResource(context, table, *dataset);
  return kExitOk;
}

int List(const Context& context) {
  client::LabClient lab(context.server);
  v1::ListDatasetsRequest request;
  request.set_page_size(1000);
  const auto response = lab.ListDatasets(request);
  if (!response.ok()) {
    return FailRpc(response.status());
  }
  Table table = DatasetTable();
  for (const v1::Dataset& dataset : response->datasets()) {
    AddRow(dataset, &table);
  }
  PrintResource(context, table, *response);
  return kExitOk;
}

int Fail(const absl::Status& status) {
  PrintError(status);
  return kExitUsage;
}

int Pack(const ImportOptions& options, const std::string& out) {
  const auto preprocessing = client::ParsePreprocessing(options.preprocessing);
  if (!preprocessing.ok()) {
    return Fail(preprocessing.status());
  }
  const auto packed = client::LoadDataset(options.folder, *preprocessing);
  if (!packed.ok()) {
    return Fail(packed.status());
  }
  const absl::Status written =
      base::WriteFileAtomic(out, file::SerializeDataset(*packed));
  if (!written.ok()) {
    return Fail(written);
  }
  fmt::print("{}: {} samples of {} bytes\n", out, packed->names_size(),
             packed->sample_bytes());
  return kExitOk;
}

int Unpack(const std::string& path, const std::string& folder) {
  const auto packed = client::LoadDataset(path, client::Preprocessing::kRaw);
  if (!packed.ok()) {
    return Fail(packed.status());
  }
  const absl::Status written = client::UnpackDataset(*packed, folder);
  if (!written.ok()) {
    return Fail(written);
  }
  fmt::print("{}: y_labels.csv and {} files of {} bytes\n", folder,
             packed->names_size(), packed->sample_bytes());
  return kExitOk;
}

void AddPreprocess(CLI::App* command, ImportOptions* options) {
  command
      ->add_option("--preprocess", options->preprocessing,
                   "raw: bytes are the input tensor; pixel-128: uint8 pixels "
                   "become int8 by subtracting 128")
      ->check(CLI::IsMember({"raw", "pixel-128"}));
}

void AddImport(CLI::App* group, Context* context, int* exit_code) {
  CLI::App* import = group->add_subcommand(
      "import",
      "pack and upload a folder in the MLPerf Tiny layout: y_labels.csv with "
      "rows `file,class count,label` and the files of raw bytes it names; or "
      "upload a packed file");
  AddFormatOption(import, context);
  auto options = std::make_shared<ImportOptions>();
  import->add_option("dir", options->folder, "the folder, or a packed file")
      ->required();
  import->add_option("--name", options->name,
                     "name in the lab (default: the folder's)");
  AddPreprocess(import, options.get());
  import->callback([=] { *exit_code = Import(*context, *options);
});
}  // namespace

void AddPackAndUnpack(CLI::App* group, int* exit_code) {
  CLI::App* pack = group->add_subcommand(
      "pack", "a folder as one file, which --dataset and import take too");
  auto options = std::make_shared<ImportOptions>();
  auto out = std::make_shared<std::string>();
  pack->add_option("dir", options->folder, "the folder")->required();
  pack->add_option("-o,--output", *out, "file to write")->required();
  AddPreprocess(pack, options.get());
  pack->callback([=] { *exit_code = Pack(*options, *out); });
  CLI::App* unpack = group->add_subcommand(
      "unpack", "a packed file as a folder: y_labels.csv and a file a sample");
  auto path = std::make_shared<std::string>();
  auto folder = std::make_shared<std::string>();
  unpack->add_option("file", *path, "the packed file")->required();
  unpack->add_option("dir", *folder, "folder to write")->required();
  unpack->callback([=] { *exit_code = Unpack(*path, *folder); });
}

}  // namespace tinyrig::cli

void AddDatasetCommands(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* group = app.add_subcommand("dataset", "labelled inputs");
  group->require_subcommand(1);
  AddImport(group, context, exit_code);
  AddPackAndUnpack(group, exit_code);
  CLI::App* list = group->add_subcommand("list", "all datasets");
  AddFormatOption(list, context);
  list->callback([=] { *exit_code = List(*context); });
}

}  // namespace tinyrig::cli
