// Patterns of filters on text in memory, as SQL's GLOB reads them. Pure.
#pragma once

#include <string_view>

namespace tinyrig::server {

/// Whether all of `text` fits `pattern`: "*" stands for any bytes (or none),
/// "[x]" for the one byte x, everything else for itself. These are the patterns
/// that BindFilter makes; SQLite's GLOB says the same of them. Case counts.
/// Takes at most |pattern| * |text| steps.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace tinyrig::server
