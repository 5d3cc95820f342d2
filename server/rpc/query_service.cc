#include "server/rpc/query_service.h"

#include <condition_variable>
#include <deque>

#include "server/rpc/convert.h"

namespace tinyrig::server {
namespace {

// How often a quiet watch looks whether its caller is still there.
constexpr std::chrono::milliseconds kLookUp{500};
// Beyond a whole lab's first picture nobody may lag so far behind.
constexpr size_t kMaxWaiting = 50'000;

class WaitingEvents : public FeedSink {
 public:
  bool Take(const FeedItem& item) override {
    const std::lock_guard lock(mutex_);
    lagging_ = lagging_ || queue_.size() >= kMaxWaiting;
    if (!lagging_) {
      queue_.push_back(item);
    }
    changed_.notify_one();
    return !lagging_;
  }
  void End() override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_one();
  }
  std::deque<FeedItem> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLookUp,
                      [this] { return ended_ || lagging_ || !queue_.empty(); });
    return std::exchange(queue_, {});
  }
  grpc::Status Why() {
    const std::lock_guard lock(mutex_);
    if (lagging_) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              "the watcher reads too slowly; watch again"};
    }
    return ended_ ? grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                 "the server is going away")
                  : grpc::Status::OK;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FeedItem> queue_;
  bool ended_ = false, lagging_ = false;
};

}  // namespace

grpc::Status QueryServiceSkin::GetOverview(
    grpc::ServerContext* context, const v1::GetOverviewRequest* request,
    v1::Overview* response) {
  return Answer(queries_.GetOverview({context->peer()}, *request), response);
}

grpc::Status QueryServiceSkin::GetTrend(grpc::ServerContext* context,
                                        const v1::GetTrendRequest* request,
                                        v1::Trend* response) {
  return Answer(queries_.GetTrend({context->peer()}, *request), response);
}

grpc::Status QueryServiceSkin::GetBoardHistory(
    grpc::ServerContext* context, const v1::GetBoardHistoryRequest* request,
    v1::BoardHistory* response) {
  return Answer(history_.GetBoardHistory({context->peer()}, *request),
                response);
}

grpc::Status QueryServiceSkin::Sql(grpc::ServerContext* context,
                                   const v1::SqlRequest* request,
                                   v1::SqlResponse* response) {
  return Answer(queries_.Sql({context->peer()}, *request), response);
}

grpc::Status QueryServiceSkin::WatchLab(
    grpc::ServerContext* context, const v1::WatchLabRequest* /*request*/,
    grpc::ServerWriter<v1::LabEvent>* writer) {
  if (const auto may = api_.CheckMay({context->peer()}, Scope::kRead);
      !may.ok()) {
    return ToGrpc(may);
  }
  const auto events = std::make_shared<WaitingEvents>();
  feed_.Listen(0, events);
  while (!context->IsCancelled()) {
    for (const auto& item : events->Next()) {
      if (!writer->Write(*item)) {
        return grpc::Status::CANCELLED;
      }
    }
    if (const grpc::Status why = events->Why(); !why.ok()) {
      return why;
    }
  }
  return grpc::Status::CANCELLED;
}

}  // namespace tinyrig::server
