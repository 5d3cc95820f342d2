// Answers of unknown length: a producer on a thread of its own, at most 1 MiB
// ahead of the client, and the I/O thread that sends what it made.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/log.h"
#include "server/http/gzip.h"
#include "server/http/json.h"
#include "server/http/wire.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxWaitingBytes = 1 << 20;
// Fast rather than small: an export may be gigabytes.
constexpr int kStreamGzip = 1;

class ChunkQueue : public std::enable_shared_from_this<ChunkQueue> {
 public:
  explicit ChunkQueue(const net::any_io_executor& executor)
      : executor_(executor), timer_(executor) {}

  // What follows is the producer's.

  /// Waits until there is room. False: nobody wants it any more.
  bool Push(std::string chunk) {
    if (chunk.empty()) {
      return true;
    }
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock,
                 [this] { return left_ || waiting_bytes_ < kMaxWaitingBytes; });
      if (left_) {
        return false;
      }
      waiting_bytes_ += chunk.size();
      chunks_.push_back(std::move(chunk));
    }
    Wake();
    return true;
  }
  void Finish(absl::Status status) {
    {
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
      finished_ = true;
    }
    Wake();
  }

  // What follows is the I/O thread's.

  /// The next chunk; empty: that was all, see status().
  net::awaitable<std::string> Next() {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (!chunks_.empty()) {
          std::string chunk = std::move(chunks_.front());
          chunks_.pop_front();
          waiting_bytes_ -= chunk.size();
          room_.notify_one();
          co_return chunk;
        }
        if (finished_) {
          co_return "";
        }
      }
      // Wake is posted to this thread: it cannot come before the wait.
      timer_.expires_at(net::steady_timer::time_point::max());
      beast::error_code ignored;
      co_await timer_.async_wait(Into(ignored));
    }
  }
  absl::Status status() {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    room_.notify_one();
  }

 private:
  void Wake() {
    net::post(executor_,
              [self = shared_from_this()] { self->timer_.cancel(); });
  }

  net::any_io_executor executor_;
  net::steady_timer timer_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable room_;
  std::deque<std::string> chunks_;
  size_t waiting_bytes_ = 0;
  bool finished_ = false, left_ = false;
  absl::Status status_;
};

void Produce(const HttpProducer& producer, bool gzip, ChunkQueue& queue) {
  if (!gzip) {
    queue.Finish(producer(
        [&queue](std::string chunk) { return queue.Push(std::move(chunk)); }));
    return;
  }
  GzipStream packer(kStreamGzip);
  const absl::Status status =
      producer([&queue, &packer](const std::string& chunk) {
        return queue.Push(packer.Add(chunk));
      });
  if (status.ok()) {
    queue.Push(packer.Finish());
  }
  queue.Finish(status);
}

// A place among those that may take long, from start to end.
struct LongPlace {
  explicit LongPlace(HttpShared& all) : shared(all) { ++shared.long_running; }
  LongPlace(const LongPlace&) = delete;
  LongPlace& operator=(const LongPlace&) = delete;
  ~LongPlace() { --shared.long_running; }
  HttpShared& shared;
};

struct Leaver {
  explicit Leaver(std::shared_ptr<ChunkQueue> left) : queue(std::move(left)) {}
  Leaver(const Leaver&) = delete;
  Leaver& operator=(const Leaver&) = delete;
  ~Leaver() { queue->Leave(); }
  std::shared_ptr<ChunkQueue> queue;
};

net::awaitable<beast::error_code> SendHead(Wire& wire, const HttpReply& reply,
                                           StreamForm form) {
  http::response<http::empty_body> head{static_cast<http::status>(reply.status),
                                        form.chunked ? 11U : 10U};
  SetHeaders(reply, form.keep_alive && form.chunked, head);
  if (form.gzip) {
    head.set(http::field::content_encoding, "gzip");
  }
  if (form.chunked) {
    head.chunked(true);
  }
  http::response_serializer<http::empty_body> serializer(head);
  beast::error_code error;
  wire.SetTimeout(wire.shared->options.write_timeout_ms);
  co_await http::async_write_header(*wire.stream, serializer, Into(error));
  co_return error;
}

net::awaitable<beast::error_code> SendChunk(Wire& wire, std::string chunk,
                                            bool chunked) {
  wire.SetTimeout(wire.shared->options.write_timeout_ms);
  beast::error_code error;
  if (chunked) {
    const auto part = http::make_chunk(net::buffer(chunk));
    co_await net::async_write(*wire.stream, part, Into(error));
  } else {
    co_await net::async_write(*wire.stream, net::buffer(chunk), Into(error));
  }
  co_return error;
}

}  // namespace

net::awaitable<bool> SendStream(Wire& wire, HttpReply reply, StreamForm form) {
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  form.gzip = form.gzip && IsText(reply.content_type);
  if (form.head_only) {
    const beast::error_code error = co_await SendHead(wire, reply, form);
    co_return !error && form.keep_alive;
  }
  const LongPlace place(*wire.shared);
  const auto queue = std::make_shared<ChunkQueue>(wire.stream->get_executor());
  const Leaver leaver(queue);
  net::post(wire.shared->long_pool,
            [queue, producer = std::move(reply.producer), gzip = form.gzip] {
              Produce(producer, gzip, *queue);
            });
  std::string chunk = co_await queue->Next();
  if (chunk.empty() && !queue->status().ok()) {
    HttpReply refusal = ErrorReply(queue->status());
    co_return co_await SendReply(wire, std::move(refusal), false,
                                 form.keep_alive);
  }
  beast::error_code error = co_await SendHead(wire, reply, form);
  while (!error && !chunk.empty()) {
    error = co_await SendChunk(wire, std::move(chunk), form.chunked);
    if (!error) {
      chunk = co_await queue->Next();
    }
  }
  if (error) {
    co_return false;
  }
  if (!queue->status().ok()) {
    LOG_WARNING("http", "a stream broke off: {}", queue->status().ToString());
    co_return false;
  }
  if (form.chunked) {
    const auto last = http::make_chunk_last();
    co_await net::async_write(*wire.stream, last, Into(error));
  }
  co_return !error && form.keep_alive && form.chunked;
}

}  // namespace tinyrig::server
