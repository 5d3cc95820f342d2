// What the lists can be filtered by. docs/FILTER.md has the same tables.
#include <array>

#include "server/filter/filter.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {
namespace {

using Kind = FilterField::Kind;
using Unit = FilterUnit;

constexpr FilterField Text(std::string_view name, bool indexed = false,
                           bool searched = false) {
  return {
      .name = name, .column = name, .searched = searched, .indexed = indexed};
}
constexpr FilterField Integer(std::string_view name, bool indexed = false) {
  return {
      .name = name, .column = name, .kind = Kind::kInteger, .indexed = indexed};
}
constexpr FilterField Grouped(std::string_view name, bool searched = false) {
  return {.name = name, .column = name, .searched = searched, .grouped = true};
}
constexpr FilterField Id(std::string_view name, std::string_view prefix) {
  return {.name = name,
          .column = name,
          .kind = Kind::kId,
          .id_prefix = prefix,
          .indexed = true};
}
constexpr FilterField Bytes(std::string_view name, std::string_view column) {
  return {.name = name,
          .column = column,
          .kind = Kind::kInteger,
          .unit = Unit::kBytes,
          .indexed = true};
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
    Text("model_sha256", true),
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
    FilterField{.name = "create_time",
                .column = "create_us",
                .kind = Kind::kTime,
                .indexed = true},
    Micros("us_min", "cycles_min * 1e6 / clock_hz"),
    FilterField{.name = "us_p50",
                .column = "us_p50",
                .kind = Kind::kReal,
                .unit = Unit::kMicros,
                .present = "us_p50 IS NOT NULL",
                .indexed = true},
    Micros("us_p90", "cycles_p90 * 1e6 / clock_hz"),
    Micros("us_max", "cycles_max * 1e6 / clock_hz"),
    Integer("cycles_p50"),
    Integer("instructions"),
    Bytes("sram_bytes", "memory_bytes"),
    Bytes("flash_bytes", "flash_bytes"),
    FilterField{.name = "top1",
                .column = "top1",
                .kind = Kind::kReal,
                .unit = Unit::kShare,
                .present = "top1 IS NOT NULL",
                .indexed = true},
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
                .values = v1::Job::State_descriptor,
                .indexed = true},
    FilterField{.name = "failure_class",
                .column = "unicode(substr(failure, 2, 1))",
                .kind = Kind::kEnum,
                .present = "failure <> x''",
                .values = v1::FailureClass_descriptor,
                .indexed = true},
    Text("board_id", true, true),
    Text("board_name"),
    Text("agent_id"),
    Text("model_name", true, true),
    Text("model_sha256", true),
    Text("submitter", true),
    Integer("priority", true),
    FilterField{
        .name = "create_time", .column = "create_us", .kind = Kind::kTime},
    FilterField{.name = "end_time",
                .column = "end_us",
                .kind = Kind::kTime,
                .present = "end_us > 0",
                .indexed = true},
    FilterField{.name = "run_id",
                .column = "run_id",
                .kind = Kind::kId,
                .present = "run_id > 0",
                .id_prefix = "r-",
                .indexed = true},
    Text("request_id", true),
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
