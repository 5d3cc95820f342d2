// An item of the lab's feed as server-sent events carry it: JSON, made once
// however many listen.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/query/lab_feed.h"

namespace tinyrig::server {

struct EncodedEvent {
  v1::LabEvent::EventCase what = v1::LabEvent::EVENT_NOT_SET;
  std::string json;  ///< of the Job, the Board or the QueuePositions alone
};

/// Remembers the last item: the feed gives each to all who listen before the
/// next. On the feed's thread alone.
class EventEncoder {
 public:
  /// Never null; shared by all who ask for the same item one after another.
  std::shared_ptr<const EncodedEvent> Encode(const FeedItem& item);

 private:
  FeedItem last_;
  std::shared_ptr<const EncodedEvent> encoded_;
};

}  // namespace tinyrig::server
