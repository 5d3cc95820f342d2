// Artifacts, datasets and results that no board ever saw; for tests of the
// server from inside and from outside.
#pragma once

#include <cstdint>
#include <string>

#include "tinyrig/v1/agent_service.pb.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::servertest {

inline constexpr char kF746[] = "nucleo_f746zg";
inline constexpr char kF412[] = "nucleo_f412zg";
inline constexpr char kVirtualUid[] = "564952540000000000000001";
inline constexpr char kRealUid[] = "0031003a3437510d34313439";

/// A fabricated artifact: 8 input bytes, 4 int8 outputs, 2 layers.
std::string MakeArtifact(const std::string& board_id,
                         const std::string& salt = "");
/// `count` samples of 8 bytes with labels i % 4.
v1::DatasetFile MakeDataset(int count);
std::string Packed(const v1::DatasetFile& dataset);
std::string Sha(const std::string& bytes);
/// What the board would say of MakeArtifact after `runs` runs.
v1::DeviceResult MakeResult(const std::string& artifact, int runs,
                            const std::string& uid = kVirtualUid);
/// Output of sample i: class i % 4 wins but for every tenth sample.
std::string OutputOf(int64_t index, size_t bytes = 4);

}  // namespace tinyrig::servertest
