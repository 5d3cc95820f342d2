#include "server/http/event_encoder.h"

#include "absl/strings/str_cat.h"
#include <google/protobuf/util/json_util.h>

#include "base/log.h"

namespace tinyrig::server {
namespace {

std::string JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    LOG_ERROR("events", "as JSON: {}", status.ToString());
  }
  return json;
}

// By hand: ten thousand entries, twice a second.
std::string JsonOf(const v1::QueuePositions& queue) {
  std::string json = "{\"entries\":[";
  const char* comma = "";
  for (const v1::QueuePositions::Entry& entry : queue.entries()) {
    absl::StrAppend(&json, comma, "{\"jobId\":\"", entry.job_id(),
                    "\",\"position\":", entry.position());
    if (entry.has_start_eta_s()) {
      absl::StrAppend(&json, ",\"startEtaS\":", entry.start_eta_s());
    }
    json += "}";
    comma = ",";
  }
  json += "]}";
  return json;
}

std::string JsonOf(const v1::LabEvent& event) {
  switch (event.event_case()) {
    case v1::LabEvent::kJob:
      return JsonOf(static_cast<const google::protobuf::Message&>(event.job()));
    case v1::LabEvent::kBoard:
      return JsonOf(
          static_cast<const google::protobuf::Message&>(event.board()));
    default:
      return JsonOf(event.queue());
  }
}

}  // namespace

std::shared_ptr<const EncodedEvent> EventEncoder::Encode(const FeedItem& item) {
  if (item != last_) {
    last_ = item;
    encoded_ = std::make_shared<const EncodedEvent>(
        EncodedEvent{item->event_case(), JsonOf(*item)});
  }
  return encoded_;
}

}  // namespace tinyrig::server
