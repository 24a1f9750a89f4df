// Snapshots in etcd: parts under a number that no other attempt has, then one seal that makes them
// visible; and compaction, which moves the journal's beginning first and removes afterwards. Called
// by the driver. Thread safe.
#pragma once

#include <memory>

#include "statekit/journal.hpp"
#include "store.hpp"

namespace millrace::journal::etcd {

Answer<void> save_snapshot(Store& store, statekit::SnapshotSource source);
Answer<std::unique_ptr<statekit::SnapshotReader>> load_snapshot(const std::shared_ptr<Store>& store,
                                                                Revision at_most);
Answer<void> compact(Store& store, Revision up_to);

// The journal's digest at a revision; nullopt when it does not hold it.
Answer<std::optional<statekit::Digest>> digest_at(Store& store, const statekit::Head& head,
                                                  Revision revision);

}  // namespace millrace::journal::etcd
