// Hostile files: seeded mutations of every model through the reader, and
// through the passes and the interpreter when the reader accepts one. Nothing
// may crash (run it under ASan), and no error may be INTERNAL, which would be
// our bug.
//
// TINYRIG_FUZZ_SEED=<n> sets the seed (printed), TINYRIG_FUZZ_RUNS=<n> the
// mutations of each model (default 10000).
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include <gtest/gtest.h>

#include "engine/passes/passes.h"
#include "engine/read/reader.h"
#include "engine/read/testing/model_builder.h"
#include "engine/reference/interpreter.h"

namespace tinyrig::engine::read {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Positions outside of constant data: offsets, vtables, shapes, scales.
std::vector<size_t> StructuralBytes(const Bytes& file) {
  std::vector<bool> is_data(file.size(), false);
  for (const fb::Buffer* buffer : *fb::GetModel(file.data())->buffers()) {
    if (buffer->data() != nullptr && buffer->data()->size() > 64) {
      const auto from = buffer->data()->data() - file.data();
      std::fill_n(is_data.begin() + from, buffer->data()->size(), true);
    }
  }
  std::vector<size_t> positions;
  for (size_t i = 0; i < file.size(); ++i) {
    if (!is_data[i]) {
      positions.push_back(i);
    }
  }
  return positions;
}

/// Changes a model in place and can take the changes back.
class Mutator {
 public:
  Mutator(Bytes file, uint64_t seed)
      : file_(std::move(file)),
        places_(StructuralBytes(file_)),
        random_(seed) {}

  /// 1 to 4 changes.
  const Bytes& Mutate() {
    for (uint64_t i = 0, n = 1 + Below(4); i < n; ++i) {
      ChangeOnce();
    }
    return file_;
  }
  /// A shorter copy, so that ASan sees reads behind its end.
  Bytes Truncate() {
    const auto size = static_cast<ptrdiff_t>(
        Below(2) != 0 ? Below(file_.size())
                      : file_.size() - 1 -
                            Below(std::min<size_t>(file_.size() - 1, 4096)));
    return {file_.begin(), file_.begin() + size};
  }
  void Undo() {
    for (; !undo_.empty(); undo_.pop_back()) {
      file_[undo_.back().first] = undo_.back().second;
    }
  }
  uint64_t Below(uint64_t bound) { return random_() % bound; }

 private:
  void Set(size_t at, uint8_t value) {
    if (at < file_.size()) {
      undo_.emplace_back(at, file_[at]);
      file_[at] = value;
    }
  }
  size_t Place() {
    return Below(10) == 0 ? Below(file_.size())
                          : places_[Below(places_.size())];
  }
  void ChangeOnce() {
    const size_t at = Place();
    switch (Below(4)) {
      case 0:
        Set(at, file_[at] ^ static_cast<uint8_t>(1U << Below(8)));
        break;
      case 1: {
        constexpr uint8_t kBytes[] = {0, 1, 0x7f, 0x80, 0xff};
        Set(at, Below(2) != 0 ? static_cast<uint8_t>(Below(256))
                              : kBytes[Below(5)]);
        break;
      }
      case 2: {  // a whole word: an offset, a dim, an index, a scale
        constexpr uint32_t kWords[] = {0,          1,          0x7fffffff,
                                       0x80000000, 0xffffffff, 0x7f800000,
                                       0x7fc00000, 65536};
        const uint32_t word = kWords[Below(8)];
        for (size_t i = 0; i < 4; ++i) {
          Set((at & ~size_t{3}) + i, static_cast<uint8_t>(word >> (8 * i)));
        }
        break;
      }
      default: {  // splice
        const size_t from = Place();
        const size_t count = 1 + Below(64);
        for (size_t i = 0; i < count && from + i < file_.size(); ++i) {
          Set(at + i, file_[from + i]);
        }
      }
    }
  }

