// Moves a SQLite store from one generation to another, in its place: copies beside, verifies, then
// switches by one rename and keeps the old file, which can be switched back to until something new
// is written. Interrupted anywhere it leaves the store as it was, and may be begun again. Called by
// the storage commands. One thread.
#pragma once

#include <functional>
#include <string>

#include "journal/copy.hpp"
#include "journal/sqlite.hpp"

namespace millrace::journal {

enum class MigrationStep { locked, copied, verified, kept, switched };

struct Migration {
  std::string path;
  int format = sqlite_format_newest;
  OnCopy progress;
  // What is compared besides: that both fold into the same state. Null: nothing.
  std::function<statekit::JournalResult<void>(statekit::Journal& old, statekit::Journal& made)>
      same_state;
  // Told after each step is done.
  std::function<void(MigrationStep)> on_step;
};

struct Migrated {
  int from = 0;
  int to = 0;  // the same: nothing had to be done
  Copied copied;
  std::string kept;  // where the old store is now
};

// Where the store as it was before the newest migration is kept.
std::string before_migration(const std::string& path);

statekit::JournalResult<Migrated> migrate_sqlite(const Migration& migration);
// Switches back. `invalid` once something was written to the new one.
statekit::JournalResult<void> undo_migration(const std::string& path);
// Removes the old store, once the new one was verified. `unavailable` when there is none.
statekit::JournalResult<void> discard_old(const std::string& path);

}  // namespace millrace::journal
