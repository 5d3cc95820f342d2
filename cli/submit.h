// Submitting and waiting, shared by `submit` and `try`.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "client/lab_client.h"

namespace tinyrig::cli {

struct SubmitOptions {
  std::string model;                ///< path of a .tflite or .tinyrig file
  std::vector<std::string> boards;  ///< board kinds
  std::string dataset;  ///< name in the lab, or a folder to import first
  int runs = 0;
  int warmups = -1;  ///< < 0: the server's default
  int priority = 0;
  int timeout_s = 0;
  bool detach = false;
  bool quiet = false;
  bool ends_with_us = false;  ///< `try`: an interrupt ends the lab too
  std::string request_id;
  std::string submitter;
  std::string board_name;
  std::string optimize;
};

/// Uploads, queues one job per board, waits and prints. \return exit code.
int SubmitAndWait(const Context& context, const SubmitOptions& options,
                  client::LabClient& lab);

/// Watches jobs to their ends and prints runs or failures. \return exit code:
/// the gravest of the jobs'.
int WaitAndReport(const Context& context, const std::vector<std::string>& ids,
                  const SubmitOptions& options, client::LabClient& lab);

}  // namespace tinyrig::cli