  Bytes file_;
  std::vector<size_t> places_;
  std::mt19937_64 random_;
  std::vector<std::pair<size_t, uint8_t>> undo_;
};

/// Cheap enough to run: few sums, little memory.
bool IsSmall(const ir::Graph& graph) {
  int64_t work = 0;
  for (const ir::Op& op : graph.ops) {
    int64_t cells = 1;
    if (const auto* pool = std::get_if<ir::AveragePool2d>(&op.body)) {
      cells = int64_t{pool->window.filter_h} * pool->window.filter_w;
    } else if (const auto* most = std::get_if<ir::MaxPool2d>(&op.body)) {
      cells = int64_t{most->window.filter_h} * most->window.filter_w;
    }
    work += ir::MacCount(graph, op) +
            graph.tensor(ir::OutputOf(op)).elements() * cells;
  }
  return work < 100'000;
}

void RunOnce(const ir::Graph& graph) {
  std::vector<Bytes> inputs;
  for (const ir::TensorId id : graph.inputs) {
    inputs.emplace_back(static_cast<size_t>(graph.tensor(id).bytes()), 0x7f);
  }
  const auto outputs = reference::Interpret(graph, inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
}

struct Tally {
  int accepted = 0, refused = 0, ran = 0;
};

void TryOne(const Bytes& file, Tally* tally) {
  auto graph = ReadTflite(file, "fuzz");
  if (!graph.ok()) {
    ++tally->refused;
    ASSERT_TRUE(graph.status().code() == absl::StatusCode::kInvalidArgument ||
                graph.status().code() == absl::StatusCode::kUnimplemented)
        << graph.status();
    return;
  }
  ++tally->accepted;
  const bool small = IsSmall(*graph);
  if (small) {
    ++tally->ran;
    RunOnce(*graph);
  }
  const absl::Status passed = passes::RunPasses(&*graph);
  ASSERT_TRUE(passed.ok()) << passed;
  if (small) {
    RunOnce(*graph);
  }
}

void Fuzz(const std::string& name, const Bytes& file) {
  const uint64_t seed = FromEnvironment("TINYRIG_FUZZ_SEED", 20240607);
  const uint64_t runs = FromEnvironment("TINYRIG_FUZZ_RUNS", 10'000);
  Mutator mutator(file, seed);
  Tally tally;
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t run = 0; run < runs; ++run) {
    SCOPED_TRACE(absl::StrCat(name, ", seed ", seed, ", run ", run));
    if (mutator.Below(12) == 0) {
      TryOne(mutator.Truncate(), &tally);
    } else {
      TryOne(mutator.Mutate(), &tally);
      mutator.Undo();
    }
    if (::testing::Test::HasFatalFailure()) {
      return;
    }
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  std::cout << name << ": seed " << seed << ", " << runs << " mutations, "
            << tally.refused << " refused, " << tally.accepted << " accepted, "
            << tally.ran << " run, " << took.count() << " s\n";
  EXPECT_GT(tally.refused, 0);
}

/// Every supported operator in one small file.
Bytes AllOperators() {
  testing::ModelBuilder m;
  testing::WindowOptions same;
  same.padding = fb::Padding::SAME;
  testing::WindowOptions pool;
  pool.filter_h = pool.filter_w = 2;
  const auto image = [&](int side, int channels) {
    return m.Activation({1, side, side, channels}, 0.5F, -1);
  };
  const int in = m.Float({1, 6, 6, 2});
  const int q = image(6, 2), padded = image(8, 2), conv = image(6, 3),
            dw = image(6, 3), sum = image(6, 3), avg = image(5, 3),
            most = image(4, 3);
  const int mean = m.Activation({1, 3}, 0.25F, 2);
  const int shaped = m.Activation({1, 3, 1}, 0.25F, 2);
  const int fc = m.Activation({1, 4}, 0.125F, 3);
  const int soft = m.Activation({1, 4}, 1.0F / 256, -128);
  const int byte = m.Activation({1, 4}, 1.0F / 256, 0, fb::TensorType::UINT8);
  const int out = m.Float({1, 4});
  m.Quantize(in, q);
  m.Pad(q, padded, {0, 0, 1, 1, 1, 1, 0, 0});
  m.Conv2d(padded,
           m.Weights({3, 3, 3, 2}, std::vector<int8_t>(54, 3),
                     {0.01F, 0.02F, 0.03F}),
           m.Int32({3}, {1, 2, 3}), conv, {});
  m.DepthwiseConv2d(conv,
                    m.Weights({1, 3, 3, 3}, std::vector<int8_t>(27, -5),
                              {0.01F, 0.02F, 0.03F}, 3),
                    -1, dw, 1, same);
  m.Add(conv, dw, sum);
  m.AveragePool(sum, avg, pool);
  m.MaxPool(avg, most, pool);
  m.Mean(most, mean, {1, 2}, false);
  m.Reshape(mean, shaped);
  m.FullyConnected(shaped,
                   m.Weights({4, 3}, std::vector<int8_t>(12, 7), {0.1F}),
                   m.Int32({4}, {5, 6, 7, 8}), fc);
  m.Softmax(fc, soft);
  m.Quantize(soft, byte);
  m.Dequantize(byte, out);
  return m.Finish({in}, {out});
}

TEST(ReaderFuzz, SmallModelWithEveryOperator) {
  const Bytes file = AllOperators();
  const auto graph = ReadTflite(file, "all");
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_TRUE(IsSmall(*graph));
  Fuzz("every operator", file);
}

TEST(ReaderFuzz, EverySharedModel) {
  const fs::path models = fs::path(TINYRIG_SHARED) / "models";
  if (!fs::exists(models)) {
    std::cout << "SKIPPED: the shared models need TINYRIG_SHARED\n";
    GTEST_SKIP();
  }
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (entry.path().extension() == ".tflite") {
      std::ifstream file(entry.path(), std::ios::binary);
      Fuzz(entry.path().filename(), {std::istreambuf_iterator<char>(file), {}});
      ++count;
      if (HasFatalFailure()) {
        return;
      }
    }
  }
  EXPECT_GE(count, 1);
}

}  // namespace
}  // namespace tinyrig::engine::read
