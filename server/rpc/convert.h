// absl::Status <-> grpc::Status: the codes are the same numbers.
#pragma once

#include <grpcpp/support/status.h>

#include "base/status.h"

namespace tinyrig::server {

inline grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

}  // namespace tinyrig::server
