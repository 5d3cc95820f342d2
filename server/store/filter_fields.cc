// What the lists can be filtered by. docs/FILTER.md has the same tables.
#include <array>

#include "server/store/filter.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {
namespace {

using Kind = FilterField::Kind;
using Unit = FilterUnit;

constexpr FilterField Text(std::string_view name) {
  return {.name = name, .column = name};
}
constexpr FilterField Integer(std::string_view name) {
  return {.name = name, .column = name, .kind = Kind::kInteger};
}
constexpr FilterField Grouped(std::string_view name, bool searched = false) {
  return {.name = name, .column = name, .searched = searched, .grouped = true};
}
constexpr FilterField Id(std::string_view name, std::string_view prefix) {
  return {.name = name, .column = name, .kind = Kind::kId, .id_prefix = prefix};
}
constexpr FilterField Bytes(std::string_view name, std::string_view column) {
  return {.name = name,
          .column = column,
          .kind = Kind::kInteger,
          .unit = Unit::kBytes};
}
// A board whose clock was not read has no times.
constexpr FilterField Micros(std::string_view name, std::string_view column) {
  return {.name = name,
          .column = column,
          .kind = Kind::kReal,
          .unit = Unit::kMicros,
          .present = "clock_hz > 0"};
}

constexpr std::array kRunFields = {
    Id("id", "r-"),
    Id("job_id", "j-"),
    Grouped("model_name", true),
    Text("model_sha256"),
    Grouped("board_id", true),
    Text("board_name"),
    Grouped("dataset_name"),
    Text("dataset_sha256"),
    Grouped("submitter"),
    FilterField{.name = "origin",
                .column = "origin",
                .kind = Kind::kEnum,
                .values = v1::Origin_descriptor,
                .grouped = true},
    FilterField{
        .name = "create_time", .column = "create_us", .kind = Kind::kTime},
    Micros("us_min", "cycles_min * 1e6 / clock_hz"),
    Micros("us_p50", "cycles_p50 * 1e6 / clock_hz"),
    Micros("us_p90", "cycles_p90 * 1e6 / clock_hz"),
    Micros("us_max", "cycles_max * 1e6 / clock_hz"),
    Integer("cycles_p50"),
    Integer("instructions"),
    Bytes("sram_bytes", "memory_bytes"),
    Bytes("flash_bytes", "flash_bytes"),
    FilterField{.name = "top1",
                .column = "correct * 1.0 / total",
                .kind = Kind::kReal,
                .unit = Unit::kShare,
                .present = "total > 0"},
    FilterField{.name = "correct",
                .column = "correct",
                .kind = Kind::kInteger,
                .present = "total > 0"},
    FilterField{.name = "total",
                .column = "total",
                .kind = Kind::kInteger,
                .present = "total > 0"},
};

constexpr std::array kJobFields = {
    Id("id", "j-"),
    FilterField{.name = "state",
                .column = "state",
                .kind = Kind::kEnum,
                .values = v1::Job::State_descriptor},
    FilterField{.name = "failure_class",
                .column = "unicode(substr(failure, 2, 1))",
                .kind = Kind::kEnum,
                .present = "failure <> x''",
                .values = v1::FailureClass_descriptor},
    FilterField{.name = "board_id", .column = "board_id", .searched = true},
    Text("board_name"),
    Text("agent_id"),
    FilterField{.name = "model_name", .column = "model_name", .searched = true},
    Text("model_sha256"),
    Text("submitter"),
    Integer("priority"),
    FilterField{
        .name = "create_time", .column = "create_us", .kind = Kind::kTime},
    FilterField{.name = "end_time",
                .column = "end_us",
                .kind = Kind::kTime,
                .present = "end_us > 0"},
    FilterField{.name = "run_id",
                .column = "run_id",
                .kind = Kind::kId,
                .present = "run_id > 0",
                .id_prefix = "r-"},
    Text("request_id"),
};

constexpr std::array kBoardFields = {
    FilterField{.name = "name", .column = "name", .searched = true},
    FilterField{.name = "board_id", .column = "board_id", .searched = true},
    FilterField{.name = "state",
                .column = "state",
                .kind = Kind::kEnum,
                .values = v1::Board::State_descriptor},
    Text("agent_id"),
    Text("uid"),
    FilterField{.name = "origin",
                .column = "origin",
                .kind = Kind::kEnum,
                .values = v1::Origin_descriptor},
};

constexpr std::array kPredictionFields = {
    FilterField{.name = "sample_index",
                .column = "p.sample_index",
                .kind = Kind::kInteger},
    FilterField{.name = "sample_name",
                .column = "coalesce(s.name, '')",
                .searched = true},
    FilterField{.name = "label", .column = "p.label", .kind = Kind::kInteger},
    FilterField{
        .name = "predicted", .column = "p.predicted", .kind = Kind::kInteger},
    FilterField{.name = "correct",
                .column = "(p.label = p.predicted)",
                .kind = Kind::kBool},
    FilterField{.name = "cycles", .column = "p.cycles", .kind = Kind::kInteger},
};

}  // namespace

std::span<const FilterField> RunFilterFields() {
  return kRunFields;
}
std::span<const FilterField> JobFilterFields() {
  return kJobFields;
}
std::span<const FilterField> BoardFilterFields() {
  return kBoardFields;
}
std::span<const FilterField> PredictionFilterFields() {
  return kPredictionFields;
}

}  // namespace tinyrig::server
