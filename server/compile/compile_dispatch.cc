#include "server/compile/compile_dispatch.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/log.h"
#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

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
  ASSIGN_OR_RETURN(v1::CompiledModel model, file::ParseArtifact(bytes));
  if (model.model_sha256() != spec.model_sha256() ||
      model.board_id() != spec.board_id()) {
    return absl::InternalError(
        absl::StrCat("the compiler made an artifact of ", model.model_sha256(),
                     " for ", model.board_id(), ", ", spec.model_sha256(),
                     " for ", spec.board_id(), " was asked for"));
  }
  return model;
}

std::optional<v1::Progress> ProgressOf(const std::string& line) {
  const auto step =
      std::find_if(kSteps.begin(), kSteps.end(),
                   [&line](const Step& known) { return known.line == line; });
  if (step == kSteps.end()) {
    return std::nullopt;
  }
  v1::Progress progress;
  progress.set_step(std::string(step->name));
  progress.set_done(step - kSteps.begin());
  progress.set_total(static_cast<int64_t>(kSteps.size()));
  progress.set_eta_s(-1);
  return progress;
}

}  // namespace

absl::StatusOr<size_t> CompileDispatch::TakeUp() {
  ASSIGN_OR_RETURN(const auto compiling,
                   parts_.store.JobsIn(v1::Job::COMPILING));
  for (const int64_t id : compiling) {
    RETURN_IF_ERROR(
        parts_.store.EndAttempt({.job_id = id,
                                 .next = v1::Job::QUEUED,
                                 .now_us = parts_.clock.UnixMicros()},
                                {v1::Job::COMPILING}));
  }
  return compiling.size();
}

void CompileDispatch::Start(const CompileLimits& limits) {
  limits_ = limits;
  pool_ = std::make_unique<CompilePool>(
      parts_.builder, limits.compile_jobs,
      [this](int64_t job_id, CompileResult result) {
        OnCompiled(job_id, std::move(result));
      });
}

void CompileDispatch::Cancel(int64_t job_id) {
  if (pool_ != nullptr) {
    pool_->Cancel(job_id);
  }
}

void CompileDispatch::Turn(CompilingJobs& jobs) {
  EndUnstored(jobs);
  StartCompiles(jobs);
}

void CompileDispatch::StartCompiles(CompilingJobs& jobs) {
  WaitingJobs& waiting = parts_.waiting.waiting();
  const int64_t seen = waiting.not_compiled_version();
  const int64_t now_us = parts_.clock.MonotonicMicros();
  if (seen == seen_version_ && now_us - seen_us_ < kLookAgainUs) {
    return;
  }
  seen_version_ = seen;
  seen_us_ = now_us;
  const auto ids = waiting.NotCompiled(parts_.clock.UnixMicros());
  if (ids.empty()) {
    return;
  }
  const auto version = parts_.builder.EngineVersion();
  engine_version_ = version.ok() ? *version : "";
  for (const int64_t id : ids) {
    const bool room = pool_->HasRoom();
    if (!room && cache_missed_.contains(id)) {
      continue;
    }
    const auto record = parts_.store.GetJob(id);
    if (!record.ok() || UseCache(jobs, *record)) {
      continue;
    }
    cache_missed_.insert(id);
    const std::string key = TextOf(KeyOf(record->job.spec(), ""));
    const bool in_flight =
        std::any_of(compiling_.begin(), compiling_.end(),
                    [&key](const auto& entry) { return entry.second == key; });
    if (room && !in_flight) {
      StartCompile(jobs, *record);
    }
  }
}

bool CompileDispatch::UseCache(CompilingJobs& jobs, const JobRecord& record) {
  if (engine_version_.empty() || cache_missed_.contains(record.id)) {
    return false;
  }
  const auto cached =
      parts_.store.CachedArtifact(KeyOf(record.job.spec(), engine_version_));
  if (!cached.ok() || !cached->has_value()) {
    return false;
  }
  const auto model = parts_.models.Get(**cached);
  if (!model.ok()) {
    return false;  // its blob is gone: compile again
  }
  if (const absl::Status fits = CheckFits(record, **model); !fits.ok()) {
    return jobs.Fail(record, FailureOf(fits, v1::MODEL, "compiling")).ok();
  }
  const absl::Status status = parts_.store.EndCompile(
      record.id, **cached, true, parts_.clock.UnixMicros());
  if (status.ok()) {
    jobs.Changed(record.id);
  }
  return status.ok();
}

absl::Status CompileDispatch::CheckFits(const JobRecord& record,
                                        const v1::CompiledModel& model) {
  if (record.dataset_sha256.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const v1::Dataset dataset,
                   parts_.store.FindDataset(record.job.spec().dataset()));
  return base::WithContext(file::CheckDatasetFits(model, dataset.sample_bytes(),
                                                  dataset.class_count()),
                           absl::StrCat("dataset ", dataset.name()));
}

