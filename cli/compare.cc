#include "cli/compare.h"

#include <functional>

#include <google/protobuf/descriptor.h>

#include "cli/output.h"
#include "cli/units.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

struct Figure {
  const char* name;
  std::function<double(const v1::Run&)> value;
};

const std::vector<Figure>& Figures() {
  static const std::vector<Figure> figures = {
      {"cycles p50", [](const v1::Run& r) { return r.latency().cycles_p50(); }},
      {"cycles min", [](const v1::Run& r) { return r.latency().cycles_min(); }},
      {"cycles p90", [](const v1::Run& r) { return r.latency().cycles_p90(); }},
      {"latency p50 us", [](const v1::Run& r) { return r.latency().us_p50(); }},
      {"instructions", [](const v1::Run& r) { return r.instructions(); }},
      {"arena B", [](const v1::Run& r) { return r.memory().arena_bytes(); }},
      {"static B", [](const v1::Run& r) { return r.memory().static_bytes(); }},
      {"stack B", [](const v1::Run& r) { return r.memory().stack_bytes(); }},
      {"SRAM B", [](const v1::Run& r) { return r.memory().total_bytes(); }},
      {"weights B", [](const v1::Run& r) { return r.flash().weights_bytes(); }},
      {"flash B", [](const v1::Run& r) { return r.flash().total_bytes(); }},
      {"correct", [](const v1::Run& r) { return r.accuracy().correct(); }},
  };
  return figures;
}

std::string Ratio(double value, double base) {
  return base == 0 ? "-" : fmt::format("{:+.2f} %", (value / base - 1) * 100);
}

std::string Number(double value) {
  return value == static_cast<double>(static_cast<int64_t>(value))
             ? Count(static_cast<int64_t>(value))
             : fmt::format("{:.3f}", value);
}

Table TableFor(const std::vector<v1::Run>& runs, const char* first_header) {
  std::vector<std::string> headers = {first_header};
  for (size_t i = 0; i < runs.size(); ++i) {
    headers.push_back(">" + runs[i].id() + " " + runs[i].board_id());
    if (i > 0) {
      headers.emplace_back(">vs " + runs[0].id());
    }
  }
  return Table(headers);
}

void AddRow(const std::string& name, const std::vector<double>& values,
            Table* table) {
  std::vector<std::string> cells = {name};
  for (size_t i = 0; i < values.size(); ++i) {
    cells.push_back(Number(values[i]));
    if (i > 0) {
      cells.push_back(Ratio(values[i], values[0]));
    }
  }
  table->Row(cells);
}

std::string FieldText(const v1::Environment& environment,
                      const google::protobuf::FieldDescriptor* field) {
  const auto* reflection = environment.GetReflection();
  switch (field->cpp_type()) {
    case google::protobuf::FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection->GetInt64(environment, field));
    case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection->GetInt32(environment, field));
    case google::protobuf::FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(environment, field) ? "true" : "false";
    default:
      return reflection->GetString(environment, field);
  }
}

}  // namespace

Table CompareTable(const std::vector<v1::Run>& runs) {
  Table table = TableFor(runs, "figure");
  for (const Figure& figure : Figures()) {
    std::vector<double> values;
    for (const v1::Run& run : runs) {
      values.push_back(figure.value(run));
    }
    AddRow(figure.name, values, &table);
  }
  return table;
}

Table CompareLayers(const std::vector<v1::Run>& runs) {
  Table table = TableFor(runs, "layer");
  for (const v1::Run& run : runs) {
    if (run.layers_size() != runs[0].layers_size()) {
      return table;
    }
  }
  for (int i = 0; i < runs[0].layers_size(); ++i) {
    std::vector<double> values;
    for (const v1::Run& run : runs) {
      values.push_back(static_cast<double>(run.layers(i).cycles()));
    }
    AddRow(fmt::format("{} {}", i, runs[0].layers(i).info().op()), values,
           &table);
  }
  return table;
}

std::vector<std::string> EnvironmentDifferences(
    const std::vector<v1::Run>& runs) {
  std::vector<std::string> lines;
  const auto* descriptor = v1::Environment::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    std::string line = descriptor->field(i)->name() + ":";
    bool differs = false;
    const std::string first =
        FieldText(runs[0].environment(), descriptor->field(i));
    for (const v1::Run& run : runs) {
      const std::string text =
          FieldText(run.environment(), descriptor->field(i));
      line += (&run == &runs[0] ? " " : " | ") + text;
      differs = differs || text != first;
    }
    if (differs) {
      lines.push_back(line);
    }
  }
  return lines;
}

}  // namespace tinyrig::cli
