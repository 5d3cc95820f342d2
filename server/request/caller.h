// Who asks, and whether they may. Every handler checks first; today all may do
// everything that they can reach (the server listens on loopback).
#pragma once

#include <functional>
#include <string>

#include "base/status.h"

namespace tinyrig::server {

enum class Scope { kRead, kSubmit, kAgent, kAdmin };

struct Caller {
  std::string peer;  ///< "ipv4:127.0.0.1:53210"
};

/// PERMISSION_DENIED or UNAUTHENTICATED, or OK. Thread-safe.
using ScopeCheck = std::function<absl::Status(const Caller&, Scope)>;

inline ScopeCheck AllowAll() {
  return [](const Caller&, Scope) { return absl::OkStatus(); };
}

}  // namespace tinyrig::server