void CompileDispatch::StartCompile(CompilingJobs& jobs,
                                   const JobRecord& record) {
  const v1::JobSpec& spec = record.job.spec();
  const auto path = parts_.blobs.Find(spec.model_sha256());
  absl::Status status = path.status();
  if (path.ok()) {
    status = parts_.store.BeginCompile(record.id, parts_.clock.UnixMicros());
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
      .timeout_ms = BudgetMs(record, limits_.compile_timeout_ms),
      .on_line = [this, id](const std::string& line) { OnLine(id, line); }};
  jobs.Changed(id);
  pool_->Start(id, std::move(request));
}

// A line that is the name of a step moves the bar; everything is logged.
void CompileDispatch::OnLine(int64_t job_id, const std::string& line) {
  parts_.lock_jobs([&](CompilingJobs& jobs) {
    if (const auto progress = ProgressOf(line)) {
      jobs.SetProgress(job_id, *progress);
    }
    jobs.Log(job_id, line);
  });
}

void CompileDispatch::OnCompiled(int64_t job_id, CompileResult result) {
  absl::Status status;
  if (result.failure.failure_class() == v1::FAILURE_CLASS_UNSPECIFIED &&
      !result.cancelled) {
    status = AcceptArtifact(job_id, result);
  }
  if (!status.ok()) {
    const bool lab = status.code() == absl::StatusCode::kResourceExhausted ||
                     status.code() == absl::StatusCode::kUnavailable;
    result.failure =
        FailureOf(status, lab ? v1::LAB : v1::INTERNAL, "compiling");
  }
  parts_.lock_jobs([&](CompilingJobs& jobs) {
    compiling_.erase(job_id);
    cache_missed_.clear();
    seen_version_ = -1;
    if (result.failure.failure_class() != v1::FAILURE_CLASS_UNSPECIFIED) {
      unstored_[job_id] = result.failure;
      EndUnstored(jobs);
    }
    jobs.CompileEnded(job_id);
  });
}

// A full disk may refuse the end of a job too: it is tried again each turn.
void CompileDispatch::EndUnstored(CompilingJobs& jobs) {
  for (auto it = unstored_.begin(); it != unstored_.end();) {
    const auto record = parts_.store.GetJob(it->first);
    absl::Status status = record.status();
    if (record.ok() && record->job.state() == v1::Job::COMPILING) {
      status = jobs.Fail(*record, it->second);
    }
    if (status.ok()) {
      it = unstored_.erase(it);
    } else {
      LOG_WARNING("dispatcher", "end j-{}: {}", it->first, status.ToString());
      ++it;
    }
  }
}

absl::Status CompileDispatch::AcceptArtifact(int64_t job_id,
                                             CompileResult& result) {
  ASSIGN_OR_RETURN(const JobRecord record, parts_.store.GetJob(job_id));
  ASSIGN_OR_RETURN(const v1::CompiledModel model,
                   CheckArtifact(result.artifact, record.job.spec()));
  const auto hold = parts_.blobs.Hold();  // until the database names it
  ASSIGN_OR_RETURN(const std::string sha256, parts_.blobs.Put(result.artifact));
  absl::Status stored;
  parts_.lock_jobs([&](CompilingJobs& /*jobs*/) {
    stored = StoreArtifact(record, model, sha256, result);
  });
  return stored;
}

// Blob first, then cache, then the job: a crash in between costs one compile.
absl::Status CompileDispatch::StoreArtifact(const JobRecord& record,
                                            const v1::CompiledModel& model,
                                            const std::string& sha256,
                                            CompileResult& result) {
  const int64_t now_us = parts_.clock.UnixMicros();
  RETURN_IF_ERROR(parts_.store.AddBlob(
      sha256, static_cast<int64_t>(result.artifact.size()), now_us));
  if (!engine_version_.empty()) {
    RETURN_IF_ERROR(parts_.store.CacheArtifact(
        KeyOf(record.job.spec(), engine_version_), sha256, now_us));
  }
  if (const absl::Status fits = CheckFits(record, model); !fits.ok()) {
    result.failure = FailureOf(fits, v1::MODEL, "compiling");
    return absl::OkStatus();
  }
  const absl::Status ended =
      parts_.store.EndCompile(record.id, sha256, false, now_us);
  // Cancelled meanwhile: the artifact stays in the cache.
  return ended.code() == absl::StatusCode::kFailedPrecondition
             ? absl::OkStatus()
             : ended;
}

}  // namespace tinyrig::server
