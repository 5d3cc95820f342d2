// /api/v1/openapi.json: OpenAPI 3.0 from the route table and the protos'
// descriptors.
#pragma once

#include <string>

#include "server/http/router.h"

namespace tinyrig::server {

std::string OpenApi(const Router& router, const std::string& version);

}  // namespace tinyrig::server
