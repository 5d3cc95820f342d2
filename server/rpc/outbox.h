// Messages on their way to a stream that somebody else's thread writes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace tinyrig::server {

/// First in, first out. Thread-safe; for one thread that takes.
template <typename Message>
class Outbox {
 public:
  /// `max_waiting`: messages that may wait to be taken, 1 or more.
  explicit Outbox(size_t max_waiting) : max_waiting_(max_waiting) {}

  /// Never blocks. False: too many wait, or it is closed; the message is
  /// dropped.
  bool Put(Message message) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || waiting_.size() >= max_waiting_) {
        return false;
      }
      waiting_.push_back(std::move(message));
    }
    wake_.notify_one();
    return true;
  }

  /// The next one; waits for it. Nothing once it is closed and empty.
  std::optional<Message> Take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) {
      return std::nullopt;
    }
    Message message = std::move(waiting_.front());
    waiting_.pop_front();
    return message;
  }

  /// What waits can still be taken; nothing comes after it.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_one();
  }

 private:
  const size_t max_waiting_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  std::deque<Message> waiting_;
  bool closed_ = false;
};

}  // namespace tinyrig::server
