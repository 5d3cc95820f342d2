#include "server/store/list_reader.h"

#include <chrono>

#include "server/store/list_places.h"

namespace tinyrig::server {
namespace {

constexpr std::chrono::seconds kMaxTime{5};
constexpr int kStepsBetweenLooks = 2000;

// Statements fail once the time is over.
class Deadline {
 public:
  explicit Deadline(Database& database) : database_(database) {
    sqlite3_progress_handler(
        database.handle(), kStepsBetweenLooks,
        [](void* self) { return static_cast<Deadline*>(self)->over() ? 1 : 0; },
        this);
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() {
    sqlite3_progress_handler(database_.handle(), 0, nullptr, this);
  }

  [[nodiscard]] bool over() const {
    return std::chrono::steady_clock::now() > end_;
  }

 private:
  Database& database_;
  std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + kMaxTime;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ListReader>> ListReader::Open(
    const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(Database database,
                   Database::Open(path, Database::Mode::kReadOnly));
  return std::unique_ptr<ListReader>(new ListReader(std::move(database)));
}

absl::StatusOr<std::optional<ListPlace>> ListReader::Read(
    const ListTable& table, const ListRequest& request, const char* select,
    const std::function<void(const Query&)>& row) {
  const std::lock_guard lock(mutex_);
  const Deadline deadline(database_);
  RETURN_IF_ERROR(database_.Exec("BEGIN"));
  auto next = ReadPage(table, request, select, row);
  const absl::Status ended = database_.Exec("COMMIT");
  if (!next.ok() && deadline.over()) {
    return absl::DeadlineExceededError(absl::StrCat(
        "this list takes longer than ", kMaxTime.count(),
        " s: add a term that few rows meet (a time, a model, a board)"));
  }
  RETURN_IF_ERROR(next.status());
  RETURN_IF_ERROR(ended);
  return next;
}

absl::StatusOr<std::optional<ListPlace>> ListReader::ReadPage(
    const ListTable& table, const ListRequest& request, const char* select,
    const std::function<void(const Query&)>& row) {
  const auto limit = static_cast<size_t>(request.limit);
  ASSIGN_OR_RETURN(auto places,
                   FindPlaces(database_, table, request, limit + 1));
  std::optional<ListPlace> next;
  if (places.size() > limit) {
    places.resize(limit);
    next = places.back();
  }
  for (const ListPlace& place : places) {
    ASSIGN_OR_RETURN(Query found, database_.Select(select, place.id));
    RETURN_IF_ERROR(found.Step().status());
    row(found);
  }
  return next;
}

}  // namespace tinyrig::server
