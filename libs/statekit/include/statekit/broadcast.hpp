// Broadcast: one writer, many readers, one bounded ring of encoded commits that all of them share.
// A slow reader never stalls the writer and never grows memory: who falls out of the ring is told
// so and reads from the journal instead. Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "statekit/types.hpp"

namespace millrace::statekit {

// A commit as it is stored and sent; shared, immutable.
struct FeedCommit {
  Revision revision = 0;
  std::shared_ptr<const Bytes> bytes;
  Digest digest;
};

}  // namespace millrace::statekit
