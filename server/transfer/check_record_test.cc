// Every lie that a record can tell about itself is found, and named.
#include "server/transfer/check_record.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include "server/stats/latency.h"
#include "server/stats/top1.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

using testing::HasSubstr;

constexpr int64_t kNowUs = 1'790'000'000'000'000;  // 2026-09-21
constexpr int kSamples = 12, kClasses = 4;

void FillPredictions(v1::RunRecord* record) {
  std::vector<ClassCountEntry> counts;
  for (int i = 0; i < kSamples; ++i) {
    v1::Prediction* prediction = record->add_predictions();
    const int answer = i == 5 ? 0 : i % kClasses;
    prediction->set_sample_index(i);
    prediction->set_sample_name("s" + std::to_string(i));
    prediction->set_label(i % kClasses);
    prediction->set_predicted(answer);
    prediction->set_cycles(1000);
    prediction->set_output(std::string(kClasses, '\x81'));
    (*prediction->mutable_output())[static_cast<size_t>(answer)] = 100;
    counts.push_back({i % kClasses, answer, 1});
  }
  *record->mutable_run()->mutable_accuracy() = Score(counts, kClasses);
  record->mutable_run()->set_dataset_name("d12");
  record->mutable_run()->set_dataset_sha256(std::string(64, 'd'));
}

void FillJob(v1::RunRecord* record) {
  v1::Job& job = *record->mutable_job();
  job.set_id("j-7");
  job.set_run_id("r-3");
  job.set_state(v1::Job::SUCCEEDED);
  job.set_board_name("a/b");
  job.set_attempt(1);
  job.set_artifact_sha256(std::string(64, 'a'));
  *job.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(kNowUs - 5'000'000);
  *job.mutable_end_time() =
      TimeUtil::MicrosecondsToTimestamp(kNowUs - 1'000'000);
  job.mutable_spec()->set_model_sha256(std::string(64, '1'));
  job.mutable_spec()->set_model_name("kws");
  job.mutable_spec()->set_board_id("nucleo_f746zg");
  job.mutable_spec()->set_runs(3);
  job.mutable_spec()->set_submitter("anna");
  job.mutable_spec()->mutable_options()->set_optimize("speed");
  v1::JobLogLine* line = record->add_log();
  *line->mutable_time() = TimeUtil::MicrosecondsToTimestamp(kNowUs - 4'000'000);
  line->set_source("server");
  line->set_text("ready");
}

void FillRun(v1::Run* run) {
  run->set_id("r-3");
  run->set_job_id("j-7");
  run->set_model_name("kws");
  run->set_model_sha256(std::string(64, '1'));
  run->set_board_id("nucleo_f746zg");
  run->set_board_name("a/b");
  run->set_submitter("anna");
  run->set_origin(v1::EMULATED);
  run->set_artifact_sha256(std::string(64, 'a'));
  *run->mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(kNowUs - 1'000'000);
  run->mutable_environment()->set_board_id("nucleo_f746zg");
  run->mutable_environment()->set_board_uid("564952540000000000000001");
  run->mutable_environment()->set_clock_hz(216'000'000);
  const std::vector<int64_t> cycles = {900, 1000, 1100};
  *run->mutable_latency() = Summarise(cycles, 216'000'000, 5);
  run->mutable_memory()->set_arena_bytes(100);
  run->mutable_memory()->set_stack_bytes(20);
  run->mutable_memory()->set_total_bytes(120);
  run->mutable_flash()->set_total_bytes(9000);
  for (int i = 0; i < 2; ++i) {
    v1::LayerResult* layer = run->add_layers();
    layer->mutable_info()->set_index(i);
    layer->mutable_info()->set_op("CONV_2D");
    layer->set_cycles(500);
    layer->set_share(0.5);
  }
  run->add_plan()->set_size_bytes(8);
  v1::TensorInfo* output = run->add_outputs();
  output->set_type("int8");
  output->set_size_bytes(kClasses);
}

v1::RunRecord GoodRecord() {
  v1::RunRecord record;
  record.set_source_server_id(std::string(32, 'f'));
  record.set_source_run_id("r-3");
  FillRun(record.mutable_run());
  FillJob(&record);
  FillPredictions(&record);
  return record;
}

