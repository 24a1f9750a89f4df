// Copies a whole journal into another one, from any driver into any: base snapshot, commits and
// later snapshots, at one revision, while others append to the source. Called by the storage
// commands. One thread; takes as long as reading and writing everything takes.
#pragma once

#include <cstdint>
#include <functional>

#include "statekit/journal.hpp"

namespace millrace::journal {

struct Copied {
  statekit::Head head;            // of the source, at the revision that was copied
  std::uint64_t entries = 0;      // all that the copy holds
  std::uint64_t entry_bytes = 0;  // of those that this call copied
  std::uint64_t snapshots = 0;
};

struct CopyProgress {
  statekit::Revision done = 0;  // the newest revision that is there
  statekit::Revision first = 1;
  statekit::Revision last = 0;
  std::uint64_t bytes = 0;
};
using OnCopy = std::function<void(const CopyProgress&)>;

// REQUIRES: both are open. `to` is empty, or holds the beginning of an earlier, interrupted copy of
// the same history, which is continued; else `invalid`. `compacted`: the source was compacted
// meanwhile: begin again with an empty target.
statekit::JournalResult<Copied> copy(statekit::Journal& from, statekit::Journal& to,
                                     const OnCopy& progress = {});

// Whether `copy` would go on with what `to` holds; `invalid` as there.
statekit::JournalResult<void> check_continues(statekit::Journal& from, statekit::Journal& to);

// That `copy` holds all that `from` held at `head`: it verifies, and begins and ends the same.
statekit::JournalResult<void> check_copy(statekit::Journal& copy, const statekit::Head& head);

}  // namespace millrace::journal
