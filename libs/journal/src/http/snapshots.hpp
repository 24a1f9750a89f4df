// Snapshots of the http driver: sent and fetched in messages of several parts. Used by its journal.
#pragma once

#include <memory>

#include "store.hpp"

namespace millrace::journal::http {

// `upload`: a name that nothing else has.
statekit::JournalResult<void> save_snapshot(Store& store, statekit::SnapshotSource source,
                                            const std::string& upload);
statekit::JournalResult<std::unique_ptr<statekit::SnapshotReader>> load_snapshot(
    std::shared_ptr<Store> store, statekit::Revision at_most);

}  // namespace millrace::journal::http