struct Lie {
  const char* place;  ///< what the message begins with
  std::function<void(v1::RunRecord&)> tell;
};

void PrintTo(const Lie& lie, std::ostream* out) {
  *out << lie.place;
}

v1::Run& RunIn(v1::RunRecord& record) {
  return *record.mutable_run();
}

const std::vector<Lie>& Lies() {
  using R = v1::RunRecord;
  static const std::vector<Lie> lies = {
      {"source_server_id: ",
       [](R& r) { r.set_source_server_id("' OR 1=1 --"); }},
      {"source_run_id: ", [](R& r) { r.set_source_run_id("r--1"); }},
      {"run.source_server_id: ",
       [](R& r) { RunIn(r).set_source_server_id(std::string(32, '0')); }},
      {"job: missing", [](R& r) { r.clear_job(); }},
      {"run: missing", [](R& r) { r.clear_run(); }},
      {"run.model_name: ", [](R& r) { RunIn(r).set_model_name(""); }},
      {"run.model_name: ",
       [](R& r) { RunIn(r).set_model_name(std::string(100'000, 'x')); }},
      {"run.model_name: ", [](R& r) { RunIn(r).set_model_name("a\x1b[2Jb"); }},
      {"run.model_sha256: ",
       [](R& r) { RunIn(r).set_model_sha256(std::string(64, 'G')); }},
      {"run.create_time: ",
       [](R& r) {
         *RunIn(r).mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(
             kNowUs + int64_t{2} * 86'400'000'000);
       }},
      {"run.create_time: ",
       [](R& r) { RunIn(r).mutable_create_time()->set_nanos(-1); }},
      {"run.create_time: ",
       [](R& r) {
         RunIn(r).mutable_create_time()->set_seconds(
             std::numeric_limits<int64_t>::max());
       }},
      {"run.queue_s: ", [](R& r) { RunIn(r).set_queue_s(std::nan("")); }},
      {"run.origin: MEASURED, EMULATED",
       [](R& r) { RunIn(r).set_origin(v1::MEASURED); }},
      {"run.origin: EMULATED, MEASURED",
       [](R& r) {
         RunIn(r).mutable_environment()->set_board_uid(
             "0031003a3437510d34313439");
       }},
      {"run.environment.board_uid: ",
       [](R& r) { RunIn(r).mutable_environment()->set_board_uid("VIRT"); }},
      {"run.environment.clock_hz: ",
       [](R& r) { RunIn(r).mutable_environment()->set_clock_hz(0); }},
      {"run.latency.cycles[1]: -1",
       [](R& r) { RunIn(r).mutable_latency()->set_cycles(1, -1); }},
      {"run.latency.cycles length: 0",
       [](R& r) { RunIn(r).mutable_latency()->clear_cycles(); }},
      {"run.latency.cycles_p50: 999, 1000",
       [](R& r) { RunIn(r).mutable_latency()->set_cycles_p50(999); }},
      {"run.latency.us_p50: ",
       [](R& r) { RunIn(r).mutable_latency()->set_us_p50(std::nan("")); }},
      {"run.memory.total_bytes: 1, 120",
       [](R& r) { RunIn(r).mutable_memory()->set_total_bytes(1); }},
      {"run.memory.arena_bytes: -1",
       [](R& r) { RunIn(r).mutable_memory()->set_arena_bytes(-1); }},
      {"run.flash.total_bytes: ",
       [](R& r) { RunIn(r).mutable_flash()->set_weights_bytes(10'000); }},
      {"run.layers[1].info.index: 0, 1",
       [](R& r) { RunIn(r).mutable_layers(1)->mutable_info()->set_index(0); }},
      {"run.layers[0].cycles: ",
       [](R& r) { RunIn(r).mutable_layers(0)->set_cycles(-500); }},
      {"run.layers[0].share: ",
       [](R& r) { RunIn(r).mutable_layers(0)->set_share(0.9); }},
      {"run.layers[0].info.output_shape: ",
       [](R& r) {
         RunIn(r).mutable_layers(0)->mutable_info()->add_output_shape(-3);
       }},
      {"run.plan[0].size_bytes: ",
       [](R& r) { RunIn(r).mutable_plan(0)->set_size_bytes(-8); }},
      {"run.outputs[0].size_bytes: ",
       [](R& r) { RunIn(r).mutable_outputs(0)->set_size_bytes(-4); }},
      {"job.state: FAILED",
       [](R& r) { r.mutable_job()->set_state(v1::Job::FAILED); }},
      {"job.failure: ",
       [](R& r) { r.mutable_job()->mutable_failure()->set_message("x"); }},
      {"job.run_id: ", [](R& r) { r.mutable_job()->set_run_id("r-4"); }},
      {"job.spec.runs: 4, 3",
       [](R& r) { r.mutable_job()->mutable_spec()->set_runs(4); }},
      {"job.spec.model_sha256: ",
       [](R& r) {
         r.mutable_job()->mutable_spec()->set_model_sha256(
             std::string(64, '2'));
       }},
      {"job.spec.board_id: ",
       [](R& r) {
         r.mutable_job()->mutable_spec()->set_board_id("nucleo_f412zg");
       }},
      {"job.end_time: ", [](R& r) { r.mutable_job()->clear_end_time(); }},
      {"log length: ",
       [](R& r) {
         for (int i = 0; i < 10'001; ++i) {
           *r.add_log() = r.log(0);
         }
       }},
      {"log[0].text: ",
       [](R& r) { r.mutable_log(0)->set_text(std::string(5000, 'x')); }},
      {"predictions[3].sample_index: 4, 3",
       [](R& r) { r.mutable_predictions()->SwapElements(3, 4); }},
      {"predictions[4].sample_index: 3, 4",
       [](R& r) { r.mutable_predictions(4)->set_sample_index(3); }},
      {"predictions[2].label: ",
       [](R& r) { r.mutable_predictions(2)->set_label(kClasses); }},
      {"predictions[2].predicted: 3, 2",
       [](R& r) { r.mutable_predictions(2)->set_predicted(3); }},
      {"predictions[2].output: ",
       [](R& r) { r.mutable_predictions(2)->set_output("x"); }},
      {"predictions[2].cycles: ",
       [](R& r) { r.mutable_predictions(2)->set_cycles(-1); }},
      {"predictions length: 0", [](R& r) { r.clear_predictions(); }},
      {"run.accuracy.correct: 12, 11",
       [](R& r) { RunIn(r).mutable_accuracy()->set_correct(12); }},
      {"run.accuracy.total: 11, 12",
       [](R& r) { RunIn(r).mutable_accuracy()->set_total(11); }},
      {"run.accuracy.confusion[0]: ",
       [](R& r) { RunIn(r).mutable_accuracy()->set_confusion(0, 99); }},
      {"run.dataset_name: ", [](R& r) { RunIn(r).clear_dataset_sha256(); }},
  };
  return lies;
}

TEST(CheckRecordTest, AnHonestRecordPasses) {
  EXPECT_EQ(CheckRecord(GoodRecord(), kNowUs), absl::OkStatus());
  EXPECT_EQ(ImportRequestId(GoodRecord()),
            "import:" + std::string(32, 'f') + ":r-3");
}

TEST(CheckRecordTest, LatencyAlonePasses) {
  v1::RunRecord record = GoodRecord();
  record.clear_predictions();
  record.mutable_run()->clear_accuracy();
  record.mutable_run()->clear_dataset_name();
  record.mutable_run()->clear_dataset_sha256();
  EXPECT_EQ(CheckRecord(record, kNowUs), absl::OkStatus());
}

TEST(CheckRecordTest, AnArtifactThatWasSubmittedPasses) {
  v1::RunRecord record = GoodRecord();
  record.mutable_job()->mutable_spec()->set_model_sha256(
      record.run().artifact_sha256());
  EXPECT_EQ(CheckRecord(record, kNowUs), absl::OkStatus());
}

class LieTest : public testing::TestWithParam<Lie> {};

TEST_P(LieTest, IsFoundAndNamed) {
  v1::RunRecord record = GoodRecord();
  GetParam().tell(record);
  const absl::Status status = CheckRecord(record, kNowUs);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              testing::StartsWith(GetParam().place));
  EXPECT_LT(status.message().size(), 400U);
}

INSTANTIATE_TEST_SUITE_P(All, LieTest, testing::ValuesIn(Lies()));

}  // namespace
}  // namespace tinyrig::server
