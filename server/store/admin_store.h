// The store's writing connection for server/admin: retention,
// baselines, giving space back. Whoever works here keeps every other writer of
// the lab waiting, so a piece of work should take milliseconds. Speaks SQLite:
// for server/admin only.
//
// Thread-safe; `work` runs on the caller's thread, alone. It must not call the
// store, which would wait for itself. Errors: those of `work`, and store.h's.
#pragma once

#include <functional>

#include "base/status.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

struct AdminStore {
  using Work = std::function<absl::Status(Database& writer)>;

  virtual ~AdminStore() = default;
  /// One transaction; nothing is changed unless `work` gives OK.
  virtual absl::Status Change(const Work& work) = 0;
  /// Without a transaction: what cannot run inside one (vacuum, checkpoint).
  virtual absl::Status Maintain(const Work& work) = 0;
};

}  // namespace tinyrig::server
