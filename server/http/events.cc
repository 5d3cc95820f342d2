// Server-sent events: the feed's thread hands items over, the I/O thread
// writes them; a listener that falls too far behind is cut off.
#include <deque>

#include "server/http/session.h"

namespace tinyrig::server {
namespace {

using std::chrono::milliseconds;

class EventQueue : public FeedSink,
                   public std::enable_shared_from_this<EventQueue> {
 public:
  EventQueue(net::any_io_executor executor, bool one_job, int64_t max_bytes)
      : executor_(executor),
        timer_(executor),
        one_job_(one_job),
        max_bytes_(max_bytes) {}

  bool Take(const std::shared_ptr<const FeedItem>& item) override {
    if (gone_) {
      return false;
    }
    net::post(executor_,
              [self = shared_from_this(), item] { self->Push(*item); });
    return true;
  }
  void End() override {
    net::post(executor_, [self = shared_from_this()] { self->Close(); });
  }

  // What follows belongs to the I/O thread.

  /// Waits for text, the end or the heartbeat; the text, or a comment.
  net::awaitable<std::string> Next(milliseconds heartbeat) {
    if (queue_.empty() && !ended_) {
      timer_.expires_after(heartbeat);
      beast::error_code ignored;
      co_await timer_.async_wait(Into(ignored));
    }
    std::string text;
    while (!queue_.empty() && text.size() < kWriteBytes) {
      text += queue_.front();
      queue_.pop_front();
    }
    bytes_ -= static_cast<int64_t>(text.size());
    if (text.empty() && !ended_) {
      text = ": still here\n\n";
    }
    co_return text;
  }
  void Close() {
    ended_ = true;
    timer_.cancel();
  }
  void Leave() {
    gone_ = true;
    queue_.clear();
    Close();
  }
  [[nodiscard]] bool ended() const { return ended_ && queue_.empty(); }

 private:
  static constexpr size_t kWriteBytes = 64 << 10;

  void Push(const FeedItem& item) {
    if (ended_) {
      return;
    }
    const char* kind = item.event.has_job() ? "job" : "board";
    std::string text =
        one_job_ ? absl::StrCat("event: job\ndata: ", item.json, "\n\n")
                 : absl::StrCat("event: lab\ndata: {\"", kind, "\":", item.json,
                                "}\n\n");
    bytes_ += static_cast<int64_t>(text.size());
    if (bytes_ > max_bytes_) {
      Leave();
      return;
    }
    queue_.push_back(std::move(text));
    timer_.cancel();
  }

  net::any_io_executor executor_;
  net::steady_timer timer_;
  bool one_job_;
  int64_t max_bytes_;
  std::deque<std::string> queue_;
  int64_t bytes_ = 0;
  bool ended_ = false;
  std::atomic<bool> gone_{false};
};

// A listener says nothing; when its side closes, it has gone.
net::awaitable<void> WatchForEnd(std::shared_ptr<beast::tcp_stream> stream,
                                 std::shared_ptr<EventQueue> queue) {
  std::array<char, 512> bytes{};
  beast::error_code error;
  while (!error) {
    co_await stream->socket().async_read_some(net::buffer(bytes), Into(error));
  }
  queue->Leave();
}

}  // namespace

net::awaitable<void> SendEvents(HttpShared& shared,
                                std::shared_ptr<beast::tcp_stream> stream,
                                int64_t job_id) {
  stream->expires_never();
  http::response<http::empty_body> head{http::status::ok, 11};
  SetCommonHeaders(head);
  head.set(http::field::content_type, "text/event-stream");
  head.set(http::field::cache_control, "no-store");
  head.set("X-Accel-Buffering", "no");
  head.keep_alive(false);
  http::response_serializer<http::empty_body> serializer(head);
  beast::error_code error;
  co_await http::async_write_header(*stream, serializer, Into(error));
  const auto queue = std::make_shared<EventQueue>(
      stream->get_executor(), job_id != 0, shared.options.max_stream_bytes);
  net::co_spawn(stream->get_executor(), WatchForEnd(stream, queue),
                net::detached);
  shared.feed.Listen(job_id, queue);
  shared.metrics.AddStreams(1);
  while (!error && !queue->ended()) {
    const std::string text =
        co_await queue->Next(milliseconds(shared.options.heartbeat_ms));
    stream->expires_after(milliseconds(shared.options.write_timeout_ms));
    co_await net::async_write(*stream, net::buffer(text), Into(error));
  }
  shared.metrics.AddStreams(-1);
  stream->socket().shutdown(Tcp::socket::shutdown_both, error);
}

}  // namespace tinyrig::server
