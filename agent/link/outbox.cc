#include "agent/link/outbox.h"

#include <algorithm>
#include <utility>

namespace tinyrig::agent {
namespace {

constexpr int kMaxLogLines = 1000;  // of one pending update

// Job and fence of whatever speaks of a job.
std::pair<std::string, int64_t> LeaseOf(const v1::AgentMessage& message) {
  if (message.has_job_update()) {
    return {message.job_update().job_id(), message.job_update().fence()};
  }
  if (message.has_predictions()) {
    return {message.predictions().job_id(), message.predictions().fence()};
  }
  if (message.has_finished()) {
    return {message.finished().job_id(), message.finished().fence()};
  }
  return {};
}

}  // namespace

void Outbox::PutUpdate(v1::JobUpdate update) {
  for (Item& item : items_) {
    if (!item.message.has_job_update() ||
        item.message.job_update().job_id() != update.job_id()) {
      continue;
    }
    // The older lines first.
    v1::JobUpdate* old = item.message.mutable_job_update();
    google::protobuf::RepeatedPtrField<std::string> log;
    log.Swap(old->mutable_log());
    for (int i = 0; i < update.log_size() && log.size() < kMaxLogLines; ++i) {
      *log.Add() = update.log(i);
    }
    *old = std::move(update);
    old->mutable_log()->Swap(&log);
    return;
  }
  Item item;
  *item.message.mutable_job_update() = std::move(update);
  items_.push_back(std::move(item));
}

void Outbox::PutBoard(v1::AgentBoard board) {
  std::erase_if(items_, [&](const Item& item) {
    return item.message.has_board_update() &&
           item.message.board_update().board().name() == board.name();
  });
  Item item;
  *item.message.mutable_board_update()->mutable_board() = std::move(board);
  items_.push_back(std::move(item));
}

void Outbox::PutPredictions(v1::PredictionBatch batch) {
  Item item;
  *item.message.mutable_predictions() = std::move(batch);
  items_.push_back(std::move(item));
}

void Outbox::PutFinished(v1::JobFinished finished) {
  Item item;
  *item.message.mutable_finished() = std::move(finished);
  items_.push_back(std::move(item));
}

std::optional<v1::AgentMessage> Outbox::Next() {
  const auto due = std::ranges::find_if(
      items_, [](const Item& item) { return item.message.message_id() == 0; });
  if (due == items_.end()) {
    return std::nullopt;
  }
  due->message.set_message_id(next_id_++);
  if (due->kept()) {
    return due->message;
  }
  v1::AgentMessage message = std::move(due->message);
  items_.erase(due);
  return message;
}

void Outbox::StartStream(int64_t first_id) {
  next_id_ = first_id;
  for (Item& item : items_) {
    item.message.set_message_id(0);
  }
}

void Outbox::Acknowledge(int64_t message_id) {
  std::erase_if(items_, [&](const Item& item) {
    return message_id != 0 && item.message.message_id() == message_id;
  });
}

void Outbox::Drop(const std::string& job_id, int64_t fence) {
  std::erase_if(items_, [&](const Item& item) {
    const auto lease = LeaseOf(item.message);
    return lease.first == job_id && lease.second <= fence;
  });
}

size_t Outbox::unacknowledged_batches() const {
  return static_cast<size_t>(std::ranges::count_if(
      items_, [](const Item& item) { return item.message.has_predictions(); }));
}

std::vector<v1::HeldLease> Outbox::FinishedLeases() const {
  std::vector<v1::HeldLease> leases;
  for (const Item& item : items_) {
    if (item.message.has_finished()) {
      v1::HeldLease lease;
      lease.set_job_id(item.message.finished().job_id());
      lease.set_fence(item.message.finished().fence());
      leases.push_back(lease);
    }
  }
  return leases;
}

}  // namespace tinyrig::agent
