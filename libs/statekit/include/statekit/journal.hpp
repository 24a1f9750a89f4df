// The journal seam: where commits live. Storage, and so Raft, slots in here; everything above is
// pure or can be rebuilt from it. Drivers: libs/journal. Callers: Machine, the feed, the storage
// commands. A Journal is thread safe; `append` is called by one thread at a time in each process,
// though other processes may append too. Every error is typed (JournalError), never thrown.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

// Limits that hold on every driver.
inline constexpr std::size_t entry_bytes_max = 1'000'000;
inline constexpr std::size_t append_entries_max = 64;
inline constexpr std::size_t append_bytes_max = 1'000'000;
inline constexpr std::size_t snapshot_part_bytes_max = 1'048'576;

struct Entry {
  Revision revision = 0;
  Bytes commit;   // one encoded commit envelope, never re-encoded (statekit/envelope.hpp)
  Digest digest;  // chained digest up to and including this entry
  bool operator==(const Entry&) const = default;
};

struct Head {
  Incarnation incarnation;
  Revision first =
      1;  // the oldest entry that can be read; first - 1 is the newest compacted revision
  Revision last = 0;    // 0: no entry yet
  Digest before_first;  // digest at first - 1
  Digest digest;        // digest at last
  bool operator==(const Head&) const = default;
};

enum class JournalFault {
  conflict,     // somebody else appended first; `head` says where the journal stands
  unknown,      // the append may have happened, or may yet: see journal.md on settling it
  unavailable,  // the engine cannot be reached, is closed, or the disk is full
  too_large,    // over one of the limits above
  corrupt,      // what is stored is damaged; `revision` names the first bad one where that is known
  wrong_format,  // a format newer than this binary, or no store of ours
  rewound,    // the store holds less, or something else, than it was known to: an operator decides
  compacted,  // the revisions asked for are gone; `head` says what is left
  invalid,    // the call itself is wrong (an empty append, a gap inside the batch, no snapshot to
              // compact to)
  half_filled,  // a copy into it is under way, or was interrupted: see JournalOptions::fill
};

struct JournalError {
  JournalFault fault = JournalFault::unavailable;
  std::string message;
  std::optional<Head> head;
  Revision revision = 0;
};

// As an Error of the same meaning, for answers to callers.
Error to_error(const JournalError& error);

template <class T>
using JournalResult = Result<T, JournalError>;

// How long a call may take, in milliseconds from when it is made.
struct Deadline {
  std::int64_t ms = 10'000;
};

struct JournalOptions {
  // Made by the caller, since randomness is an argument; used only when the store is created.
  Incarnation incarnation_if_new;
  bool create = true;  // false: a missing store is `unavailable`
  // Takes no lock and changes nothing; whatever would write is `invalid`.
  bool read_only = false;
  // To be filled with a copy of another journal. The store is marked, durably, until `filled` is
  // called, and meanwhile everybody who opens it without this, or had it open, gets `half_filled`:
  // what a restore left half is never taken for a whole one. A missing store is made, an empty one
  // gets incarnation_if_new, one that has the mark is gone on with, one of this very incarnation
  // gets it again; any other is `invalid`. With read_only: a marked store may be looked at.
  bool fill = false;
};

// A snapshot travels in parts, so that none has to be in memory twice. `next` yields the parts in
// order and then nullopt.
struct SnapshotSource {
  Revision revision = 0;
  Digest digest;  // the journal's digest at that revision
  std::function<std::optional<Bytes>()> next;
};

class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  virtual Revision revision() const = 0;
  virtual Digest digest() const = 0;
  // The parts in order, then nullopt.
  virtual JournalResult<std::optional<Bytes>> next() = 0;
};

// Something that its operator should see to, as one line that says what to do.
struct JournalWarning {
  std::string text;
  bool stops_writes = false;  // nothing can be appended until it is seen to
  bool operator==(const JournalWarning&) const = default;
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Creates the store, or checks the stored format and opens it. REQUIRES: called once, first.
  virtual JournalResult<Head> open(const JournalOptions& options) = 0;

  // The only write. Atomic, durable when it returns, contiguous: either all entries are stored at
  // expected_last + 1 ... or none is. Returns the last revision written.
  // REQUIRES: entries[i].revision == expected_last + 1 + i, and each digest is chain() of the one
  // before it and of its commit, else `invalid`, as is an empty batch.
  virtual JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                         Deadline deadline) = 0;

  // Linearizable: never older than any append that was acknowledged before the call.
  virtual JournalResult<Head> head() = 0;

  // Entries after `after`, in order, without gaps; at least one if there is one, whatever its size;
  // then as many as fit both limits. Empty at the head. `compacted` when after + 1 < first.
  virtual JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                                 std::size_t max_bytes) = 0;

  // Returns when last > after, or at the deadline, in both cases with the head. `close` unblocks
  // it.
  virtual JournalResult<Head> wait(Revision after, Deadline deadline) = 0;

  // Stored in parts, made visible by one last write; a torn one is never seen. Several are kept.
  // `invalid` at revision 0, past the end, or with another digest than the journal's there; but an
  // empty store takes a snapshot at any revision as its beginning: so a backup is restored.
  virtual JournalResult<void> save_snapshot(SnapshotSource source) = 0;

  // The newest snapshot at or before `at_most`, or null when there is none.
  virtual JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) = 0;

  // Keeps the newest snapshot S <= up_to, drops the entries <= S and the older snapshots.
  // Idempotent; going backwards does nothing; `invalid` when there is no such snapshot.
  virtual JournalResult<void> compact(Revision up_to) = 0;

  // What was opened with `fill` is whole: durably, anybody may open it from now on. Idempotent.
  virtual JournalResult<void> filled() {
    return tl::unexpected(
        JournalError{JournalFault::invalid, "this journal cannot be filled", {}, 0});
  }

  // What is known to be amiss with the engine at present; never blocks.
  virtual std::vector<JournalWarning> warnings() const { return {}; }

  // Unblocks every waiter; later calls answer `unavailable`. Idempotent.
  virtual void close() = 0;
};

}  // namespace millrace::statekit
