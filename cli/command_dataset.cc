#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "client/dataset_pack.h"
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
  const auto packed = client::PackDataset(options.folder, *preprocessing);
  if (!packed.ok()) {
    PrintError(packed.status());
    return kExitUsage;
  }
  client::LabClient lab(context.server);
  const auto sha256 = lab.UploadBlob(client::EncodeDataset(*packed));
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

}  // namespace

void AddDatasetCommands(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* group = app.add_subcommand("dataset", "labelled inputs");
  group->require_subcommand(1);
  CLI::App* import = group->add_subcommand(
      "import",
      "pack and upload a folder in the MLPerf Tiny layout: y_labels.csv with "
      "rows `file,class count,label` and the files of raw bytes it names");
  AddFormatOption(import, context);
  auto options = std::make_shared<ImportOptions>();
  import->add_option("dir", options->folder, "the folder")->required();
  import->add_option("--name", options->name,
                     "name in the lab (default: the folder's)");
  import
      ->add_option("--preprocess", options->preprocessing,
                   "raw: bytes are the input tensor; pixel-128: uint8 pixels "
                   "become int8 by subtracting 128")
      ->check(CLI::IsMember({"raw", "pixel-128"}));
  import->callback([=] { *exit_code = Import(*context, *options);
});
CLI::App* list = group->add_subcommand("list", "all datasets");
AddFormatOption(list, context);
list->callback([=] { *exit_code = List(*context); });
}  // namespace tinyrig::cli

}  // namespace tinyrig::cli
