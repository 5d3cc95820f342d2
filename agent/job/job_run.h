// One attempt of one job: what was fetched, what has been measured so far, and
// the stages that measure it on a board. Stages can be repeated after a fault;
// the dataset goes on where it stopped.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/device/device_session.h"
#include "agent/flash/flash_plan.h"
#include "agent/flash/flasher.h"
#include "agent/job/blob_cache.h"
#include "agent/job/job_sink.h"
#include "base/clock.h"
#include "boards/board.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::agent {

class JobRun {
 public:
  /// All outlive the run. `cancelled` may be set by another thread.
  JobRun(v1::Lease lease, const boards::Board* board, JobSink* sink,
         const base::Clock* clock, const std::atomic<bool>* cancelled);

  // Stages, in order. Errors: those of DeviceSession, and DEADLINE_EXCEEDED
  // when the lease's time is over (expired() tells the two apart).

  /// Artifact and dataset; makes the flash plan. While the server is away it
  /// tries again until the lease's time is over.
  absl::Status Fetch(BlobCache* cache);
  /// Asks the board who it is. \return true when it carries the job's image.
  /// Errors also: FAILED_PRECONDITION the board is of another kind.
  absl::StatusOr<bool> CheckImage(DeviceSession* session);
  absl::Status Flash(Flasher* flasher, FlashReport* report);
  absl::Status Latency(DeviceSession* session);
  absl::Status Profile(DeviceSession* session);
  absl::Status Memory(DeviceSession* session);
  absl::Status Dataset(DeviceSession* session);
  /// Sends the result. \param timing_model empty for a real chip
  void FinishOk(const std::string& timing_model);
  void FinishFailed(const absl::Status& why, v1::FailureClass failure_class,
                    bool retryable);

  /// Fault of the device that goes into a failure; layer names are added.
  void NoteFault(const wire::FaultRecord& fault);
  void Log(const std::string& line);
  /// Damaged or repeated frames of a session that is being closed.
  void AddLineRetries(int64_t count) { old_line_retries_ += count; }

  [[nodiscard]] bool expired() const;
  [[nodiscard]] bool has_dataset() const {
    return !lease_.dataset_sha256().empty();
  }
  [[nodiscard]] bool flashed() const { return flashed_; }
  [[nodiscard]] const v1::Lease& lease() const { return lease_; }
  [[nodiscard]] const std::string& device_fault() const {
    return device_fault_;
  }
  [[nodiscard]] int64_t erased_sectors() const { return erased_sectors_; }

 private:
  [[nodiscard]] int64_t LeftMs() const;
  /// A limit for `count` inferences: generous, but not for ever.
  [[nodiscard]] int64_t RunLimitMs(int64_t count) const;
  [[nodiscard]] std::span<const uint8_t> Sample(int64_t index) const;
  absl::StatusOr<wire::RunReply> TimedRun(DeviceSession* session,
                                          uint16_t warmups, uint16_t runs,
                                          bool profile);
  absl::Status LatencyPreserved(DeviceSession* session, int warmups, int runs);
  absl::Status LatencyOneByOne(DeviceSession* session, int warmups, int runs);
  absl::Status TakeSamples(DeviceSession* session, int count);
  absl::StatusOr<v1::Prediction> Predict(DeviceSession* session, int64_t index);
  void SendBatch();
  absl::Status AwaitRoom();
  void Report(v1::Job::State state, const std::string& step, int64_t done,
              int64_t total, double eta_s);
  [[nodiscard]] double EtaS(int64_t latency_left) const;

  v1::Lease lease_;
  const boards::Board* board_;
  JobSink* sink_;
  const base::Clock* clock_;
  const std::atomic<bool>* cancelled_;
  int64_t deadline_us_;

  v1::CompiledModel model_;
  v1::DatasetFile data_;
  FlashPlan plan_;
  std::vector<uint8_t> input_;
  HelloInfo hello_;
  v1::DeviceResult result_;
  v1::PredictionBatch batch_;
  size_t batch_bytes_ = 0;
  int64_t batch_start_us_ = 0;
  int64_t next_sample_ = 0;
  double inference_ms_ = 0;  // host time of one inference; 0: not known
  double sample_ms_ = 0;     // host time of one dataset sample
  int64_t board_start_us_ = 0;
  int64_t last_report_us_ = 0;
  std::string last_step_;
  std::string stage_ = "flashing";
  std::vector<std::string> log_;
  std::string device_fault_;
  bool flashed_ = false;
  int64_t erased_sectors_ = 0;
  int64_t old_line_retries_ = 0;
  int64_t session_line_retries_ = 0;
};

}  // namespace tinyrig::agent
