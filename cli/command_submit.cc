#include <algorithm>
#include <filesystem>
#include <memory>
#include <pwd.h>
#include <random>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/job_report.h"
#include "cli/progress.h"
#include "cli/run_report.h"
#include "cli/submit.h"
#include "client/dataset_pack.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

std::string DefaultSubmitter() {
  const passwd* user = ::getpwuid(::getuid());
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}@{}", user != nullptr ? user->pw_name : "unknown",
                     host);
}

// Of our own when none is given, so that a retried call queues nothing twice.
std::string FreshRequestId() {
  std::random_device random;
  return fmt::format("cli-{:08x}{:08x}{:08x}", random(), random(), random());
}

absl::StatusOr<std::string> ImportPath(const std::string& path,
                                       client::LabClient& lab) {
  ASSIGN_OR_RETURN(const auto packed,
                   client::LoadDataset(path, client::Preprocessing::kRaw));
  ASSIGN_OR_RETURN(const std::string sha256, lab.UploadDataset(packed));
  // Unnamed by the user, so the content may choose: two folders of one name
  // do not collide.
  const std::string name =
      client::DatasetNameOf(path).substr(0, 50) + "-" + sha256.substr(0, 8);
  ASSIGN_OR_RETURN(const auto dataset, lab.CreateDataset(name, sha256));
  return dataset.name();
}

// The options as a spec without board; uploads what it needs.
absl::StatusOr<v1::JobSpec> PrepareSpec(const SubmitOptions& options,
                                        client::LabClient& lab) {
  v1::JobSpec spec;
  const auto model = base::ReadFile(options.model, 256ULL << 20);
  if (!model.ok()) {
    return absl::InvalidArgumentError(model.status().message());
  }
  ASSIGN_OR_RETURN(*spec.mutable_model_sha256(), lab.UploadBlob(*model));
  spec.set_model_name(std::filesystem::path(options.model).filename().string());
  spec.set_dataset(options.dataset);
  if (client::IsDatasetPath(options.dataset)) {
    ASSIGN_OR_RETURN(*spec.mutable_dataset(), ImportPath(options.dataset, lab));
  }
  spec.set_runs(options.runs);
  if (options.warmups >= 0) {
    spec.set_warmups(options.warmups);
  }
  spec.set_priority(options.priority);
  spec.set_timeout_s(options.timeout_s);
  spec.set_board_name(options.board_name);
  spec.mutable_options()->set_optimize(options.optimize);
  spec.set_submitter(options.submitter.empty() ? DefaultSubmitter()
                                               : options.submitter);
  return spec;
}

void PrintJobs(const Context& context, const std::vector<v1::Job>& jobs) {
  if (context.format == Format::kTable) {
    for (const v1::Job& job : jobs) {
      Print(fmt::format("{} {} {}\n", job.id(), job.spec().board_id(),
                        v1::Job::State_Name(job.state())));
    }
    return;
  }
  v1::ListJobsResponse list;
  for (const v1::Job& job : jobs) {
    *list.add_jobs() = job;
  }
  Print(jobs.size() == 1 ? ToJson(jobs[0]) : ToJson(list));
}

void PrintEnds(const Context& context, const std::vector<v1::Job>& jobs,
               const std::vector<v1::Run>& runs) {
  if (context.format == Format::kCsv) {
    Print(RunTable(runs).Csv());
  } else if (context.format == Format::kJson) {
    v1::ListRunsResponse list;
    for (const v1::Run& run : runs) {
      *list.add_runs() = run;
    }
    if (jobs.size() == 1) {
      Print(runs.size() == 1 ? ToJson(runs[0]) : ToJson(jobs[0]));
    } else {
      Print(ToJson(list));
    }
  } else {
    for (const v1::Run& run : runs) {
      Print("\n" + RunReport(run, 5));
    }
  }
}

void PrintFailures(const Context& context, const std::vector<v1::Job>& jobs) {
  for (const v1::Job& job : jobs) {
    if (job.state() != v1::Job::SUCCEEDED) {
      const std::string text = "\n" + FailureReport(job);
      context.format == Format::kTable
          ? Print(text)
          : static_cast<void>(std::fputs(text.c_str(), stderr));
    }
  }
}

// Where a job goes on without us, say how to find it.
int TellInterrupted(const std::vector<std::string>& ids) {
  std::fprintf(stderr,
               "\ntinyrig: interrupted; the server goes on with %s: "
               "`tinyrig job watch %s`, `tinyrig job cancel %s`\n",
               ids.size() == 1 ? "the job" : "the jobs", ids[0].c_str(),
               ids[0].c_str());
  return kExitInterrupted;
}

}  // namespace

