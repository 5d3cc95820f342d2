// What lasts: jobs, leases, results, datasets, boards. Interfaces, so that
// another database can take SQLite's place and tests can do without one
// (testing/memory_store.h). Every write to a job names the state or the fence
// that it expects and is FAILED_PRECONDITION otherwise; a write that fails
// changes nothing.
//
// Thread-safe. Times are microseconds since the Unix epoch. Errors of every
// call: RESOURCE_EXHAUSTED the disk is full; UNAVAILABLE the database cannot be
// reached; DATA_LOSS it is damaged.
#pragma once

#include "server/store/catalog_store.h"
#include "server/store/import_store.h"
#include "server/store/job_store.h"
#include "server/store/lease_store.h"
#include "server/store/run_store.h"

namespace tinyrig::server {

struct Store : CatalogStore, JobStore, LeaseStore, RunStore, ImportStore {};

}  // namespace tinyrig::server
