// Which Host headers are served. A page of another site can make its own name
// stand for 127.0.0.1 (DNS rebinding) and would then read everything here: a
// server on loopback answers to loopback's names only.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace tinyrig::server {

struct HostRule {
  bool any = true;
  std::set<std::string> names;  ///< lower case, IPv6 in brackets

  /// On loopback: localhost, 127.0.0.1, [::1], the host of the listener and
  /// `allowed`. Elsewhere any, unless `allowed` names some.
  static HostRule For(bool is_loopback, const std::string& listen_host,
                      const std::vector<std::string>& allowed);

  /// `host`: the header, with or without a port; empty: there was none (no
  /// browser leaves it out).
  [[nodiscard]] bool Allows(const std::string& host) const;

  /// "localhost, 127.0.0.1, ..." for error texts.
  [[nodiscard]] std::string List() const;
};

}  // namespace tinyrig::server
