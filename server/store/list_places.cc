#include "server/store/list_places.h"

#include <algorithm>
#include <unordered_set>

namespace tinyrig::server {
namespace {

using Kind = OrderField::Kind;

// Rows that a term may meet for them to be sorted; rows that a walk looks at;
// groups that a merge asks.
constexpr int64_t kFew = 2000;
constexpr int64_t kWalk = 2000;
constexpr size_t kMaxGroups = 5000;

bool HasIndex(const Filter& term) {
  using Test = Filter::Test;
  return term.kind == Filter::Kind::kTest && term.field->indexed &&
         (term.test == Test::kEq || term.test == Test::kLt ||
          term.test == Test::kLe || term.test == Test::kGt ||
          term.test == Test::kGe);
}

// What lies behind a place with a key, so that each is one piece of an index:
// SQLite does not use the rowid of (key, id) > (?, ?).
enum class Part { kAll, kTies, kBeyond };

void AddPart(const Order& order, const ListSegment& segment, Part part,
             int64_t limit, SqlText& sql) {
  const OrderField& field = *order.field;
  const std::string_view beyond = order.descending ? " < ?" : " > ?";
  const std::string_view direction = order.descending ? " DESC" : "";
  if (const std::string_view there =
          segment.with_key ? field.present : field.absent;
      !there.empty()) {
    sql.Add(" AND ").Add(there);
  }
  if (part != Part::kAll) {
    sql.Add(" AND ").Add(field.column);
    sql.Add(part == Part::kTies ? " = ?" : beyond).Bind(*segment.after->key);
  }
  if (segment.after.has_value() && part != Part::kBeyond) {
    sql.Add(" AND id").Add(beyond).Bind(segment.after->id);
  }
  sql.Add(" ORDER BY ");
  if (segment.with_key && part != Part::kTies) {
    sql.Add(field.column).Add(direction).Add(", ");
  }
  sql.Add("id").Add(direction).Add(" LIMIT ?").Bind(limit);
}

// Rows of SelectPlace (and more columns) until `take` says false.
absl::Status ReadPlaces(
    Database& database, const SqlText& sql, const Order& order, bool with_key,
    const std::function<bool(ListPlace&&, const Query&)>& take) {
  ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    ListPlace place{.key = {}, .id = row.Int(1)};
    if (with_key) {
      const Kind kind = order.field->kind;
      place.key = kind == Kind::kText   ? Value(row.Bytes(0))
                  : kind == Kind::kReal ? Value(row.Real(0))
                                        : Value(row.Int(0));
    }
    if (!take(std::move(place), row)) {
      return absl::OkStatus();
    }
  }
}

class Finder {
 public:
  Finder(Database& database, const ListTable& table, const ListRequest& request,
         size_t wanted)
      : database_(database),
        table_(table),
        request_(request),
        wanted_(wanted),
        split_(table.has_groups ? SplitByGroup(request.filter)
                                : SplitFilter{{}, request.filter}),
        rest_(ToSql(split_.rest)) {}

  absl::StatusOr<std::vector<ListPlace>> Find() {
    ASSIGN_OR_RETURN(const bool few, TryFew());
    if (few) {
      return std::move(places_);
    }
    if (table_.has_groups && !split_.group.empty()) {
      ASSIGN_OR_RETURN(groups_,
                       GroupsOf(database_, split_.group, request_.order));
      for (const RunGroup& group : groups_) {
        group_ids_.insert(group.id);
      }
    }
    for (const ListSegment& segment : Segments()) {
      if (places_.size() < wanted_) {
        RETURN_IF_ERROR(AddPlaces(segment));
      }
    }
    return std::move(places_);
  }

 private:
  // The parts that lie behind `after`.
  [[nodiscard]] std::vector<ListSegment> Segments() const {
    const OrderField& field = *request_.order.field;
    if (field.kind == Kind::kId) {
      return {{.with_key = false, .after = request_.after}};
    }
    if (request_.after.has_value() && !request_.after->key.has_value()) {
      return {{.with_key = false, .after = request_.after}};
    }
    std::vector<ListSegment> segments = {{.after = request_.after}};
    if (!field.absent.empty()) {
      segments.push_back({.with_key = false, .after = {}});
    }
    return segments;
  }

  absl::Status AddPlaces(const ListSegment& segment) {
    const size_t before = places_.size();
    ASSIGN_OR_RETURN(const bool all, Walk(segment));
    if (all) {
      return absl::OkStatus();
    }
    places_.resize(before);
    if (!split_.group.empty() && groups_.size() <= kMaxGroups) {
      return MergeGroups(database_, request_.order, rest_, segment, groups_,
                         wanted_, places_);
    }
    return Scan(segment);
  }

  // False: nothing is known after so many rows.
  absl::StatusOr<bool> Walk(const ListSegment& segment) {
    const auto missing = static_cast<int64_t>(wanted_ - places_.size());
    const int64_t budget =
        request_.filter.empty() ? missing : std::max(kWalk, 2 * missing);
    SqlText sql = SelectPlace(request_.order);
    sql.Add(table_.has_groups ? ", group_id, " : ", 0, ")
        .Add(rest_.empty() ? "1" : rest_.where);
    sql.values = rest_.values;
    sql.Add(" FROM ").Add(table_.name).Add(" WHERE 1");
    int64_t seen = 0;
    RETURN_IF_ERROR(ReadSegment(database_, sql, request_.order, segment, budget,
                                [&](ListPlace&& place, const Query& row) {
                                  ++seen;
                                  const bool in_group =
                                      split_.group.empty() ||
                                      group_ids_.contains(row.Int(2));
                                  if (in_group && row.Int(3) != 0) {
                                    places_.push_back(std::move(place));
                                  }
                                  return places_.size() < wanted_;
                                }));
    return places_.size() == wanted_ || seen < budget;
  }

