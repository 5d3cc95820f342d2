// The dispatcher's compiling half: cache, child, what comes back.
#include <algorithm>
#include <array>

#include "base/log.h"
#include "server/compile/artifact.h"
#include "server/lab/dispatcher.h"
#include "server/queue/scheduler.h"

namespace tinyrig::server {
namespace {

// What the compiler prints when it begins a step, and the step's name here.
struct Step {
  std::string_view line, name;
};
constexpr std::array kSteps = {Step{"reading", "parse"},
                               Step{"planning", "plan"},
                               Step{"compiling", "compile"}};

// A compile that could not begin is tried again.
constexpr int64_t kLookAgainUs = 500'000;

CompileKey KeyOf(const v1::JobSpec& spec, const std::string& engine_version) {
  return {.model_sha256 = spec.model_sha256(),
          .board_id = spec.board_id(),
          .options = spec.options().optimize(),
          .engine_version = engine_version};
}

std::string TextOf(const CompileKey& key) {
  return absl::StrCat(key.model_sha256, "/", key.board_id, "/", key.options);
}

int64_t BudgetMs(const JobRecord& record, int64_t limit_ms) {
  return std::clamp<int64_t>(
      int64_t{record.job.spec().timeout_s()} * 1000 - record.used_us / 1000, 1,
      limit_ms);
}

absl::StatusOr<v1::CompiledModel> CheckArtifact(const std::string& bytes,
                                                const v1::JobSpec& spec) {
  ASSIGN_OR_RETURN(v1::CompiledModel model, ParseArtifact(bytes));
  if (model.model_sha256() != spec.model_sha256() ||
      model.board_id() != spec.board_id()) {
    return absl::InternalError(
        absl::StrCat("the compiler made an artifact of ", model.model_sha256(),
                     " for ", model.board_id(), ", ", spec.model_sha256(),
                     " for ", spec.board_id(), " was asked for"));
  }
  return model;
}

}  // namespace

void Dispatcher::StartCompiles() {
  WaitingJobs& waiting = store_.waiting();
  const int64_t seen = waiting.not_compiled_version();
  const int64_t now_us = lab_.clock.MonotonicMicros();
  if (seen == compiles_seen_version_ &&
      now_us - compiles_seen_us_ < kLookAgainUs) {
    return;
  }
  compiles_seen_version_ = seen;
  compiles_seen_us_ = now_us;
  const auto ids = waiting.NotCompiled(lab_.clock.UnixMicros());
  if (ids.empty()) {
    return;
  }
  const auto version = lab_.builder.EngineVersion();
  engine_version_ = version.ok() ? *version : "";
  for (const int64_t id : ids) {
    const bool room = pool_->HasRoom();
    if (!room && cache_missed_.contains(id)) {
      continue;
    }
    const auto record = lab_.store.GetJob(id);
    if (!record.ok() || UseCache(*record, engine_version_)) {
      continue;
    }
    cache_missed_.insert(id);
    const std::string key = TextOf(KeyOf(record->job.spec(), ""));
    const bool in_flight =
        std::any_of(compiling_.begin(), compiling_.end(),
                    [&key](const auto& entry) { return entry.second == key; });
    if (room && !in_flight) {
      StartCompile(*record);
    }
  }
}

bool Dispatcher::UseCache(const JobRecord& record,
                          const std::string& engine_version) {
  if (engine_version.empty() || cache_missed_.contains(record.id)) {
    return false;
  }
  const auto cached =
      lab_.store.CachedArtifact(KeyOf(record.job.spec(), engine_version));
  if (!cached.ok() || !cached->has_value()) {
    return false;
  }
  const auto model = lab_.models.Get(**cached);
  if (!model.ok()) {
    return false;  // its blob is gone: compile again
  }
  if (const absl::Status fits = CheckFits(record, **model); !fits.ok()) {
    const absl::Status ended = desk_.EndUnleased(
        record, v1::Job::FAILED, FailureOf(fits, v1::MODEL, "compiling"));
    return ended.ok();
  }
  const absl::Status status =
      lab_.store.EndCompile(record.id, **cached, true, lab_.clock.UnixMicros());
  if (status.ok()) {
    lab_.bell.Ring(record.id);
  }
  return status.ok();
}

absl::Status Dispatcher::CheckFits(const JobRecord& record,
                                   const v1::CompiledModel& model) {
  if (record.dataset_sha256.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const v1::Dataset dataset,
                   lab_.store.FindDataset(record.job.spec().dataset()));
  return CheckDatasetFits(model, dataset);
}

void Dispatcher::StartCompile(const JobRecord& record) {
  const v1::JobSpec& spec = record.job.spec();
  const auto path = lab_.blobs.Find(spec.model_sha256());
  absl::Status status = path.status();
  if (path.ok()) {
    status = lab_.store.BeginCompile(record.id, lab_.clock.UnixMicros());
  }
  if (!status.ok()) {
    LOG_WARNING("dispatcher", "compile j-{}: {}", record.id, status.ToString());
    return;
  }
  compiling_[record.id] = TextOf(KeyOf(spec, ""));
  const int64_t id = record.id;
  CompileRequest request{
      .model_path = *path,
      .model_name = spec.model_name(),
      .board_id = spec.board_id(),
      .options = spec.options(),
      .timeout_ms = BudgetMs(record, lab_.options.compile_timeout_ms),
      .on_line = [this, id](const std::string& line) { OnLine(id, line); }};
  lab_.bell.Ring(id);
  pool_->Start(id, std::move(request));
}

// A line that is the name of a step moves the bar; everything is logged.
void Dispatcher::OnLine(int64_t job_id, const std::string& line) {
  const std::lock_guard lock(lab_.mutex);
  const auto step =
      std::find_if(kSteps.begin(), kSteps.end(),
                   [&line](const Step& known) { return known.line == line; });
  if (step != kSteps.end()) {
    v1::Progress progress;
    progress.set_step(std::string(step->name));
    progress.set_done(step - kSteps.begin());
    progress.set_total(static_cast<int64_t>(kSteps.size()));
    progress.set_eta_s(-1);
    desk_.SetProgress(job_id, progress);
  }
  desk_.Log(job_id, "compiler", {line});
}

void Dispatcher::OnCompiled(int64_t job_id, CompileResult result) {
  absl::Status status;
  if (result.failure.failure_class() == v1::FAILURE_CLASS_UNSPECIFIED &&
      !result.cancelled) {
    status = AcceptArtifact(job_id, result);
  }
  const std::lock_guard lock(lab_.mutex);
  compiling_.erase(job_id);
  cache_missed_.clear();
  compiles_seen_version_ = -1;
  if (!status.ok()) {
    const bool lab = status.code() == absl::StatusCode::kResourceExhausted ||
                     status.code() == absl::StatusCode::kUnavailable;
    result.failure =
        FailureOf(status, lab ? v1::LAB : v1::INTERNAL, "compiling");
  }
  if (result.failure.failure_class() != v1::FAILURE_CLASS_UNSPECIFIED) {
    unstored_[job_id] = result.failure;
    EndUnstored();
  }
  lab_.progress.erase(job_id);
  lab_.bell.Ring(job_id);
  lab_.wake_dispatcher();
}

// A full disk may refuse the end of a job too: it is tried again each turn.
void Dispatcher::EndUnstored() {
  for (auto it = unstored_.begin(); it != unstored_.end();) {
    const auto record = lab_.store.GetJob(it->first);
    absl::Status status = record.status();
    if (record.ok() && record->job.state() == v1::Job::COMPILING) {
      status = desk_.EndUnleased(*record, v1::Job::FAILED, it->second);
    }
    if (status.ok()) {
      it = unstored_.erase(it);
    } else {
      LOG_WARNING("dispatcher", "end j-{}: {}", it->first, status.ToString());
      ++it;
    }
  }
}

// Blob first, then cache, then the job: a crash in between costs one compile.
absl::Status Dispatcher::AcceptArtifact(int64_t job_id, CompileResult& result) {
  ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(job_id));
  ASSIGN_OR_RETURN(const v1::CompiledModel model,
                   CheckArtifact(result.artifact, record.job.spec()));
  const auto hold = lab_.blobs.Hold();  // until the database names it
  ASSIGN_OR_RETURN(const std::string sha256, lab_.blobs.Put(result.artifact));
  const std::lock_guard lock(lab_.mutex);
  const int64_t now_us = lab_.clock.UnixMicros();
  RETURN_IF_ERROR(lab_.store.AddBlob(
      sha256, static_cast<int64_t>(result.artifact.size()), now_us));
  if (!engine_version_.empty()) {
    RETURN_IF_ERROR(lab_.store.CacheArtifact(
        KeyOf(record.job.spec(), engine_version_), sha256, now_us));
  }
  if (const absl::Status fits = CheckFits(record, model); !fits.ok()) {
    result.failure = FailureOf(fits, v1::MODEL, "compiling");
    return absl::OkStatus();
  }
  const absl::Status ended =
      lab_.store.EndCompile(job_id, sha256, false, now_us);
  // Cancelled meanwhile: the artifact stays in the cache.
  return ended.code() == absl::StatusCode::kFailedPrecondition
             ? absl::OkStatus()
             : ended;
}

}  // namespace tinyrig::server
