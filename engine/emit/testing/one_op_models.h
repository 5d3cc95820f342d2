// One small .tflite per operator and kernel path: for golden texts and for runs
// of the generated source against the interpreter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::engine::emit::testing {

struct OneOpModel {
  std::string name;
  std::vector<uint8_t> tflite;
};

std::vector<OneOpModel> OneOpModels();

}  // namespace tinyrig::engine::emit::testing