  absl::Status Scan(const ListSegment& segment) {
    SqlText sql = SelectPlace(request_.order);
    sql.Add(" FROM ").Add(table_.name).Add(" WHERE 1");
    sql.Add(ToSql(request_.filter));
    return ReadSegment(database_, sql, request_.order, segment,
                       static_cast<int64_t>(wanted_ - places_.size()),
                       [&](ListPlace&& place, const Query&) {
                         places_.push_back(std::move(place));
                         return true;
                       });
  }

  // The term that the fewest rows meet, by its index.
  absl::StatusOr<const Filter*> FewestTerm() {
    const Filter& filter = request_.filter;
    const std::vector<Filter>& terms = filter.children;
    const bool joined = filter.kind == Filter::Kind::kAnd;
    const Filter* best = nullptr;
    int64_t fewest = kFew + 1;
    for (size_t i = 0; i < (joined ? terms.size() : 1); ++i) {
      const Filter& term = joined ? terms[i] : filter;
      if (!HasIndex(term)) {
        continue;
      }
      const FilterSql where = ToSql(term);
      SqlText sql;
      sql.Add("SELECT count(*) FROM (SELECT 1 FROM ").Add(table_.name);
      sql.Add(" WHERE 1").Add(where).Add(" LIMIT ?").Bind(kFew + 1);
      sql.Add(")");
      ASSIGN_OR_RETURN(Query row, database_.SelectValues(sql.text, sql.values));
      RETURN_IF_ERROR(row.Step().status());
      if (row.Int(0) < fewest) {
        best = &term;
        fewest = row.Int(0);
      }
    }
    return best;
  }

  absl::StatusOr<bool> TryFew() {
    ASSIGN_OR_RETURN(const Filter* term, FewestTerm());
    if (term == nullptr) {
      return false;
    }
    const Order& order = request_.order;
    const OrderField& field = *order.field;
    SqlText sql;
    sql.Add("WITH few AS MATERIALIZED (SELECT id AS few_id FROM ")
        .Add(table_.name)
        .Add(" WHERE 1")
        .Add(ToSql(*term))
        .Add(") ");
    sql.Add(SelectPlace(order).text)
        .Add(field.kind == Kind::kId ? ", 0"
             : field.present.empty() ? ", 1"
                                     : ", ")
        .Add(field.present)
        .Add(" FROM few CROSS JOIN ")
        .Add(table_.name)
        .Add(" ON id = few_id WHERE 1")
        .Add(ToSql(request_.filter));
    RETURN_IF_ERROR(ReadPlaces(
        database_, sql, order, true, [&](ListPlace&& place, const Query& row) {
          if (row.Int(2) == 0) {
            place.key.reset();
          }
          if (!request_.after.has_value() ||
              StandsBefore(*request_.after, place, order)) {
            places_.push_back(std::move(place));
          }
          return true;
        }));
    std::ranges::sort(places_, [&](const ListPlace& a, const ListPlace& b) {
      return StandsBefore(a, b, order);
    });
    places_.resize(std::min(places_.size(), wanted_));
    return true;
  }

  Database& database_;
  const ListTable& table_;
  const ListRequest& request_;
  size_t wanted_;
  SplitFilter split_;
  FilterSql rest_;
  std::vector<RunGroup> groups_;
  std::unordered_set<int64_t> group_ids_;
  std::vector<ListPlace> places_;
};

}  // namespace

SqlText& SqlText::Add(std::string_view more) {
  text += more;
  return *this;
}

SqlText& SqlText::Add(const FilterSql& condition) {
  text += condition.And();
  values.insert(values.end(), condition.values.begin(), condition.values.end());
  return *this;
}

SqlText& SqlText::Bind(const Value& value) {
  values.push_back(value);
  return *this;
}

SqlText SelectPlace(const Order& order) {
  SqlText sql;
  sql.Add("SELECT ").Add(order.field->column).Add(", id");
  return sql;
}

absl::Status ReadSegment(
    Database& database, const SqlText& head, const Order& order,
    const ListSegment& segment, int64_t limit,
    const std::function<bool(ListPlace&&, const Query&)>& take) {
  std::vector<Part> parts = {Part::kAll};
  if (segment.with_key && segment.after.has_value()) {
    parts = {Part::kTies, Part::kBeyond};
  }
  bool more = true;
  for (const Part part : parts) {
    if (!more || limit == 0) {
      break;
    }
    SqlText sql = head;
    AddPart(order, segment, part, limit, sql);
    RETURN_IF_ERROR(ReadPlaces(database, sql, order, segment.with_key,
                               [&](ListPlace&& place, const Query& row) {
                                 --limit;
                                 more = take(std::move(place), row);
                                 return more;
                               }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ListPlace>> FindPlaces(Database& database,
                                                  const ListTable& table,
                                                  const ListRequest& request,
                                                  size_t wanted) {
  return Finder(database, table, request, wanted).Find();
}

}  // namespace tinyrig::server
