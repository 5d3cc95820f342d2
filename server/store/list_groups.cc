// Runs of many groups in one order: each group is sorted by an index, so the
// page is a merge that asks each group once, and those in front again.
#include <algorithm>
#include <deque>
#include <queue>
#include <span>

#include "server/store/list_places.h"

namespace tinyrig::server {
namespace {

bool IsGrouped(const Filter& filter) {
  return filter.kind == Filter::Kind::kTest
             ? filter.field->grouped
             : std::ranges::all_of(filter.children, IsGrouped);
}

class Merge {
 public:
  Merge(Database& database, const Order& order, const FilterSql& rest,
        const ListSegment& segment, size_t wanted,
        std::vector<ListPlace>& places)
      : database_(database),
        order_(order),
        rest_(rest),
        segment_(segment),
        wanted_(wanted),
        places_(places) {}

  absl::Status Run(std::span<const RunGroup> groups) {
    lines_.resize(groups.size());
    const size_t missing = wanted_ - places_.size();
    const auto later = [this](size_t a, size_t b) {
      return StandsBefore(lines_[b].rows.front(), lines_[a].rows.front(),
                          order_);
    };
    std::priority_queue<size_t, std::vector<size_t>, decltype(later)> heads(
        later);
    for (size_t i = 0; i < groups.size(); ++i) {
      Line& line = lines_[i];
      line.group = groups[i].id;
      line.after = segment_.after;
      line.chunk = missing / groups.size() + 1;
      RETURN_IF_ERROR(Fill(line));
      if (!line.rows.empty()) {
        heads.push(i);
      }
    }
    while (!heads.empty() && places_.size() < wanted_) {
      const size_t first = heads.top();
      heads.pop();
      Line& line = lines_[first];
      places_.push_back(std::move(line.rows.front()));
      line.rows.pop_front();
      if (line.rows.empty() && !line.ended) {
        line.after = places_.back();
        line.chunk = std::min(line.chunk * 4, wanted_);
        RETURN_IF_ERROR(Fill(line));
      }
      if (!line.rows.empty()) {
        heads.push(first);
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Line {
    int64_t group = 0;
    std::optional<ListPlace> after;
    size_t chunk = 1;
    bool ended = false;
    std::deque<ListPlace> rows;
  };

  absl::Status Fill(Line& line) {
    SqlText sql = SelectPlace(order_);
    sql.Add(" FROM runs WHERE group_id = ?").Bind(line.group).Add(rest_);
    RETURN_IF_ERROR(ReadSegment(
        database_, sql, order_, {segment_.with_key, line.after},
        static_cast<int64_t>(line.chunk), [&](ListPlace&& place, const Query&) {
          line.rows.push_back(std::move(place));
          return true;
        }));
    line.ended = line.rows.size() < line.chunk;
    return absl::OkStatus();
  }

  Database& database_;
  const Order& order_;
  const FilterSql& rest_;
  const ListSegment& segment_;
  size_t wanted_;
  std::vector<ListPlace>& places_;
  std::vector<Line> lines_;
};

// One key at a time: groups of an equal key are merged by id.
absl::Status MergeByText(Database& database, const Order& order,
                         const FilterSql& rest, const ListSegment& segment,
                         const std::vector<RunGroup>& groups, size_t wanted,
                         std::vector<ListPlace>& places) {
  Order by_id = order;
  static constexpr OrderField kById = {"id", "id", OrderField::Kind::kId};
  by_id.field = &kById;
  for (size_t begin = 0, end = 0; begin < groups.size(); begin = end) {
    const Value& key = groups[begin].key;
    while (end < groups.size() && groups[end].key == key) {
      ++end;
    }
    ListSegment part{.with_key = false, .after = {}};
    if (segment.after.has_value()) {
      const Value& after = *segment.after->key;
      if (order.descending ? after < key : key < after) {
        continue;  // a page before
      }
      part.after = key == after ? segment.after : std::nullopt;
    }
    const size_t before = places.size();
    RETURN_IF_ERROR(Merge(database, by_id, rest, part, wanted, places)
                        .Run(std::span(groups).subspan(begin, end - begin)));
    for (size_t i = before; i < places.size(); ++i) {
      places[i].key = key;
    }
    if (places.size() >= wanted) {
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace

SplitFilter SplitByGroup(const Filter& filter) {
  SplitFilter split;
  const std::vector<Filter> whole = {filter};
  for (const Filter& term :
       filter.kind == Filter::Kind::kAnd ? filter.children : whole) {
    (IsGrouped(term) ? split.group : split.rest).children.push_back(term);
  }
  return split;
}

absl::StatusOr<std::vector<RunGroup>> GroupsOf(Database& database,
                                               const Filter& filter,
                                               const Order& order) {
  const bool by_text = order.field->kind == OrderField::Kind::kText;
  SqlText sql;
  sql.Add("SELECT id, ").Add(by_text ? order.field->column : "''");
  sql.Add(" FROM run_groups WHERE 1").Add(ToSql(filter));
  if (by_text) {
    sql.Add(" ORDER BY 2").Add(order.descending ? " DESC" : "");
  }
  ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
  std::vector<RunGroup> groups;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return groups;
    }
    groups.push_back({row.Int(0), row.Bytes(1)});
  }
}

absl::Status MergeGroups(Database& database, const Order& order,
                         const FilterSql& rest, const ListSegment& segment,
                         const std::vector<RunGroup>& groups, size_t wanted,
                         std::vector<ListPlace>& places) {
  if (groups.empty()) {
    return absl::OkStatus();
  }
  if (order.field->kind == OrderField::Kind::kText) {
    return MergeByText(database, order, rest, segment, groups, wanted, places);
  }
  return Merge(database, order, rest, segment, wanted, places).Run(groups);
}

}  // namespace tinyrig::server
