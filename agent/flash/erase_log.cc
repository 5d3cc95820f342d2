#include "agent/flash/erase_log.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

#include "base/file.h"

namespace tinyrig::agent {

int64_t EraseLog::Count() const {
  int64_t count = 0;
  const auto text = base::ReadTextFile(file_);
  if (!text.ok() ||
      !absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &count)) {
    return 0;
  }
  return count;
}

absl::Status EraseLog::Add(int64_t sectors) {
  return base::WriteFileAtomic(file_, absl::StrCat(Count() + sectors, "\n"));
}

}  // namespace tinyrig::agent