int WaitAndReport(const Context& context, const std::vector<std::string>& ids,
                  const SubmitOptions& options, client::LabClient& lab) {
  ProgressView view(ids, options.quiet);
  std::vector<absl::StatusOr<v1::Job>> ends(ids.size(),
                                            absl::UnknownError("not watched"));
  std::vector<std::thread> watchers;
  for (size_t i = 0; i < ids.size(); ++i) {
    watchers.emplace_back([&, i] {
      ends[i] =
          lab.WatchJob(ids[i], [&](const v1::Job& job) { view.Update(job); });
    });
  }
  for (std::thread& watcher : watchers) {
    watcher.join();
  }
  view.Finish();
  if (lab.cancelled()) {
    return options.ends_with_us ? kExitInterrupted : TellInterrupted(ids);
  }
  int exit_code = kExitOk;
  std::vector<v1::Job> jobs;
  std::vector<v1::Run> runs;
  for (const auto& end : ends) {
    if (!end.ok()) {
      return FailRpc(end.status());
    }
    jobs.push_back(*end);
    exit_code = std::max(exit_code, ExitCodeOfJob(*end));
    if (end->state() == v1::Job::SUCCEEDED) {
      auto run = lab.GetRun(end->run_id());
      if (!run.ok()) {
        return FailRpc(run.status());
      }
      runs.push_back(*std::move(run));
    }
  }
  PrintEnds(context, jobs, runs);
  PrintFailures(context, jobs);
  return exit_code;
}

int SubmitAndWait(const Context& context, const SubmitOptions& options,
                  client::LabClient& lab) {
  auto spec = PrepareSpec(options, lab);
  if (!spec.ok()) {
    return lab.cancelled() ? kExitInterrupted : FailRpc(spec.status());
  }
  v1::CreateJobRequest request;
  request.set_request_id(options.request_id.empty() ? FreshRequestId()
                                                    : options.request_id);
  std::vector<v1::Job> jobs;
  std::vector<std::string> ids;
  for (const std::string& board : options.boards) {
    spec->set_board_id(board);
    *request.mutable_spec() = *spec;
    auto job = lab.CreateJob(request);
    if (!job.ok()) {
      if (!ids.empty()) {
        std::fprintf(stderr, "tinyrig: queued before: %s\n",
                     fmt::format("{}", fmt::join(ids, ", ")).c_str());
      }
      return FailRpc(job.status());
    }
    ids.push_back(job->id());
    jobs.push_back(*std::move(job));
  }
  if (options.detach) {
    PrintJobs(context, jobs);
    return kExitOk;
  }
  return WaitAndReport(context, ids, options, lab);
}

void AddSubmitCommand(CLI::App& app, Context* context, int* exit_code) {
  CLI::App* submit = app.add_subcommand(
      "submit", "run a model on boards of the lab; waits for the results");
  AddFormatOption(submit, context);
  auto options = std::make_shared<SubmitOptions>();
  submit
      ->add_option("model", options->model,
                   "int8 .tflite model, or a .tinyrig file")
      ->required();
  submit->add_option("--board,-b", options->boards, "board kinds: B[,B...]")
      ->required()
      ->delimiter(',');
  submit->add_option("--dataset,-d", options->dataset,
                     "dataset of the lab, or a folder to import first");
  submit
      ->add_option("--runs", options->runs, "recorded inferences (default 10)")
      ->check(CLI::Range(1, 1000));
  submit
      ->add_option("--warmups", options->warmups,
                   "uncounted inferences before them (default 3)")
      ->check(CLI::Range(0, 64));
  submit->add_option("--priority", options->priority, "higher goes first")
      ->check(CLI::Range(-100, 100));
  submit->add_option("--timeout", options->timeout_s,
                     "seconds for compiling, flashing and running");
  submit->add_option("--request-id", options->request_id,
                     "a second submit with the same id returns the first job");
  submit->add_option("--submitter", options->submitter,
                     "for fairness (default user@host)");
  submit->add_option("--on", options->board_name,
                     "only this board, by its name in the lab");
  submit->add_option("--optimize", options->optimize, "speed (default) or size")
      ->check(CLI::IsMember({"speed", "size"}));
  submit->add_flag("--detach", options->detach, "queue and return");
  submit->add_flag("--quiet,-q", options->quiet, "no progress");
  submit->callback([=] {
    HoldSignals();
    client::LabClient lab(context->server);
    const Interrupt interrupt([&] { lab.CancelAll(); });
    *exit_code = SubmitAndWait(*context, *options, lab);
  });
}

}  // namespace tinyrig::cli
