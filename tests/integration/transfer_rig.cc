#include "tests/integration/transfer_rig.h"

#include <gtest/gtest.h>

namespace tinyrig::servertest {
namespace {

constexpr char kTinyrig[] = TINYRIG_BINARY_DIR "/bin/tinyrig";

base::ProcessResult Run(const TransferLab& lab, std::vector<std::string> argv) {
  const auto result = base::RunProcess(
      {.argv = std::move(argv),
       .environment = {"TINYRIG_SERVER=" + lab.server.address(),
                       std::string("TINYRIG=") + kTinyrig},
       .timeout_ms = 60'000});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(base::ProcessResult{.exit_code = -1});
}

}  // namespace

TransferLab::TransferLab()
    : server({"--http", "off"}),
      client(server.address()),
      transfer(server.address()) {}

void TransferLab::AddBlobs(const std::string& model) {
  EXPECT_TRUE(client.Upload(MakeArtifact(kF746, model)).ok());
  const std::string dataset = Packed(MakeDataset(kLabSamples));
  EXPECT_TRUE(client.Upload(dataset).ok());
  EXPECT_TRUE(client.CreateDataset("d20", Sha(dataset)).ok());
}

std::string TransferLab::RunJob(const std::string& model, bool with_dataset,
                                const std::string& uid) {
  AddBlobs(model);
  FakeAgent agent(server.address(), "a", "i1");
  agent.Board(uid == kVirtualUid ? "b1" : "b2", kF746, uid);
  EXPECT_TRUE(agent.Attach().ok());
  v1::JobSpec spec;
  spec.set_model_sha256(Sha(MakeArtifact(kF746, model)));
  spec.set_model_name(model);
  spec.set_board_id(kF746);
  spec.set_submitter("anna");
  spec.set_dataset(with_dataset ? "d20" : "");
  const auto job = client.CreateJob(spec);
  EXPECT_TRUE(job.ok()) << job.status();
  const auto lease = agent.NextLease(std::chrono::seconds(20));
  EXPECT_TRUE(lease.has_value());
  if (!job.ok() || !lease.has_value()) {
    return "";
  }
  if (with_dataset) {
    EXPECT_TRUE(agent.Acked(agent.Predict(*lease, 0, kLabSamples)));
  }
  EXPECT_TRUE(agent.Acked(
      agent.Finish(*lease, MakeResult(MakeArtifact(kF746, model), 10, uid))));
  return client.WaitFor(job->id(), v1::Job::SUCCEEDED).run_id();
}

std::vector<v1::RunRecord> TransferLab::Records(const std::string& filter) {
  std::vector<v1::RunRecord> records;
  const absl::Status status =
      transfer.ExportRecords(filter, [&](const v1::RunRecord& record) {
        records.push_back(record);
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  return records;
}

std::vector<std::string> TransferLab::Lines(
    v1::ExportTableRequest::Table table, v1::ExportTableRequest::Format format,
    const std::string& filter) {
  v1::ExportTableRequest request;
  request.set_table(table);
  request.set_format(format);
  request.set_filter(filter);
  std::string text;
  const absl::Status status =
      transfer.ExportTable(request, [&](const std::string& chunk) {
        EXPECT_TRUE(chunk.ends_with("\n"));
        EXPECT_LE(chunk.size(), 256U << 10);
        text += chunk;
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

int64_t TransferLab::RunCount() {
  v1::ListRunsRequest request;
  request.set_page_size(1000);
  const auto page = client.ListRuns(request);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? page->runs_size() : -1;
}

std::string Comparable(v1::RunRecord record) {
  record.mutable_run()->clear_id();
  record.mutable_run()->clear_job_id();
  record.mutable_job()->clear_id();
  record.mutable_job()->clear_run_id();
  record.mutable_job()->clear_request_id();
  return record.DebugString();
}

std::vector<std::string> AllComparable(std::vector<v1::RunRecord> records) {
  std::vector<std::string> all;
  for (v1::RunRecord& record : records) {
    all.push_back(Comparable(std::move(record)));
  }
  return all;
}

base::ProcessResult Cli(const TransferLab& lab,
                        std::vector<std::string> words) {
  words.insert(words.begin(), kTinyrig);
  return Run(lab, std::move(words));
}

base::ProcessResult Shell(const TransferLab& lab, const std::string& line) {
  return Run(lab, {"bash", "-c", "set -o pipefail; " + line});
}

}  // namespace tinyrig::servertest
