// Runs a generated model on the host: host_harness INPUTS OUTPUTS, each file
// the concatenation of samples. The first sample runs twice more, with somebody
// listening to the steps and, where the model says that it keeps its input,
// without setting it again; all must agree, and every layer must have a step.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "proto/abi/model.h"

namespace {

void SetInputs(const char* from) {
  for (int i = 0; i < tinyrig_model.input_count; ++i) {
    const TinyrigTensor& tensor = tinyrig_model.inputs[i];
    std::memcpy(tensor.data, from, tensor.bytes);
    from += tensor.bytes;
  }
}

std::string Outputs() {
  std::string bytes;
  for (int i = 0; i < tinyrig_model.output_count; ++i) {
    const TinyrigTensor& tensor = tinyrig_model.outputs[i];
    bytes.append(reinterpret_cast<const char*>(tensor.data), tensor.bytes);
  }
  return bytes;
}

std::set<uint32_t> stepped;

std::string RunInvoke() {
  tinyrig_model.invoke(nullptr);
  return Outputs();
}

std::string RunSteps() {
  tinyrig_model.invoke([](uint32_t layer) { stepped.insert(layer); });
  return Outputs();
}

bool EveryLayerStepped() {
  return stepped.size() == tinyrig_model.layer_count &&
         *stepped.rbegin() == tinyrig_model.layer_count - 1;
}

// Other ways to run the same input give the same outputs.
bool Agrees(const char* input, const std::string& want) {
  const bool keeps = (tinyrig_model.flags & TINYRIG_MODEL_INPUT_PRESERVED) != 0;
  if (keeps && RunInvoke() != want) {
    return false;
  }
  SetInputs(input);
  return RunSteps() == want && EveryLayerStepped();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || tinyrig_model.magic != TINYRIG_MODEL_MAGIC) {
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::string inputs{std::istreambuf_iterator<char>(file), {}};
  std::ofstream out(argv[2], std::ios::binary);
  size_t input_bytes = 0;
  for (int i = 0; i < tinyrig_model.input_count; ++i) {
    input_bytes += tinyrig_model.inputs[i].bytes;
  }
  for (size_t at = 0; at + input_bytes <= inputs.size(); at += input_bytes) {
    SetInputs(&inputs[at]);
    const std::string by_invoke = RunInvoke();
    if (at == 0 && !Agrees(&inputs[at], by_invoke)) {
      std::fprintf(stderr, "runs of one input differ\n");
      return 1;
    }
    out << by_invoke;
  }
  return out.flush() ? 0 : 1;
}
