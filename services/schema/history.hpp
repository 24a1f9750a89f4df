// The past, read from the journal: the state at an earlier revision, and the commits that led to
// the present one. Blocks on storage, so it is called on a reader's thread (workers.hpp). Thread
// safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/schema/state.hpp"
#include "statekit/journal.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

// How many commits one question looks at.
inline constexpr std::size_t history_entries_max = 1'000;
inline constexpr Revision history_scan_max = 50'000;

// NotFound past the head, OutOfRange where it is compacted away.
statekit::Result<State> state_at(statekit::Journal& journal, Revision revision);

struct HistoryQuery {
  Revision before = 0;  // 0: from the head
  std::size_t limit = 20;
  std::string module;  // empty: every commit
};

// Newest first.
statekit::Result<std::vector<schema::Commit>> history(statekit::Journal& journal,
                                                      const HistoryQuery& query);

// True when a commit is about this module, as far as its events name it.
bool touches(const schema::Commit& commit, const std::string& module);

struct JournalReach {
  Revision snapshot = 0;  // of the newest stored snapshot; 0: none
  Revision oldest = 0;    // the oldest commit that can be read
};
statekit::Result<JournalReach> reach_of(statekit::Journal& journal);

}  // namespace millrace::schema_service
