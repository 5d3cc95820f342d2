#include "cli/run_report.h"

#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "cli/units.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

std::string Line(const char* label, const std::string& value) {
  return fmt::format("  {:<12} {}\n", label, value);
}

std::string AccuracyText(const v1::Run& run) {
  if (!run.has_accuracy()) {
    return "no dataset";
  }
  const v1::Accuracy& accuracy = run.accuracy();
  return fmt::format("{} of {} correct, top-1 {}", Count(accuracy.correct()),
                     Count(accuracy.total()), Percent(accuracy.top1()));
}

std::string LatencyText(const v1::Latency& latency) {
  return fmt::format("median {}   min {}   p90 {}   ({} runs)",
                     Micros(latency.us_p50()), Micros(latency.us_min()),
                     Micros(latency.us_p90()), latency.sample_count());
}

std::string CyclesText(const v1::Run& run) {
  std::string text = fmt::format(
      "median {}   min {}   p90 {}", Count(run.latency().cycles_p50()),
      Count(run.latency().cycles_min()), Count(run.latency().cycles_p90()));
  if (run.instructions() > 0) {
    text += fmt::format("   instructions {}", Count(run.instructions()));
  }
  if (run.macs() > 0) {
    text += fmt::format("   MACs {}", Count(run.macs()));
  }
  return text;
}

std::string MemoryText(const v1::MemoryUsage& memory) {
  return fmt::format(
      "{} = arena {} + static {} + stack {}", Bytes(memory.total_bytes()),
      ShortBytes(memory.arena_bytes()), ShortBytes(memory.static_bytes()),
      ShortBytes(memory.stack_bytes()));
}

std::string FlashText(const v1::FlashUsage& flash) {
  return fmt::format(
      "{} = weights {} + tables {} + model code {} + kernels {} + firmware {}",
      Bytes(flash.total_bytes()), ShortBytes(flash.weights_bytes()),
      ShortBytes(flash.tables_bytes()), ShortBytes(flash.model_code_bytes()),
      ShortBytes(flash.kernels_bytes()), ShortBytes(flash.firmware_bytes()));
}

std::string EnvironmentText(const v1::Environment& environment) {
  return fmt::format("{:.0f} MHz, {} flash wait states, I-cache {}, D-cache {}",
                     static_cast<double>(environment.clock_hz()) / 1e6,
                     environment.flash_wait_states(),
                     environment.icache_enabled() ? "on" : "off",
                     environment.dcache_enabled() ? "on" : "off");
}

std::string ShapeText(const google::protobuf::RepeatedField<int32_t>& shape) {
  std::vector<std::string> dims;
  for (const int32_t dim : shape) {
    dims.push_back(std::to_string(dim));
  }
  return fmt::format("{}", fmt::join(dims, "x"));
}

void AddLayer(const v1::LayerResult& layer, Table* table) {
  table->Row({std::to_string(layer.info().index()), layer.info().op(),
              ShapeText(layer.info().output_shape()), Count(layer.cycles()),
              Percent(layer.share()), Count(layer.info().macs()),
              Count(layer.info().weights_bytes())});
}

Table EmptyLayerTable() {
  return Table(
      {">layer", "op", "output", ">cycles", ">share", ">MACs", ">weights B"});
}

std::string Indent(const std::string& text) {
  std::string out = "    ";
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '\n' && i + 1 < text.size()) {
      out += "    ";
    }
  }
  return out;
}

}  // namespace

Table LayerTable(const v1::Run& run) {
  Table table = EmptyLayerTable();
  for (const v1::LayerResult& layer : run.layers()) {
    AddLayer(layer, &table);
  }
  return table;
}

std::string RunReport(const v1::Run& run, int layer_count) {
  std::string text =
      fmt::format("{} on {}   SUCCEEDED   run {}, job {}\n", run.model_name(),
                  run.board_id(), run.id(), run.job_id());
  text += Line("origin",
               OriginText(run.origin(), run.environment().timing_model()));
  text += Line("accuracy", AccuracyText(run));
  text += Line("latency", LatencyText(run.latency()));
  text += Line("cycles", CyclesText(run));
  text += Line("SRAM", MemoryText(run.memory()));
  text += Line("flash", FlashText(run.flash()));
  text += Line("environment", EnvironmentText(run.environment()));
  if (run.layers().empty()) {
    return text;
  }
  std::vector<v1::LayerResult> layers(run.layers().begin(), run.layers().end());
  Table table = EmptyLayerTable();
  if (layer_count > 0) {
    std::ranges::stable_sort(layers, std::greater<>(),
                             &v1::LayerResult::cycles);
    layers.resize(std::min(layers.size(), static_cast<size_t>(layer_count)));
  }
  for (const v1::LayerResult& layer : layers) {
    AddLayer(layer, &table);
  }
  text += layer_count > 0
              ? fmt::format("  the {} most expensive of {} layers\n",
                            layers.size(), run.layers_size())
              : "  layers\n";
  return text + Indent(table.Text());
}

Table RunTable(const std::vector<v1::Run>& runs) {
  Table table({"run", "model", "board", "origin", "accuracy", ">latency p50",
               ">cycles p50", ">SRAM", ">flash", "dataset", "created"});
  for (const v1::Run& run : runs) {
    table.Row(
        {run.id(), run.model_name(), run.board_id(),
         v1::Origin_Name(run.origin()),
         run.has_accuracy() ? fmt::format("{}/{}", run.accuracy().correct(),
                                          run.accuracy().total())
                            : "-",
         Micros(run.latency().us_p50()), Count(run.latency().cycles_p50()),
         ShortBytes(run.memory().total_bytes()),
         ShortBytes(run.flash().total_bytes()), run.dataset_name(),
         google::protobuf::util::TimeUtil::ToString(run.create_time())});
  }
  return table;
}

}  // namespace tinyrig::cli
