// What to do with a request, from its header alone: a handler, or a refusal.
#pragma once

#include <string>

#include "server/http/host_rule.h"
#include "server/http/message.h"
#include "server/http/router.h"
#include "server/http/static_files.h"

namespace tinyrig::server {

struct RequestPlan {
  HttpHandler handler;  ///< empty: `refusal` is the answer
  HttpReply refusal;
  bool raw_body = false;
  bool slow = false;
  std::string
      route_name;  ///< for the metrics: a pattern, never a caller's text
};

struct RequestRules {
  const Router& router;
  const HostRule& hosts;
  StaticFiles& files;
  bool draining = false;
};

/// Sets `request.variables` from the path.
RequestPlan PlanRequest(const RequestRules& rules, HttpRequest& request);

}  // namespace tinyrig::server
