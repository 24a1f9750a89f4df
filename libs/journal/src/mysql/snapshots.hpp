// Snapshots in a database: parts under a number that no other attempt has, then one transaction
// that makes them visible; and compaction, which moves the journal's beginning first and removes
// afterwards. Called by the driver. Thread safe.
#pragma once

#include <memory>

#include "statekit/journal.hpp"
#include "store.hpp"

namespace millrace::journal::mysql {

Answer<void> save_snapshot(Store& store, statekit::SnapshotSource source);
Answer<std::unique_ptr<statekit::SnapshotReader>> load_snapshot(const std::shared_ptr<Store>& store,
                                                                Revision at_most);
Answer<void> compact(Store& store, Revision up_to);

}  // namespace millrace::journal::mysql
