// absl::Status -> grpc::Status: the codes are the same numbers.
#pragma once

#include <grpcpp/support/status.h>

#include "base/status.h"

namespace tinyrig::server {

inline grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

/// Fills `response` when there is a result.
template <typename Response>
grpc::Status Answer(absl::StatusOr<Response> result, Response* response) {
  if (result.ok()) {
    *response = *std::move(result);
  }
  return ToGrpc(result.status());
}

}  // namespace tinyrig::server
