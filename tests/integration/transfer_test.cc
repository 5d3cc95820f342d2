// Results out of one real server and into another.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "tests/integration/transfer_rig.h"

namespace tinyrig::servertest {
namespace {

using google::protobuf::Struct;
using testing::HasSubstr;
using Table = v1::ExportTableRequest;

std::vector<Struct> Objects(const std::vector<std::string>& lines) {
  std::vector<Struct> objects;
  for (const std::string& line : lines) {
    const auto status = google::protobuf::util::JsonStringToMessage(
        line, &objects.emplace_back());
    EXPECT_TRUE(status.ok()) << line;
  }
  return objects;
}

std::string Text(const Struct& row, const std::string& key) {
  EXPECT_TRUE(row.fields().contains(key)) << key;
  return row.fields().at(key).string_value();
}

double Number(const Struct& row, const std::string& key) {
  EXPECT_TRUE(row.fields().contains(key)) << key;
  EXPECT_EQ(row.fields().at(key).kind_case(),
            google::protobuf::Value::kNumberValue)
      << key;
  return row.fields().at(key).number_value();
}

TEST(ExportTest, TablesSayWhatGetRunSays) {
  TransferLab lab;
  const std::string id = lab.RunJob("=kws,\"1\"");
  const v1::Run run = lab.client.GetRun(id).value_or(v1::Run());
  const auto runs = Objects(lab.Lines(Table::RUNS, Table::JSON_LINES));
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(Text(runs[0], "run_id"), id);
  EXPECT_EQ(Text(runs[0], "model_name"), "=kws,\"1\"");
  EXPECT_EQ(Text(runs[0], "origin"), "EMULATED");
  EXPECT_EQ(Number(runs[0], "cycles_p50"),
            static_cast<double>(run.latency().cycles_p50()));
  EXPECT_EQ(Number(runs[0], "us_p50"), run.latency().us_p50());
  EXPECT_EQ(Number(runs[0], "top1"), run.accuracy().top1());
  EXPECT_EQ(Number(runs[0], "sram_bytes"),
            static_cast<double>(run.memory().total_bytes()));

  const auto layers = Objects(lab.Lines(Table::LAYERS, Table::JSON_LINES));
  ASSERT_EQ(layers.size(), static_cast<size_t>(run.layers_size()));
  for (int i = 0; i < run.layers_size(); ++i) {
    const Struct& row = layers[static_cast<size_t>(i)];
    EXPECT_EQ(Number(row, "layer_index"), i);
    EXPECT_EQ(Text(row, "op"), run.layers(i).info().op());
    EXPECT_EQ(Number(row, "cycles"),
              static_cast<double>(run.layers(i).cycles()));
  }
  const auto samples = Objects(lab.Lines(Table::SAMPLES, Table::JSON_LINES));
  ASSERT_EQ(samples.size(), static_cast<size_t>(run.latency().cycles_size()));
  for (int i = 0; i < run.latency().cycles_size(); ++i) {
    EXPECT_EQ(Number(samples[static_cast<size_t>(i)], "cycles"),
              static_cast<double>(run.latency().cycles(i)));
  }
  v1::ListPredictionsRequest request;
  request.set_run_id(id);
  const auto wanted = lab.client.ListPredictions(request);
  ASSERT_TRUE(wanted.ok());
  const auto answers =
      Objects(lab.Lines(Table::PREDICTIONS, Table::JSON_LINES));
  ASSERT_EQ(answers.size(), static_cast<size_t>(kLabSamples));
  for (int i = 0; i < kLabSamples; ++i) {
    const v1::Prediction& prediction = wanted->predictions(i);
    const Struct& row = answers[static_cast<size_t>(i)];
    EXPECT_EQ(Text(row, "sample_name"), prediction.sample_name());
    EXPECT_EQ(Number(row, "label"), prediction.label());
    EXPECT_EQ(Number(row, "predicted"), prediction.predicted());
    EXPECT_EQ(row.fields().at("correct").bool_value(),
              prediction.label() == prediction.predicted());
    EXPECT_EQ(Text(row, "run_id"), id);
    EXPECT_EQ(Text(row, "board_id"), kF746);
    EXPECT_EQ(Text(row, "origin"), "EMULATED");
  }
  const auto jobs = Objects(lab.Lines(Table::JOBS, Table::JSON_LINES));
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(Text(jobs[0], "job_id"), run.job_id());
  EXPECT_EQ(Text(jobs[0], "state"), "SUCCEEDED");

  // The same cells as CSV: no formula, every line as long as its header.
  const auto csv = lab.Lines(Table::SAMPLES, Table::CSV);
  ASSERT_EQ(csv.size(), samples.size() + 1);
  EXPECT_EQ(csv[0],
            "run_id,model_name,board_id,origin,sample_index,cycles,us\r");
  EXPECT_THAT(csv[1], HasSubstr(id + ",\"'=kws,\"\"1\"\"\"," + kF746));
}

TEST(ExportTest, FiltersAndErrors) {
  TransferLab lab;
  const std::string emulated = lab.RunJob("m1", false);
  const std::string measured = lab.RunJob("m2", false, kRealUid);
  const auto rows =
      Objects(lab.Lines(Table::LAYERS, Table::JSON_LINES, "origin = MEASURED"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(Text(rows[0], "run_id"), measured);
  EXPECT_EQ(Text(rows[0], "origin"), "MEASURED");
  EXPECT_EQ(lab.Lines(Table::RUNS, Table::CSV, "model_name = none").size(), 1U);
  EXPECT_EQ(lab.Lines(Table::JOBS, Table::JSON_LINES, "state = FAILED").size(),
            0U);
  Table request;
  const auto fails = [&](const char* what) {
    const absl::Status status = lab.transfer.ExportTable(
        request, [](const std::string&) { return true; });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  fails("table");
  request.set_table(Table::RUNS);
  fails("format");
  request.set_format(Table::CSV);
  request.set_filter("nothing = 1");
  fails("nothing");
}

TEST(ImportTest, AnotherLabHoldsTheSame) {
  TransferLab a, b;
  a.RunJob("m1");
  a.RunJob("m2", false);
  a.RunJob("m3", true, kRealUid);
  b.RunJob("other", false);
  const std::vector<v1::RunRecord> records = a.Records();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(b.transfer.ImportRecord(records[0]).status().code(),
            absl::StatusCode::kNotFound);
  for (const char* model : {"m1", "m2", "m3"}) {
    b.AddBlobs(model);
  }
  for (int turn = 0; turn < 2; ++turn) {
    for (const v1::RunRecord& record : records) {
      const auto imported = b.transfer.ImportRecord(record);
      ASSERT_TRUE(imported.ok()) << imported.status();
      EXPECT_EQ(imported->already_there(), turn == 1);
    }
    EXPECT_EQ(b.RunCount(), 4);
  }
  EXPECT_EQ(AllComparable(b.Records("NOT model_name = other")),
            AllComparable(records));
  // As every other run: listed, in SQL, its job ended, its origin its own.
  v1::SqlRequest sql;
  sql.set_statement(
      "SELECT count(*) FROM runs JOIN jobs ON runs.job_id = "
      "jobs.id AND jobs.run_id = runs.id WHERE state = "
      "'SUCCEEDED' AND origin = 'MEASURED' AND "
      "request_id LIKE 'import:%'");
  const auto counted = b.transfer.Sql(sql);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->rows(0).values(0).integer(), 1);
  const auto imported = b.transfer.ImportRecord(records[2]);
  const auto run = b.client.GetRun(imported.value().run_id());
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->source_server_id(), a.client.Info().value().server_id());
  EXPECT_EQ(run->source_run_id(), records[2].run().id());
  EXPECT_EQ(run->create_time().seconds(),
            records[2].run().create_time().seconds());
  EXPECT_EQ(b.client.Log(run->job_id()).value().size(),
            static_cast<size_t>(records[2].log_size()));

  // Handed on, it is still the first one's; back home it is its own.
  for (const v1::RunRecord& record : b.Records()) {
    const auto back = a.transfer.ImportRecord(record);
    if (record.run().model_name() == "other") {
      EXPECT_EQ(back.status().code(), absl::StatusCode::kNotFound);
    } else {
      EXPECT_EQ(back.status().code(), absl::StatusCode::kAlreadyExists);
    }
  }
  EXPECT_EQ(a.RunCount(), 3);
}

TEST(ImportTest, WhatContradictsTheLabIsRefused) {
  TransferLab a, b;
  a.RunJob("m1");
  b.AddBlobs("m1");
  const v1::RunRecord good = a.Records().at(0);
  const auto refused = [&](const v1::RunRecord& record, const char* where) {
    const absl::Status status = b.transfer.ImportRecord(record).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(where));
  };
  v1::RunRecord bad = good;
  bad.mutable_run()->set_image_hash("ffff");  // the artifact knows better
  refused(bad, "run.image_hash");
  bad = good;
  for (v1::Prediction& prediction : *bad.mutable_predictions()) {
    prediction.set_label(prediction.predicted());  // all right, suddenly
  }
  bad.mutable_run()->mutable_accuracy()->set_correct(kLabSamples);
  bad.mutable_run()->mutable_accuracy()->set_top1(1);
  bad.mutable_run()->mutable_accuracy()->clear_confusion();
  bad.mutable_run()->mutable_accuracy()->mutable_confusion()->Resize(16, 0);
  for (const v1::Prediction& prediction : bad.predictions()) {
    auto* confusion = bad.mutable_run()->mutable_accuracy();
    const int cell = prediction.label() * 4 + prediction.predicted();
    confusion->set_confusion(cell, confusion->confusion(cell) + 1);
  }
  refused(bad, "predictions[9].label");  // the dataset knows better
  EXPECT_EQ(b.RunCount(), 0);
  EXPECT_TRUE(b.transfer.ImportRecord(good).ok());
  bad = good;
  bad.mutable_run()->mutable_create_time()->set_seconds(
      good.run().create_time().seconds() - 1);
  refused(bad, "source_run_id");  // another result under the same name
  EXPECT_EQ(b.RunCount(), 1);
}

TEST(ImportTest, AMillionPredictionsAreTheLimit) {
  TransferLab a, b;
  a.RunJob("m1");
  b.AddBlobs("m1");
  v1::RunRecord record = a.Records().at(0);
  record.clear_predictions();
  for (int i = 0; i <= 1'000'000; ++i) {
    record.add_predictions()->set_sample_index(i);
  }
  const absl::Status status = b.transfer.ImportRecord(record).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("predictions length"));
}

}  // namespace
}  // namespace tinyrig::servertest
