// The whole agent: boards, their virtual processes, the link; one io_context.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/signal_set.hpp"

#include "agent/config/config.h"
#include "agent/job/blob_cache.h"
#include "agent/link/agent_link.h"
#include "agent/supervisor/supervisor.h"
#include "agent/vboard/vboard_process.h"
#include "base/file.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {

class Agent : public LeaseTaker {
 public:
  /// \param config checked by CheckConfig
  explicit Agent(AgentConfig config);
  ~Agent() override;

  /// Until SIGTERM or SIGINT. Prints `ready agent=ID boards=N` on standard
  /// output when the server has welcomed it the first time.
  /// Errors: UNAVAILABLE the state folder cannot be made or is in use.
  absl::Status Run();

 private:
  absl::Status TakeStateFolder();
  void AddBoard(const BoardEntry& entry);
  EndpointFinder FinderFor(const BoardEntry& entry);
  std::unique_ptr<VboardProcess> MakeVboard(const BoardEntry& entry);
  [[nodiscard]] std::filesystem::path BoardFolder(
      const std::string& name) const;

  bool Offer(const v1::Lease& lease) override;
  void Revoke(const std::string& job_id, int64_t fence) override;
  std::vector<v1::AgentBoard> Boards() override;
  std::vector<v1::HeldLease> Held() override;

  AgentConfig config_;
  boost::asio::io_context io_;
  boost::asio::signal_set signals_;
  std::unique_ptr<ServerChannel> channel_;
  BlobCache cache_;
  std::unique_ptr<AgentLink> link_;
  base::UniqueFd state_lock_;
  std::unique_ptr<base::TempDir> short_folder_;
  struct Slot {
    std::string name;
    std::unique_ptr<VboardProcess> vboard;  // null: external
    std::unique_ptr<Supervisor> supervisor;
  };
  std::vector<Slot> slots_;
  bool announced_ = false;
};

}  // namespace tinyrig::agent
