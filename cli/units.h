// Numbers for people: one place for units.
#pragma once

#include <cstdint>
#include <string>

#include "tinyrig/v1/common.pb.h"

namespace tinyrig::cli {

std::string Count(int64_t n);           ///< 1234567 -> "1,234,567"
std::string Bytes(int64_t bytes);       ///< 81920 -> "80.0 KB (81,920)"
std::string ShortBytes(int64_t bytes);  ///< 81920 -> "80.0 KB"
std::string Micros(double us);          ///< 12345.6 -> "12.346 ms"
std::string Seconds(double s);          ///< 83.2 -> "1 min 23 s"
std::string Percent(double share);      ///< 0.901 -> "90.10 %"

/// "EMULATED (m4-trm-v1, not validated on silicon)", "MEASURED".
std::string OriginText(v1::Origin origin, const std::string& timing_model);

}  // namespace tinyrig::cli
