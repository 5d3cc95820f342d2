// Server-sent events: the feed's thread hands items over, the I/O thread
// writes them; a listener that falls too far behind is cut off.
#include <deque>

#include "server/http/event_encoder.h"
#include "server/http/wire.h"

namespace tinyrig::server {
namespace {

using std::chrono::milliseconds;
using Item = std::shared_ptr<const EncodedEvent>;

// Around the JSON of an item; listeners share the JSON itself.
constexpr std::string_view kJobHead = "event: job\ndata: ";
constexpr std::string_view kJobTail = "\n\n";
constexpr std::string_view kLabTail = "}\n\n";
constexpr int64_t kFrameBytes = 40;

std::string_view LabHead(const EncodedEvent& item) {
  switch (item.what) {
    case v1::LabEvent::kJob:
      return "event: lab\ndata: {\"job\":";
    case v1::LabEvent::kBoard:
      return "event: lab\ndata: {\"board\":";
    default:
      return "event: lab\ndata: {\"queue\":";
  }
}

net::const_buffer Bytes(std::string_view text) {
  return net::buffer(text.data(), text.size());
}

// A comment when there is nothing else to say.
std::vector<net::const_buffer> TextOf(const std::vector<Item>& items,
                                      bool one_job) {
  std::vector<net::const_buffer> text;
  for (const Item& item : items) {
    text.push_back(Bytes(one_job ? kJobHead : LabHead(*item)));
    text.push_back(Bytes(item->json));
    text.push_back(Bytes(one_job ? kJobTail : kLabTail));
  }
  if (text.empty()) {
    text.push_back(Bytes(": still here\n\n"));
  }
  return text;
}

// What one listener has not read yet.
class EventBacklog : public FeedSink,
                     public std::enable_shared_from_this<EventBacklog> {
 public:
  EventBacklog(const net::any_io_executor& executor,
               std::shared_ptr<EventEncoder> encoder, int64_t max_bytes)
      : executor_(executor),
        timer_(executor),
        encoder_(std::move(encoder)),
        max_bytes_(max_bytes) {}

  bool Take(const FeedItem& item) override {
    if (gone_) {
      return false;
    }
    net::post(executor_,
              [self = shared_from_this(), encoded = encoder_->Encode(item)] {
                self->Push(encoded);
              });
    return true;
  }
  void End() override {
    net::post(executor_, [self = shared_from_this()] { self->Close(); });
  }

  // What follows belongs to the I/O thread.

  /// Waits for items, the end or the heartbeat; what to send, often nothing.
  net::awaitable<std::vector<Item>> Next(milliseconds heartbeat) {
    if (queue_.empty() && !ended_) {
      timer_.expires_after(heartbeat);
      beast::error_code ignored;
      co_await timer_.async_wait(Into(ignored));
    }
    std::vector<Item> items;
    int64_t batch_bytes = 0;
    while (!queue_.empty() && batch_bytes < kWriteBytes) {
      batch_bytes += SizeOf(*queue_.front());
      items.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    bytes_ -= batch_bytes;
    co_return items;
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
  static constexpr int64_t kWriteBytes = 64 << 10;

  static int64_t SizeOf(const EncodedEvent& item) {
    return static_cast<int64_t>(item.json.size()) + kFrameBytes;
  }
  void Push(const Item& item) {
    if (ended_) {
      return;
    }
    bytes_ += SizeOf(*item);
    if (bytes_ > max_bytes_) {
      Leave();
      return;
    }
    queue_.push_back(item);
    timer_.cancel();
  }

  net::any_io_executor executor_;
  net::steady_timer timer_;
  std::shared_ptr<EventEncoder> encoder_;  ///< of all; the feed's thread
  int64_t max_bytes_;
  std::deque<Item> queue_;
  int64_t bytes_ = 0;
  bool ended_ = false;
  std::atomic<bool> gone_{false};
};

// A listener says nothing; when its side closes, it has gone.
net::awaitable<void> WatchForEnd(std::shared_ptr<beast::tcp_stream> stream,
                                 std::shared_ptr<EventBacklog> queue) {
  std::array<char, 512> bytes{};
  beast::error_code error;
  while (!error) {
    co_await stream->socket().async_read_some(net::buffer(bytes), Into(error));
  }
  queue->Leave();
}

}  // namespace

net::awaitable<void> SendEvents(Wire& wire, int64_t job_id) {
  HttpShared& shared = *wire.shared;
  const std::shared_ptr<beast::tcp_stream> stream = wire.stream;
  HttpReply reply;
  reply.content_type = "text/event-stream";
  reply.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  http::response<http::empty_body> head{http::status::ok, 11};
  SetHeaders(reply, false, head);
  http::response_serializer<http::empty_body> serializer(head);
  beast::error_code error;
  wire.SetTimeout(shared.options.write_timeout_ms);
  co_await http::async_write_header(*stream, serializer, Into(error));
  if (!error) {  // a quiet lab counts as connected
    const net::const_buffer hello = Bytes(": hello\n\n");
    co_await net::async_write(*stream, hello, Into(error));
  }
  stream->expires_never();
  const auto queue = std::make_shared<EventBacklog>(
      stream->get_executor(), shared.encoder, shared.options.max_stream_bytes);
  net::co_spawn(stream->get_executor(), WatchForEnd(stream, queue),
                net::detached);
  shared.feed.Listen(job_id, queue);
  shared.metrics.AddStreams(1);
  while (!error && !queue->ended()) {
    const std::vector<Item> items =
        co_await queue->Next(milliseconds(shared.options.heartbeat_ms));
    if (queue->ended() && items.empty()) {
      break;
    }
    const auto text = TextOf(items, job_id != 0);
    wire.SetTimeout(shared.options.write_timeout_ms);
    co_await net::async_write(*stream, text, Into(error));
  }
  queue->Leave();
  shared.metrics.AddStreams(-1);
  stream->socket().shutdown(Tcp::socket::shutdown_both, error);
}

}  // namespace tinyrig::server
