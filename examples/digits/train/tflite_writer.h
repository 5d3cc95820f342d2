// Writes a quantised model as a .tflite file (schema version 3, "TFL3").
//
// The tables are laid down field by field by number, from the public format,
// not by the schema that engine/read/ reads with: a wrong number there would
// else be written and read wrong alike.
#pragma once

#include <cstdint>
#include <vector>

#include "examples/digits/train/quantise.h"

namespace tinyrig::digits {

std::vector<uint8_t> WriteTflite(const QuantModel& model);

}  // namespace tinyrig::digits
