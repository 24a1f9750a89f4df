// What a journal holds, found by who and by which module, in an indexed file of its own beside the
// store. Derived: whatever is wrong with the file, it is made anew, and whoever fills it begins
// again from the journal. Each question reads one stretch of one index, never more than it answers.
// Called by the schema service's history projection. Not thread safe. Errors: JournalError;
// `corrupt` and `wrong_format` mean that it must be made anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal {

struct HistoryRecord {
  statekit::Revision revision = 0;
  statekit::WallMs time_ms = 0;  // never goes back from one revision to the next
  std::string author;
  std::vector<std::string> modules;  // sorted, each once
  statekit::Bytes octets;            // what is told of it; opaque here
  bool operator==(const HistoryRecord&) const = default;
};

// A key that later commits name, and the modules that it stands for.
struct HistoryName {
  std::string key;
  std::vector<std::string> modules;
};

// How far the index is: it holds the commits first ... last of this incarnation.
struct HistoryPosition {
  statekit::Incarnation incarnation;  // empty: nothing was put in yet
  statekit::Revision first = 1;
  statekit::Revision last = 0;
  statekit::Digest digest;  // at last
  bool operator==(const HistoryPosition&) const = default;
};

struct HistoryAsk {
  std::string module;             // empty: all
  std::string author;             // empty: all
  statekit::WallMs since_ms = 0;  // only those of that time and later
  statekit::Revision before = 0;  // only those before it; 0: from the end
  std::size_t limit = 20;
  std::size_t bytes_max = std::size_t{2} << 20;  // of octets; at least one comes, whatever its size
};

struct HistoryFound {
  statekit::Revision revision = 0;
  statekit::Bytes octets;
};
struct HistoryPage {
  std::vector<HistoryFound> commits;   // newest first
  statekit::Revision next_before = 0;  // where the next page begins; 0: there is no more
  statekit::Revision oldest = 1;       // what came before it is no longer kept
  bool cut = false;  // the last page ends at `oldest`, and there was something before that
};

class HistoryIndex {
 public:
  virtual ~HistoryIndex() = default;

  virtual const HistoryPosition& position() const = 0;
  // Empties it; from now on it continues `at`, where last + 1 == first.
  virtual statekit::JournalResult<void> begin(const HistoryPosition& at,
                                              const std::vector<HistoryName>& names) = 0;
  // Takes what follows position().last, whole or not at all. REQUIRES: numbered without a gap.
  virtual statekit::JournalResult<void> append(const std::vector<HistoryRecord>& records,
                                               const std::vector<HistoryName>& names,
                                               const statekit::Digest& digest) = 0;
  // Drops the commits before `first`; `names` are those that stood for something just before it.
  virtual statekit::JournalResult<void> drop_before(statekit::Revision first,
                                                    const std::vector<HistoryName>& names) = 0;
  virtual statekit::JournalResult<std::vector<std::string>> modules_of(const std::string& key) = 0;
  virtual statekit::JournalResult<HistoryPage> find(const HistoryAsk& ask) = 0;
};

// Opens the file, or makes it; one that is damaged, or of another version, is made anew. An empty
// path: in memory. `unavailable` when another process has it, or it cannot be written.
statekit::JournalResult<std::unique_ptr<HistoryIndex>> open_history_index(const std::string& path);
// Makes it anew, empty. REQUIRES: no handle on it is left.
statekit::JournalResult<std::unique_ptr<HistoryIndex>> remake_history_index(
    const std::string& path);

}  // namespace millrace::journal
