#include "server/http/host_rule.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"

namespace tinyrig::server {
namespace {

// Without port and the dot that ends a full name, in lower case.
std::string NameOf(const std::string& host) {
  const size_t bracket = host.find(']');
  const size_t from = bracket == std::string::npos ? 0 : bracket;
  std::string name =
      absl::AsciiStrToLower(host.substr(0, host.find(':', from)));
  if (name.size() > 1 && name.back() == '.') {
    name.pop_back();
  }
  return name;
}

}  // namespace

HostRule HostRule::For(bool is_loopback, const std::string& listen_host,
                       const std::vector<std::string>& allowed) {
  HostRule rule;
  rule.any = !is_loopback && allowed.empty();
  rule.names = {"localhost", "127.0.0.1", "[::1]"};
  for (const std::string& name : allowed) {
    rule.names.insert(NameOf(name));
  }
  rule.names.insert(NameOf(listen_host));
  return rule;
}

bool HostRule::Allows(const std::string& host) const {
  return any || host.empty() || names.contains(NameOf(host));
}

std::string HostRule::List() const {
  return absl::StrJoin(names, ", ");
}

}  // namespace tinyrig::server
