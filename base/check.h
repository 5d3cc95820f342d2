// CHECK(cond): programmer errors abort with file:line. Never on input: input
// gets a Status. (abseil 20220623 has no log/check.)
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tinyrig::base {

[[noreturn]] inline void CheckFailed(const char* file, int line,
                                     const char* condition) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace tinyrig::base

#define TINYRIG_CHECK(condition)                                    \
  do {                                                              \
    if (!(condition)) {                                             \
      ::tinyrig::base::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                               \
  } while (false)
