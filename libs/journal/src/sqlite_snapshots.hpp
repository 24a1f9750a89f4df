// Snapshots and compaction in the SQLite driver. Each function is one transaction, so
// that appends go on between the parts of a long snapshot. Used by the SQLite driver only.
#pragma once

#include <optional>

#include "sqlite_database.hpp"
#include "sqlite_format.hpp"

namespace millrace::journal {

// A snapshot on its way in: nobody sees it before it is sealed.
struct SnapshotDraft {
  statekit::Revision revision = 0;
  statekit::Digest digest;
  std::int64_t attempt = 0;  // tells apart several drafts at one revision
  std::int64_t parts = 0;
  statekit::Bytes part_digests;  // of all parts so far, in order
};

statekit::JournalResult<void> begin_draft(const SqliteFormat& format, Database& database,
                                          SnapshotDraft& draft);
statekit::JournalResult<void> add_part(const SqliteFormat& format, Database& database,
                                       SnapshotDraft& draft, statekit::BytesView part);
// The one write that makes it visible. Drops what it replaces and older drafts that nobody sealed.
statekit::JournalResult<void> seal_draft(const SqliteFormat& format, Database& database,
                                         const SnapshotDraft& draft);

// A sealed snapshot, and how far it was read.
struct StoredSnapshot {
  statekit::Revision revision = 0;
  statekit::Digest digest;
  std::int64_t attempt = 0;
  std::int64_t parts = 0;
  statekit::Digest seal;
  std::int64_t read = 0;
  statekit::Bytes part_digests;
};

statekit::JournalResult<std::optional<StoredSnapshot>> find_snapshot(const SqliteFormat& format,
                                                                     Database& database,
                                                                     statekit::Revision at_most);
statekit::JournalResult<std::optional<statekit::Bytes>> next_part(const SqliteFormat& format,
                                                                  Database& database,
                                                                  StoredSnapshot& snapshot);

// Moves the beginning of the journal; the rows go afterwards, in steps.
statekit::JournalResult<void> move_first(const SqliteFormat& format, Database& database,
                                         statekit::Revision up_to);
// Drops some rows from before the beginning. True: there may be more.
statekit::JournalResult<bool> sweep(const SqliteFormat& format, Database& database);

}  // namespace millrace::journal
