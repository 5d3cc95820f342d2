#include "server/program/opened_data.h"

#include "base/log.h"

namespace tinyrig::server {

absl::StatusOr<OpenedData> OpenData(const Flags& flags) {
  ASSIGN_OR_RETURN(DataFolder folder, DataFolder::Open(flags.data));
  if (folder.was_unclean()) {
    LOG_WARNING("server", "the last server did not stop cleanly");
  }
  const auto& clock = base::SystemClock();
  ASSIGN_OR_RETURN(
      auto store, SqliteStore::Open(folder.database(),
                                    {.check_integrity = folder.was_unclean()}));
  ASSIGN_OR_RETURN(BlobStore blobs,
                   BlobStore::Open(folder.blobs(), flags.blobs));
  ASSIGN_OR_RETURN(auto queue_reader,
                   SqliteQueueReader::Open(folder.database()));
  auto queue = std::make_unique<QueueView>(*queue_reader, clock);
  ASSIGN_OR_RETURN(auto queries, QueryApi::Open(folder.database(), AllowAll()));
  ASSIGN_OR_RETURN(auto history,
                   BoardHistoryApi::Open(folder.database(), clock, AllowAll()));
  return OpenedData{std::move(folder), std::move(store),
                    std::move(blobs),  std::move(queue_reader),
                    std::move(queue),  std::move(queries),
                    std::move(history)};
}

}  // namespace tinyrig::server
