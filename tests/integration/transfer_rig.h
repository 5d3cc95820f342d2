// Two labs that hand results over: real servers, finished runs that no board
// ever made.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "client/transfer_client.h"
#include "tests/integration/server_harness.h"

namespace tinyrig::servertest {

inline constexpr int kLabSamples = 20;  ///< of the dataset "d20"

class TransferLab {
 public:
  TransferLab();
  /// One job of this model to its end; its run id.
  std::string RunJob(const std::string& model, bool with_dataset = true,
                     const std::string& uid = kVirtualUid);
  /// Uploads artifact and dataset without running anything.
  void AddBlobs(const std::string& model);
  std::vector<v1::RunRecord> Records(const std::string& filter = "");
  /// All lines of a table.
  std::vector<std::string> Lines(v1::ExportTableRequest::Table table,
                                 v1::ExportTableRequest::Format format,
                                 const std::string& filter = "");
  int64_t RunCount();

  ServerProcess server;
  Client client;
  client::TransferClient transfer;
};

/// Without what must differ between two servers: ids and request ids.
std::string Comparable(v1::RunRecord record);
std::vector<std::string> AllComparable(std::vector<v1::RunRecord> records);

/// The shipped command against this server.
base::ProcessResult Cli(const TransferLab& lab, std::vector<std::string> words);
/// A line of /bin/sh with $TINYRIG and $TINYRIG_SERVER set.
base::ProcessResult Shell(const TransferLab& lab, const std::string& line);

}  // namespace tinyrig::servertest
