#include "bench/server/queries.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "absl/strings/str_format.h"

#include "bench/server/http_client.h"
#include "bench/server/server_process.h"

namespace tinyrig::bench {
namespace {

using Random = std::mt19937_64;
constexpr double kGoalMs = 50;
constexpr double kFirstViewMs = 1000;
constexpr std::chrono::seconds kPatience{8};

struct Question {
  std::string name;
  std::function<std::string(Random&)> path;
};

int64_t Pick(Random& random, int64_t count) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(count));
}

std::string Filter(const std::string& filter) {
  return "filter=" + Encoded(filter);
}

std::vector<Question> Overviews(const FillOptions& filled) {
  return {
      {"overview", [](Random&) { return "/api/v1/overview"; }},
      {"overview of a board kind",
       [filled](Random& r) {
         return "/api/v1/overview?" +
                Filter("board_id = " + BoardKind(Pick(r, filled.boards)));
       }},
      {"overview, MEASURED",
       [](Random&) {
         return "/api/v1/overview?" + Filter("origin = MEASURED");
       }},
      {"overview of a submitter",
       [](Random& r) {
         return "/api/v1/overview?" +
                Filter("submitter = \"" + Submitter(Pick(r, kSubmitters)) +
                       "\"");
       }},
      {"overview of the last day",
       [](Random&) {
         return "/api/v1/overview?" + Filter("create_time > -24h");
       }},
  };
}

std::vector<Question> Trends(const FillOptions& filled) {
  std::vector<Question> questions;
  for (const int limit : {500, 5000}) {
    questions.push_back(
        {absl::StrFormat("trend, %d points", limit), [=](Random& r) {
           static constexpr const char* kMetrics[] = {
               "us_p50",     "cycles_p50",  "instructions", "arena_bytes",
               "sram_bytes", "flash_bytes", "top1"};
           return absl::StrFormat(
               "/api/v1/trend?modelName=%s&boardId=%s&metric=%s&limit=%d",
               ModelName(Pick(r, filled.models)),
               BoardKind(Pick(r, filled.boards)), kMetrics[Pick(r, 7)], limit);
         }});
  }
  return questions;
}

std::vector<Question> RunLists(const FillOptions& filled) {
  const auto list = [](const std::string& name,
                       std::function<std::string(Random&)> filter) {
    return Question{"runs: " + name, [filter](Random& r) {
                      return "/api/v1/runs?pageSize=50&" + Filter(filter(r));
                    }};
  };
  std::vector<Question> questions = {
      {"runs: newest", [](Random&) { return "/api/v1/runs?pageSize=50"; }},
      list("model_name =",
           [filled](Random& r) {
             return "model_name = " + ModelName(Pick(r, filled.models));
           }),
      list("model_name = AND board_id =",
           [filled](Random& r) {
             return "model_name = " + ModelName(Pick(r, filled.models)) +
                    " AND board_id = " + BoardKind(Pick(r, filled.boards));
           }),
      list("board_id = AND origin =",
           [filled](Random& r) {
             return "board_id = " + BoardKind(Pick(r, filled.boards)) +
                    " AND origin = MEASURED";
           }),
      list("submitter =",
           [](Random& r) {
             return "submitter = \"" + Submitter(Pick(r, kSubmitters)) + "\"";
           }),
      list("submitter = AND model_name =",
           [filled](Random& r) {
             return "submitter = \"" + Submitter(Pick(r, kSubmitters)) +
                    "\" AND model_name = " + ModelName(Pick(r, filled.models));
           }),
      list("a word",
           [](Random& r) {
             static constexpr const char* kWords[] = {"kws", "vww", "f746",
                                                      "resnet"};
             return std::string("\"") + kWords[Pick(r, 4)] + "\"";
           }),
      list("a word that is nowhere", [](Random&) { return "\"zzz\""; }),
      list("model_name = nothing", [](Random&) { return "model_name = zzz"; }),
      list("us_p50 < (few)",
           [](Random& r) {
             return absl::StrFormat("us_p50 < %dus", 4500 + Pick(r, 200));
           }),
      list("us_p50 < (none)", [](Random&) { return "us_p50 < 1us"; }),
      list("create_time > -24h", [](Random&) { return "create_time > -24h"; }),
      list("older than a year", [](Random&) { return "create_time < -8760h"; }),
  };
  for (const char* order :
       {"create_time", "model_name", "board_id", "us_p50", "sram_bytes",
        "flash_bytes", "top1", "us_p50 desc", "sram_bytes desc", "top1 desc"}) {
    questions.push_back({absl::StrFormat("runs by %s", order),
                         [order = std::string(order)](Random&) {
                           return "/api/v1/runs?pageSize=50&orderBy=" +
                                  Encoded(order);
                         }});
  }
  questions.push_back({"runs of a model by us_p50", [filled](Random& r) {
                         return "/api/v1/runs?pageSize=50&orderBy=us_p50&" +
                                Filter("model_name = " +
                                       ModelName(Pick(r, filled.models)));
                       }});
  return questions;
}

