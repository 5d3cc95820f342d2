// The recorded outputs' files (golden/README.md beside the models).
#pragma once

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>
#include <zlib.h>

#include <gtest/gtest.h>

#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::reference::testing {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

inline Bytes ReadBytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline bool HaveShared() {
  if (fs::exists(fs::path(TINYRIG_SHARED) / "golden")) {
    return true;
  }
  std::cout << "SKIPPED: golden outputs need TINYRIG_SHARED\n";
  return false;
}

inline std::string Crc(std::span<const uint8_t> bytes) {
  std::ostringstream text;
  text << std::hex;
  text.width(8);
  text.fill('0');
  text << crc32(0, bytes.data(), static_cast<uInt>(bytes.size()));
  return text.str();
}

/// ops.txt: "<number> <name> t<tensor> [shape] <bytes> <crc32>" per line.
struct Layer {
  std::string name;
  int tensor = 0;
  std::string crc;
};

inline std::vector<Layer> ReadLayers(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<Layer> layers;
  std::string number, name, tensor, shape, bytes, crc;
  while (file >> number >> name >> tensor >> shape >> bytes >> crc) {
    layers.push_back({name, std::stoi(tensor.substr(1)), crc});
  }
  return layers;
}

/// The first `count` operators of a model that has unsupported ones later; the
/// last one's output becomes the model's.
inline Bytes FirstOperators(const Bytes& file, size_t count) {
  std::unique_ptr<read::fb::ModelT> model = read::fb::UnPackModel(file.data());
  read::fb::SubGraphT& graph = *model->subgraphs.at(0);
  graph.operators.resize(count);
  graph.outputs = {graph.operators.back()->outputs.at(0)};
  flatbuffers::FlatBufferBuilder builder;
  read::fb::FinishModelBuffer(builder,
                              read::fb::Model::Pack(builder, model.get()));
  return {builder.GetBufferPointer(),
          builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace tinyrig::engine::reference::testing
