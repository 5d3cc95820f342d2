// The parts of CheckRecord (check_record.h), and the limits they share.
#pragma once

#include <cstddef>
#include <cstdint>

#include <google/protobuf/timestamp.pb.h>

#include "base/status.h"
#include "server/transfer/field_path.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

inline constexpr size_t kMaxName = 256;         ///< as CreateJob allows
inline constexpr size_t kMaxTensorName = 4096;  ///< these come from models
/// Cycles, bytes, MACs: what a double, and so JSON, holds exactly.
inline constexpr int64_t kMaxCount = int64_t{1} << 53;

/// Not empty, at most kMaxName bytes of text.
absl::Status CheckName(const FieldPath& path, std::string_view got);
/// Since 2020, at most a day from now.
absl::Status CheckTime(const FieldPath& path,
                       const google::protobuf::Timestamp& got, int64_t now_us);

absl::Status CheckJob(const v1::RunRecord& record, int64_t now_us);
absl::Status CheckLog(const v1::RunRecord& record, int64_t now_us);
/// Every sample once and in order, each class again from the raw output, the
/// accuracy again from the classes.
absl::Status CheckPredictions(const v1::RunRecord& record);

}  // namespace tinyrig::server
