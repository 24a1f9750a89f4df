// What the memory driver's handles share: plain containers under one lock. The driver's .cpp is the
// only caller.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "journal/memory.hpp"

namespace millrace::journal {

struct MemorySnapshot {
  statekit::Digest digest;
  std::shared_ptr<const std::vector<statekit::Bytes>> parts;
};

class MemoryStore {
 public:
  std::mutex mutex;
  std::condition_variable changed;  // an append, or a handle that closed

  // All below: with `mutex` held.
  bool created = false;
  bool filling = false;
  statekit::Incarnation incarnation;
  statekit::Revision compacted = 0;
  statekit::Digest before_first;
  std::deque<statekit::Entry> entries;  // revisions compacted + 1 ...
  std::map<statekit::Revision, MemorySnapshot> snapshots;
  std::optional<std::vector<statekit::Entry>> late;  // a write that is still on its way

  statekit::Revision last() const { return compacted + entries.size(); }
  statekit::Head head() const;
  // Null when the journal does not hold that revision.
  const statekit::Digest* digest_at(statekit::Revision revision) const;
  void store(std::span<const statekit::Entry> batch);
  // The late write lands, unless somebody else was first.
  void land_late();
};

}  // namespace millrace::journal
