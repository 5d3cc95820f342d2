#include "server/http/router.h"

#include "absl/strings/str_split.h"

namespace tinyrig::server {
namespace {

// One pattern segment: a literal, or "{name}" with an optional ":verb" behind.
bool MatchSegment(std::string_view pattern, std::string_view segment,
                  std::map<std::string, std::string>& variables) {
  if (!pattern.starts_with('{')) {
    return pattern == segment;
  }
  const size_t end = pattern.find('}');
  const std::string_view verb = pattern.substr(end + 1);
  if (!segment.ends_with(verb)) {
    return false;
  }
  segment.remove_suffix(verb.size());
  if (segment.empty()) {
    return false;
  }
  variables.insert_or_assign(std::string(pattern.substr(1, end - 1)),
                             std::string(segment));
  return true;
}

bool MatchPath(const std::string& pattern, const std::vector<std::string>& path,
               std::map<std::string, std::string>& variables) {
  const std::vector<std::string> parts =
      absl::StrSplit(pattern, '/', absl::SkipEmpty());
  if (parts.size() != path.size()) {
    return false;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!MatchSegment(parts[i], path[i], variables)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void Router::Add(Route route) {
  routes_.push_back(std::move(route));
}

// Patterns with a verb stand before those without: the first match counts.
Router::Match Router::Find(std::string_view method,
                           const std::vector<std::string>& path) const {
  Match match;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const Route& route : routes_) {
    std::map<std::string, std::string> variables;
    if (!MatchPath(route.pattern, path, variables)) {
      continue;
    }
    if (route.method == wanted) {
      match.route = &route;
      match.variables = std::move(variables);
      return match;
    }
    match.allowed += (match.allowed.empty() ? "" : ", ") + route.method;
  }
  return match;
}

}  // namespace tinyrig::server