std::vector<Question> Rest(const FillOptions& filled) {
  const auto newest = [filled](Random& r) {
    return filled.runs - Pick(r, std::min(filled.runs, kRunsWithAll));
  };
  return {
      {"run",
       [filled](Random& r) {
         return absl::StrCat("/api/v1/runs/r-", 1 + Pick(r, filled.runs));
       }},
      {"predictions, 500 of a run",
       [newest](Random& r) {
         return absl::StrCat("/api/v1/runs/r-", newest(r),
                             "/predictions?pageSize=500");
       }},
      {"wrong predictions of a run",
       [newest](Random& r) {
         return absl::StrCat("/api/v1/runs/r-", newest(r),
                             "/predictions?pageSize=50&",
                             Filter("correct = false"));
       }},
      {"jobs: newest", [](Random&) { return "/api/v1/jobs?pageSize=50"; }},
      {"jobs: state = FAILED",
       [](Random&) {
         return "/api/v1/jobs?pageSize=50&" + Filter("state = FAILED");
       }},
      {"jobs: state = QUEUED (none)",
       [](Random&) {
         return "/api/v1/jobs?pageSize=50&" + Filter("state = QUEUED");
       }},
      {"jobs: model_name = AND submitter =",
       [filled](Random& r) {
         return "/api/v1/jobs?pageSize=50&" +
                Filter("model_name = " + ModelName(Pick(r, filled.models)) +
                       " AND submitter = \"" + Submitter(Pick(r, kSubmitters)) +
                       "\"");
       }},
      {"jobs by end_time desc",
       [](Random&) {
         return "/api/v1/jobs?pageSize=50&orderBy=" + Encoded("end_time desc");
       }},
      {"jobs by priority desc",
       [](Random&) {
         return "/api/v1/jobs?pageSize=50&orderBy=" + Encoded("priority desc");
       }},
      {"job",
       [filled](Random& r) {
         return absl::StrCat("/api/v1/jobs/j-", 1 + Pick(r, filled.runs));
       }},
      {"job log",
       [filled](Random& r) {
         return absl::StrCat("/api/v1/jobs/j-", 1 + Pick(r, filled.runs),
                             "/log");
       }},
      {"boards, 50", [](Random&) { return "/api/v1/boards?pageSize=50"; }},
      {"boards, all 1000",
       [](Random&) { return "/api/v1/boards?pageSize=1000"; }},
      {"board history, all boards, 24 h",
       [](Random&) { return "/api/v1/boardHistory?hours=24"; }},
      {"board history, one board, 30 days",
       [](Random& r) {
         return absl::StrFormat(
             "/api/v1/boardHistory?hours=720&boardName=%s",
             Encoded(
                 absl::StrFormat("agent%02d/b%d", Pick(r, 100), Pick(r, 10))));
       }},
      {"datasets", [](Random&) { return "/api/v1/datasets?pageSize=1000"; }},
      {"server", [](Random&) { return "/api/v1/server"; }},
      {"metrics", [](Random&) { return "/metrics"; }},
  };
}

struct Asked {
  Times times;
  int refused_status = 0;  ///< an answer that was not 200
  size_t largest_bytes = 0;
  double cpu_ms = 0;  ///< of the server for each; 0: not known
};

absl::Status AskOnce(HttpClient& client, const std::string& path,
                     Asked& asked) {
  ASSIGN_OR_RETURN(const HttpAnswer answer, client.Get(path));
  if (answer.status != 200) {
    asked.refused_status = answer.status;
    return absl::OkStatus();
  }
  asked.times.Add(answer.ms);
  asked.largest_bytes = std::max(asked.largest_bytes, answer.body.size());
  return absl::OkStatus();
}

void AddAsked(const std::string& name, const Asked& asked, Table& table) {
  if (asked.refused_status != 0) {
    table.AddLine(
        {name, "",
         absl::StrFormat("answered %d: not measured", asked.refused_status)});
    return;
  }
  table.AddLine(
      {name, absl::StrFormat("p99 < %g ms", kGoalMs),
       absl::StrFormat("%s  %s%d KiB", asked.times.Text(),
                       asked.cpu_ms > 0
                           ? absl::StrFormat("cpu %.1f ms  ", asked.cpu_ms)
                           : "",
                       (asked.largest_bytes + 1023) / 1024),
       asked.times.Percentile(99) < kGoalMs});
}

