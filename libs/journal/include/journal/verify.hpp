// Goes over a whole journal and says whether it is whole: every entry against the digest chain,
// every snapshot against the entry it stands for. Works on any driver, while others append. Called
// by the storage commands. One thread; takes as long as reading everything takes.
#pragma once

#include <cstdint>
#include <functional>

#include "statekit/journal.hpp"

namespace millrace::journal {

struct Verified {
  statekit::Head head;  // as it was at the beginning
  std::uint64_t entries = 0;
  std::uint64_t entry_bytes = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshot_bytes = 0;
};

// Told now and then how far it is.
using VerifyProgress = std::function<void(statekit::Revision done, statekit::Revision last)>;

// REQUIRES: `journal` is open. `corrupt` names the first bad revision.
statekit::JournalResult<Verified> verify(statekit::Journal& journal,
                                         const VerifyProgress& progress = {});

}  // namespace millrace::journal
