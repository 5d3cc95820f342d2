// What one server keeps in its data folder, opened.
#pragma once

#include <memory>

#include "server/blob/blob_store.h"
#include "server/lab/queue_view.h"
#include "server/program/data_folder.h"
#include "server/program/flags.h"
#include "server/query/history.h"
#include "server/query/query_api.h"
#include "server/store/sqlite_queue_reader.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {

struct OpenedData {
  DataFolder folder;
  std::unique_ptr<SqliteStore> store;
  BlobStore blobs;
  std::unique_ptr<SqliteQueueReader> queue_reader;
  std::unique_ptr<QueueView> queue;
  std::unique_ptr<QueryApi> queries;
  std::unique_ptr<BoardHistoryApi> history;
};

/// Checks the whole database when the last server did not stop cleanly.
/// FAILED_PRECONDITION: another server has the folder. DATA_LOSS: the database
/// is damaged.
absl::StatusOr<OpenedData> OpenData(const Flags& flags);

}  // namespace tinyrig::server
