#include "engine/image/fit.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "boards/generate.h"
#include "engine/image/image.h"

namespace tinyrig::engine::image {
namespace {

// N of "region `RAM' overflowed by N bytes"; 0 when it is not said.
int64_t Overflow(std::string_view text, std::string_view region) {
  const std::string lead =
      absl::StrCat("region `", std::string(region), "' overflowed by ");
  const size_t at = text.find(lead);
  if (at == std::string_view::npos) {
    return 0;
  }
  const std::string_view rest = text.substr(at + lead.size());
  int64_t bytes = 0;
  const std::string digits(rest.substr(0, rest.find(' ')));
  return absl::SimpleAtoi(digits, &bytes) ? bytes : 0;
}

Shortage ShortageBy(int64_t overflow_bytes, int64_t there_bytes) {
  return {there_bytes + overflow_bytes, there_bytes};
}

}  // namespace

absl::Status FitStatus(const boards::Board& board, const Shortage& sram,
                       const Shortage& flash) {
  std::vector<std::string> problems;
  if (sram.is_short()) {
    problems.push_back(absl::StrCat("SRAM: needs ", sram.needed_bytes,
                                    " bytes, has ", sram.there_bytes, " (",
                                    board.image.ram_bytes, " less the stack)"));
  }
  if (flash.is_short()) {
    problems.push_back(absl::StrCat("flash: needs ", flash.needed_bytes,
                                    " bytes, has ", flash.there_bytes));
  }
  if (problems.empty()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the model does not fit ", board.id, "; ", absl::StrJoin(problems, "; "),
      "; use a smaller model or a bigger board"));
}

absl::Status FitStatusFromLinker(const boards::Board& board,
                                 std::string_view linker_output) {
  return FitStatus(
      board,
      ShortageBy(Overflow(linker_output, "RAM"),
                 boards::StaticRamLimitBytes(board.image)),
      ShortageBy(Overflow(linker_output, "FLASH"), board.image.flash_bytes));
}

absl::Status CheckFits(const boards::Board& board, int64_t arena_bytes,
                       int64_t constant_bytes) {
  return FitStatus(board,
                   {arena_bytes, boards::StaticRamLimitBytes(board.image)},
                   {constant_bytes, board.image.flash_bytes});
}

}  // namespace tinyrig::engine::image
