#include "bench/server/insert.h"

#include <atomic>
#include <chrono>
#include <unistd.h>

#include "absl/strings/str_format.h"

#include "server/store/sqlite_store.h"
#include <sys/syscall.h>

namespace {

std::atomic<int64_t> g_sync_us{0};
std::atomic<int64_t> g_sync_count{0};

int TimedSync(int64_t number, int fd) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = static_cast<int>(::syscall(number, fd));
  g_sync_us += std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::steady_clock::now() - begin)
                   .count();
  ++g_sync_count;
  return result;
}

}  // namespace

// In front of libc's, so that SQLite's waits for the disk are counted apart.
extern "C" int fsync(int fd) {
  return TimedSync(SYS_fsync, fd);
}
extern "C" int fdatasync(int fd) {
  return TimedSync(SYS_fdatasync, fd);
}

namespace tinyrig::bench {
namespace {

using server::SqliteStore;

constexpr double kGoalMs = 10;
constexpr int kSamples = 1000, kLayers = 100, kPlanEntries = 100;

v1::Run LargeRun(int salt) {
  v1::Run run;
  run.set_model_name("insert");
  run.set_model_sha256("bench-model");
  run.set_board_id("nucleo_f746zg");
  run.set_board_name("bench/b0");
  run.set_submitter("bench");
  run.set_origin(v1::EMULATED);
  run.mutable_environment()->set_clock_hz(216'000'000);
  run.mutable_environment()->set_engine_version(std::string(64, 'e'));
  for (int i = 0; i < kSamples; ++i) {
    run.mutable_latency()->add_cycles(1'000'000 + (i * 37 + salt) % 991);
  }
  for (int i = 0; i < kLayers; ++i) {
    v1::LayerResult* layer = run.add_layers();
    layer->set_cycles(10'000 + i);
    layer->mutable_info()->set_op("CONV_2D");
    layer->mutable_info()->set_name(absl::StrFormat("model/block_%d/conv", i));
    layer->mutable_info()->set_macs(100'000);
    for (const int32_t size : {1, 48, 48, 16}) {
      layer->mutable_info()->add_input_shape(size);
      layer->mutable_info()->add_output_shape(size);
    }
  }
  for (int i = 0; i < kPlanEntries; ++i) {
    v1::PlanEntry* entry = run.add_plan();
    entry->set_tensor(absl::StrFormat("model/block_%d/out", i));
    entry->set_size_bytes(2048);
  }
  return run;
}

absl::Status AddLab(SqliteStore& store) {
  v1::AgentHello hello;
  hello.set_agent_id("bench");
  RETURN_IF_ERROR(store.PutAgent(hello, 1));
  v1::Board board;
  board.set_name("bench/b0");
  board.set_agent_id("bench");
  board.set_board_id("nucleo_f746zg");
  board.set_uid("564952540000000000000001");
  RETURN_IF_ERROR(store.PutBoard(board, 1));
  return store.AddBlob("bench-model", 1, 1);
}

/// Job and lease; the run is what is timed.
absl::StatusOr<std::pair<int64_t, int64_t>> Leased(SqliteStore& store,
                                                   const std::string& request) {
  server::JobRecord record;
  record.job.set_request_id(request);
  record.job.set_artifact_sha256("bench-model");
  v1::JobSpec& spec = *record.job.mutable_spec();
  spec.set_model_sha256("bench-model");
  spec.set_model_name("insert");
  spec.set_board_id("nucleo_f746zg");
  spec.set_submitter("bench");
  record.create_us = 1;
  ASSIGN_OR_RETURN(const int64_t id, store.AddJob(record));
  ASSIGN_OR_RETURN(const int64_t fence,
                   store.AddLease({id, "bench", "bench/b0", 2}));
  return std::pair(id, fence);
}

}  // namespace

absl::Status BenchInsert(const std::filesystem::path& data, int count,
                         Table& table) {
  table.Section(absl::StrFormat(
      "Storing a finished run: %d samples, %d layers, %d plan entries",
      kSamples, kLayers, kPlanEntries));
  std::filesystem::create_directories(data);
  ASSIGN_OR_RETURN(const auto store, SqliteStore::Open(data / "tinyrig.db"));
  RETURN_IF_ERROR(AddLab(*store));
  const std::string batch = absl::StrFormat("bench-%d-%d", ::getpid(), count);
  Times times, disk, rest;
  int64_t syncs = 0;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const auto lease,
                     Leased(*store, absl::StrFormat("%s-%d", batch, i)));
    const v1::Run run = LargeRun(i);
    const int64_t sync_us = g_sync_us;
    syncs -= g_sync_count;
    const auto begin = std::chrono::steady_clock::now();
    RETURN_IF_ERROR(
        store->AddRun(run, lease.first, lease.second, 3 + i).status());
    const double all_ms = std::chrono::duration<double, std::milli>(
                              std::chrono::steady_clock::now() - begin)
                              .count();
    const double disk_ms = static_cast<double>(g_sync_us - sync_us) / 1000;
    times.Add(all_ms);
    disk.Add(disk_ms);
    rest.Add(all_ms - disk_ms);
    syncs += g_sync_count;
  }
  table.AddTimes("AddRun with fsync (synchronous=FULL)", times, kGoalMs);
  table.AddLine({"  of that, waiting for the disk", "",
                 absl::StrFormat("%s, %.1f fsync each", disk.Text(),
                                 static_cast<double>(syncs) / count)});
  table.AddTimes("  the rest, on a disk that never waits", rest, kGoalMs);
  return absl::OkStatus();
}

}  // namespace tinyrig::bench
