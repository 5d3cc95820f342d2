#include "server/filter/glob.h"

#include <cstddef>

namespace tinyrig::server {

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  // Where to go on when a piece does not fit: the last star takes a byte more.
  size_t after_star = std::string_view::npos;
  size_t star_end = 0;
  size_t p = 0;
  size_t t = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_end = t;
      continue;
    }
    const bool quoted =
        p + 2 < pattern.size() && pattern[p] == '[' && pattern[p + 2] == ']';
    if (p < pattern.size() && t < text.size() &&
        pattern[p + (quoted ? 1 : 0)] == text[t]) {
      p += quoted ? 3 : 1;
      ++t;
      continue;
    }
    if (after_star == std::string_view::npos || star_end == text.size()) {
      return false;
    }
    p = after_star;
    t = ++star_end;
  }
  return true;
}

}  // namespace tinyrig::server