// What the overview page asks for, one after the other, on a fresh server.
absl::Status FirstView(const ServerProcess& server, Table& table) {
  HttpClient client(server.http());
  double all_ms = 0;
  std::string parts;
  for (const char* path : {"/", "/api/v1/overview", "/api/v1/server"}) {
    ASSIGN_OR_RETURN(const HttpAnswer answer, client.Get(path));
    all_ms += answer.ms;
    parts += absl::StrFormat("  %s %.1f", path, answer.ms);
  }
  table.AddLine({"first view (server part), just started",
                 absl::StrFormat("< %g ms", kFirstViewMs),
                 absl::StrFormat("%.1f ms:%s", all_ms, parts),
                 all_ms < kFirstViewMs});
  return absl::OkStatus();
}

absl::Status OneByOne(const ServerProcess& server,
                      const std::vector<Question>& questions, int requests,
                      Table& table) {
  table.Section(
      absl::StrFormat("Questions one by one, over HTTP, %d each", requests));
  HttpClient client(server.http());
  Random random(1);
  for (const Question& question : questions) {
    Asked asked;
    const double cpu_s = server.CpuSeconds();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < requests && asked.refused_status == 0; ++i) {
      RETURN_IF_ERROR(AskOnce(client, question.path(random), asked));
      // Enough to say that it is slow.
      if (std::chrono::steady_clock::now() - begin > kPatience) {
        break;
      }
    }
    asked.cpu_ms = (server.CpuSeconds() - cpu_s) * 1000 /
                   std::max(1.0, static_cast<double>(asked.times.count()));
    AddAsked(question.name, asked, table);
  }
  return absl::OkStatus();
}

absl::Status AllAtOnce(const ServerProcess& server,
                       const std::vector<Question>& questions,
                       const QueryOptions& options, Table& table) {
  table.Section(absl::StrFormat(
      "The same by %d clients at once, mixed (each waits for the others' "
      "questions)",
      options.clients));
  std::mutex mutex;
  std::map<std::string, Asked> all;
  absl::Status failed;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.clients; ++i) {
    threads.emplace_back([&, i] {
      HttpClient client(server.http());
      Random random(static_cast<uint64_t>(100 + i));
      const int rounds = options.requests / options.clients + 1;
      for (int round = 0; round < rounds; ++round) {
        for (size_t q = 0; q < questions.size(); ++q) {
          // Each client begins elsewhere.
          const Question& question =
              questions[(q + static_cast<size_t>(i) * 7) % questions.size()];
          Asked asked;
          const absl::Status status =
              AskOnce(client, question.path(random), asked);
          const std::lock_guard lock(mutex);
          failed.Update(status);
          Asked& sum = all[question.name];
          sum.times.Add(asked.times);
          sum.refused_status = asked.refused_status;
          sum.largest_bytes = std::max(sum.largest_bytes, asked.largest_bytes);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  RETURN_IF_ERROR(failed);
  for (const Question& question : questions) {
    AddAsked(question.name, all[question.name], table);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchQueries(const std::filesystem::path& data,
                          const FillOptions& filled,
                          const QueryOptions& options, Table& table) {
  table.Section(absl::StrFormat(
      "%d runs, %d layer rows, %d models on %d board kinds", filled.runs,
      filled.runs * filled.layers_per_run, filled.models, filled.boards));
  ASSIGN_OR_RETURN(const ServerProcess server, ServerProcess::Start(data, {}));
  RETURN_IF_ERROR(FirstView(server, table));
  std::vector<Question> questions = Overviews(filled);
  for (const auto& more : {Trends(filled), RunLists(filled), Rest(filled)}) {
    questions.insert(questions.end(), more.begin(), more.end());
  }
  RETURN_IF_ERROR(OneByOne(server, questions, options.requests, table));
  if (options.clients > 0) {
    RETURN_IF_ERROR(AllAtOnce(server, questions, options, table));
  }
  table.AddLine({"server memory at the end", "",
                 absl::StrFormat("%d MiB, at most %d MiB",
                                 server.MemoryKib("VmRSS") / 1024,
                                 server.MemoryKib("VmHWM") / 1024)});
  return absl::OkStatus();
}

}  // namespace tinyrig::bench
