// How "does not fit" is said, whoever finds it out.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "boards/board.h"

namespace tinyrig::engine::image {

/// A memory that is too small for what the model needs.
struct Shortage {
  int64_t needed_bytes = 0;
  int64_t there_bytes = 0;
  [[nodiscard]] bool is_short() const { return needed_bytes > there_bytes; }
};

/// OK when neither is short; else FAILED_PRECONDITION with each that is.
absl::Status FitStatus(const boards::Board& board, const Shortage& sram,
                       const Shortage& flash);

/// The shortages that ld reports ("region `RAM' overflowed by 123 bytes").
absl::Status FitStatusFromLinker(const boards::Board& board,
                                 std::string_view linker_output);

}  // namespace tinyrig::engine::image
