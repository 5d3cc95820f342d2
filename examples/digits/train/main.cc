// tinyrig-digits: draws the example's data, trains its model, writes both.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "examples/digits/train/output.h"
#include "examples/digits/train/quantise.h"
#include "examples/digits/train/tflite_writer.h"
#include "examples/digits/train/trainer.h"
#include <CLI/CLI.hpp>

namespace tinyrig::digits {
namespace {

struct Options {
  std::filesystem::path out;
  bool dataset_only = false;
  TrainOptions train;
};

std::vector<Image> CalibrationImages(uint64_t seed) {
  constexpr uint64_t kImages = 500;
  std::vector<Image> images;
  for (uint64_t i = 0; i < kImages; ++i) {
    images.push_back(DrawSample(seed, Split::kTrain, i));
  }
  return images;
}

absl::Status MakeModel(const Options& options) {
  const uint64_t seed = options.train.seed;
  const Network network = Train(options.train);
  const QuantModel model = Quantise(network, CalibrationImages(seed));
  const std::vector<uint8_t> file = WriteTflite(model);
  RETURN_IF_ERROR(base::WriteFileAtomic(options.out / "digits.tflite",
                                        std::span<const uint8_t>(file)));
  ASSIGN_OR_RETURN(const int correct, WriteExpected(seed, model, options.out));
  int macs = 0;
  for (const Layer& layer : network.layers) {
    macs += layer.macs();
  }
  std::printf("digits.tflite: %zu bytes, %d MACs\naccuracy: %d / %d\n",
              file.size(), macs, correct, kTestSamples);
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return base::ErrnoStatus(error.value(), "creating " + options.out.string());
  }
  RETURN_IF_ERROR(WriteDataset(options.train.seed, options.out / "dataset"));
  std::printf("dataset: %d samples of %d bytes\n", kTestSamples, kPixels);
  return options.dataset_only ? absl::OkStatus() : MakeModel(options);
}

}  // namespace
}  // namespace tinyrig::digits

int main(int argc, char** argv) {
  using tinyrig::digits::Options;
  Options options;
  CLI::App app(
      "Draws the digits of the example, trains its model and writes "
      "DIR/digits.tflite, DIR/expected.csv and DIR/dataset (packed).",
      "tinyrig-digits");
  app.add_option("--out", options.out, "Folder to write")
      ->required()
      ->option_text("DIR");
  app.add_option("--seed", options.train.seed, "Seed of drawings and weights")
      ->capture_default_str();
  app.add_option("--batches", options.train.batches,
                 "Batches of 32 drawings to train")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_flag("--dataset-only", options.dataset_only,
               "Write DIR/dataset only; train nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.train.progress = [](int batch, float loss) {
    std::fprintf(stderr, "batch %d: loss %.4f\n", batch,
                 static_cast<double>(loss));
  };
  const absl::Status status = tinyrig::digits::Run(options);
  if (!status.ok()) {
    std::fprintf(stderr, "tinyrig-digits: %s\n",
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
