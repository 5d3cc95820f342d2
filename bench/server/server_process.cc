#include "bench/server/server_process.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <unistd.h>
#include <utility>

#include "base/file.h"
#include "base/resources.h"

namespace tinyrig::bench {
namespace {

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

absl::StatusOr<ServerProcess> ServerProcess::Start(
    const std::filesystem::path& data, const std::vector<std::string>& flags,
    int ready_s) {
  const std::string program =
      base::ProgramFolder().parent_path() / "bin" / "tinyrig-server";
  std::filesystem::create_directories(data);
  const std::string ready = data / "bench-ready";
  std::filesystem::remove(ready);
  std::vector<std::string> words = {
      program,       "--listen",    "127.0.0.1:0", "--http",
      "127.0.0.1:0", "--data",      data,          "--ready-file",
      ready,         "--log-level", "error"};
  words.insert(words.end(), flags.begin(), flags.end());
  ServerProcess server;
  ASSIGN_OR_RETURN(server.child_, base::Child::Start({.argv = words}));
  ASSIGN_OR_RETURN(const std::string grpc,
                   server.child_.WaitForFile(ready, int64_t{1000} * ready_s));
  server.grpc_ = FirstLine(grpc);
  ASSIGN_OR_RETURN(const std::string http, base::ReadTextFile(ready + ".http"));
  server.http_ = FirstLine(http);
  return server;
}

ServerProcess::~ServerProcess() {
  child_.Signal(SIGTERM);
  child_.Wait();
}

// Threads that have ended are missing here: the server's live as long as it
// does, but for those of gRPC, which come and go with the load. The larger of
// both counts is right.
double ServerProcess::CpuSeconds() const {
  const std::filesystem::path folder = "/proc/" + std::to_string(child_.pid());
  double threads_s = 0;
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator(folder / "task", error)) {
    std::ifstream file(task.path() / "schedstat");
    double ns = 0;
    file >> ns;
    threads_s += ns / 1e9;
  }
  std::ifstream file(folder / "stat");
  std::string text;
  std::getline(file, text);
  // Behind the name in brackets: field 14 is user time, 15 system time.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) {
    fields >> skipped;
  }
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return std::max(
      threads_s, (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

int64_t ServerProcess::MemoryKib(const std::string& key) const {
  std::ifstream file("/proc/" + std::to_string(child_.pid()) + "/status");
  std::string word;
  while (file >> word) {
    if (word == key + ":") {
      int64_t kib = 0;
      file >> kib;
      return kib;
    }
  }
  return 0;
}

}  // namespace tinyrig::bench
