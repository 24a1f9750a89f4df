// The past, read from the journal: the state at an earlier revision. Blocks on storage, so it is
// called on a reader's thread (workers.hpp). Thread safe. Who changed what is not read from the
// journal: history_projection.hpp.
#pragma once

#include "services/schema/state.hpp"
#include "statekit/journal.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

// NotFound past the head, OutOfRange where it is compacted away.
statekit::Result<State> state_at(statekit::Journal& journal, Revision revision);

struct JournalReach {
  Revision snapshot = 0;  // of the newest stored snapshot; 0: none
  Revision oldest = 0;    // the oldest commit that can be read
};
statekit::Result<JournalReach> reach_of(statekit::Journal& journal);

}  // namespace millrace::schema_service
