// What the command line of tinyrig-server says.
#pragma once

#include <string>
#include <variant>

#include "server/blob/blob_store.h"
#include "server/http/server.h"
#include "server/lab/lab.h"

namespace tinyrig::server {

struct Flags {
  std::string listen = "127.0.0.1:7077";  ///< gRPC, HOST:PORT
  std::string data;                       ///< folder of database and blobs
  std::string compiler;                   ///< the tinyrig-compile program
  std::string log_level = "info";
  std::string ready_file;  ///< gRPC's; HTTP's has ".http" behind it
  LabOptions lab;
  BlobLimits blobs;
  /// Running calls may end within this after a signal.
  int stop_grace_ms = 1000;
  HttpOptions http;
  /// Without --http a taken port is no reason not to start.
  bool http_given = false;
  std::string restore_from;  ///< restore and leave, instead of serving
  bool force = false;
};

/// HttpOptions::listen for no HTTP at all.
inline constexpr char kHttpOff[] = "off";

/// The flags, or the exit code to leave with: 0 after --help or --version, 2
/// for what is wrong (said on standard error).
std::variant<Flags, int> ParseFlags(int argc, const char* const* argv);

}  // namespace tinyrig::server
