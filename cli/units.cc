#include "cli/units.h"

#include <fmt/format.h>

namespace tinyrig::cli {

std::string Count(int64_t n) {
  std::string digits = std::to_string(n < 0 ? -n : n);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return (n < 0 ? "-" : "") + digits;
}

std::string ShortBytes(int64_t bytes) {
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  if (bytes < 1024 * 1024) {
    return fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1024);
  }
  return fmt::format("{:.2f} MB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string Bytes(int64_t bytes) {
  return bytes < 1024 ? ShortBytes(bytes)
                      : ShortBytes(bytes) + " (" + Count(bytes) + ")";
}

std::string Micros(double us) {
  if (us < 1000) {
    return fmt::format("{:.1f} us", us);
  }
  if (us < 1e6) {
    return fmt::format("{:.3f} ms", us / 1e3);
  }
  return fmt::format("{:.3f} s", us / 1e6);
}

std::string Seconds(double s) {
  if (s < 0) {
    return "?";
  }
  if (s < 60) {
    return fmt::format("{:.0f} s", s);
  }
  return fmt::format("{} min {:02} s", static_cast<int>(s) / 60,
                     static_cast<int>(s) % 60);
}

std::string Percent(double share) {
  return fmt::format("{:.2f} %", share * 100);
}

std::string OriginText(v1::Origin origin, const std::string& timing_model) {
  std::string text = v1::Origin_Name(origin);
  if (origin == v1::EMULATED) {
    text += " (timing model " +
            (timing_model.empty() ? std::string("unknown") : timing_model) +
            ", not yet validated on silicon)";
  }
  return text;
}

}  // namespace tinyrig::cli
