// The SQLite driver, generation 1: one file that any number of processes on this machine may open.
// Called by journal/open.hpp, the storage commands and tests. Thread safe; a long read never holds
// up an append. Milliseconds. Errors: JournalError, each naming the file and what to do. The format
// is described in docs/journal.md.
#pragma once

#include <memory>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

inline constexpr int sqlite_format = 1;                   // PRAGMA user_version
inline constexpr int sqlite_application_id = 0x6d6a726e;  // PRAGMA application_id: "mjrn"

struct SqliteTuning {
  std::string vfs;  // the name of a registered SQLite VFS; empty: SQLite's own
  bool durable =
      true;          // false: synchronous=OFF, which a power cut does not survive; for tests only
  int poll_ms = 50;  // how often `wait` looks for what other handles and processes appended
};

// A handle, to be opened. The folder must exist; the file is made whole or not at all.
std::unique_ptr<statekit::Journal> make_sqlite_journal(std::string path, SqliteTuning tuning = {});

}  // namespace millrace::journal
