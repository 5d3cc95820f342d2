#include "cli/run_report.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

void AddLayer(const char* op, int64_t cycles, v1::Run* run) {
  v1::LayerResult* layer = run->add_layers();
  layer->mutable_info()->set_index(run->layers_size() - 1);
  layer->mutable_info()->set_op(op);
  layer->mutable_info()->add_output_shape(1);
  layer->mutable_info()->add_output_shape(10);
  layer->mutable_info()->set_macs(1000);
  layer->set_cycles(cycles);
  layer->set_share(static_cast<double>(cycles) / 1500);
}

v1::Run ARun() {
  v1::Run run;
  run.set_id("r-1");
  run.set_job_id("j-2");
  run.set_model_name("kws.tflite");
  run.set_board_id("nucleo_f412zg");
  run.set_origin(v1::EMULATED);
  run.mutable_environment()->set_timing_model("m4-trm-v1");
  run.mutable_environment()->set_clock_hz(100'000'000);
  run.mutable_environment()->set_flash_wait_states(3);
  v1::Latency& latency = *run.mutable_latency();
  latency.set_sample_count(10);
  latency.set_cycles_min(1490);
  latency.set_cycles_p50(1500);
  latency.set_cycles_p90(1510);
  latency.set_us_min(14.9);
  latency.set_us_p50(15);
  latency.set_us_p90(15.1);
  run.mutable_memory()->set_total_bytes(2048);
  run.mutable_memory()->set_arena_bytes(2000);
  run.mutable_memory()->set_stack_bytes(48);
  run.mutable_flash()->set_total_bytes(512);
  AddLayer("CONV_2D", 500, &run);
  AddLayer("SOFTMAX", 1000, &run);
  return run;
}

TEST(RunReport, IsTheWholeRunForPeople) {
  EXPECT_EQ(
      RunReport(ARun(), 0),
      "kws.tflite on nucleo_f412zg   SUCCEEDED   run r-1, job j-2\n"
      "  origin       EMULATED (timing model m4-trm-v1, not yet validated on "
      "silicon)\n"
      "  accuracy     no dataset\n"
      "  latency      median 15.0 us   min 14.9 us   p90 15.1 us   (10 runs)\n"
      "  cycles       median 1,500   min 1,490   p90 1,510\n"
      "  SRAM         2.0 KB (2,048) = arena 2.0 KB + static 0 B + stack 48 B\n"
      "  flash        512 B = weights 0 B + tables 0 B + model code 0 B + "
      "kernels 0 B + firmware 0 B\n"
      "  environment  100 MHz, 3 flash wait states, I-cache off, D-cache off\n"
      "  layers\n"
      "    layer  op       output  cycles    share   MACs  weights B\n"
      "        0  CONV_2D  1x10       500  33.33 %  1,000          0\n"
      "        1  SOFTMAX  1x10     1,000  66.67 %  1,000          0\n");
}

TEST(RunReport, ShowsTheMostExpensiveLayersFirst) {
  const std::string text = RunReport(ARun(), 1);
  EXPECT_NE(text.find("  the 1 most expensive of 2 layers\n"),
            std::string::npos);
  EXPECT_NE(text.find("SOFTMAX"), std::string::npos);
  EXPECT_EQ(text.find("CONV_2D"), std::string::npos);
}

TEST(RunReport, TellsAccuracyAndWhatTheBoardCounted) {
  v1::Run run = ARun();
  run.mutable_accuracy()->set_correct(290);
  run.mutable_accuracy()->set_total(300);
  run.mutable_accuracy()->set_top1(290.0 / 300);
  run.set_instructions(1200);
  run.set_macs(2000);
  const std::string text = RunReport(run, 0);
  EXPECT_NE(text.find("290 of 300 correct, top-1 96.67 %\n"),
            std::string::npos);
  EXPECT_NE(text.find("p90 1,510   instructions 1,200   MACs 2,000\n"),
            std::string::npos);
}

TEST(RunReport, WithoutLayersEndsWithTheEnvironment) {
  v1::Run run = ARun();
  run.clear_layers();
  EXPECT_TRUE(RunReport(run, 5).ends_with("D-cache off\n"));
}

TEST(RunTable, HasOneRowPerRun) {
  EXPECT_EQ(RunTable({ARun()}).Csv(),
            "run,model,board,origin,accuracy,latency p50,cycles p50,SRAM,flash,"
            "dataset,created\r\n"
            "r-1,kws.tflite,nucleo_f412zg,EMULATED,-,15.0 us,\"1,500\",2.0 KB,"
            "512 B,,1970-01-01T00:00:00Z\r\n");
}

TEST(LayerTable, KeepsTheOrderOfTheModel) {
  EXPECT_EQ(LayerTable(ARun()).Csv(),
            "layer,op,output,cycles,share,MACs,weights B\r\n"
            "0,CONV_2D,1x10,500,33.33 %,\"1,000\",0\r\n"
            "1,SOFTMAX,1x10,\"1,000\",66.67 %,\"1,000\",0\r\n");
}

}  // namespace
}  // namespace tinyrig::cli
