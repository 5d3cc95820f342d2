// A model on the host: two inputs (3 and 5 bytes), two outputs (4 and 4), two
// layers, the first in two steps; an output byte is the input byte plus 1.
#pragma once

#include "proto/abi/model.h"

namespace tinyrig::firmware::testing {

constexpr uint32_t kFakeBytes = 8;
constexpr uint32_t kFakeLayerCycles[] = {100, 250};

/// Input preserved, unless said otherwise. The arena is shared by all.
TinyrigModel FakeModel(bool keeps_input = true);
int FakeInvocations();

}  // namespace tinyrig::firmware::testing
