// The SQLite driver: one file on this machine. A store opens in the generation that it was made in;
// new ones get the newest. Called by journal/open.hpp, the storage commands and tests. Thread safe;
// a long read never holds up an append. Milliseconds. Errors: JournalError, each naming the file
// and what to do. The formats are described in docs/journal.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

inline constexpr int sqlite_format_newest = 2;            // PRAGMA user_version
inline constexpr int sqlite_application_id = 0x6d6a726e;  // PRAGMA application_id: "mjrn"

struct SqliteTuning {
  std::string vfs;  // the name of a registered SQLite VFS; empty: SQLite's own
  bool durable =
      true;          // false: synchronous=OFF, which a power cut does not survive; for tests only
  int poll_ms = 50;  // how often `wait` looks for what other handles and processes appended
  int format_if_new = sqlite_format_newest;  // 1 or 2
  // From generation 2 on: older commits than the newest `loose_entries` are packed by so many.
  std::size_t loose_entries = 1024;
  std::size_t block_entries = 256;
};

// A handle, to be opened. The folder must exist; the file is made whole or not at all.
std::unique_ptr<statekit::Journal> make_sqlite_journal(std::string path, SqliteTuning tuning = {});

// What can be told of a store without opening it as a journal.
struct SqliteInfo {
  int format = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t log_bytes = 0;        // of the write-ahead log beside it
  std::optional<std::string> holder;  // the process that holds it for writing, in words
  bool filling = false;               // a copy is written into it, or was interrupted
  std::uint64_t packed_entries = 0;   // from generation 2 on
  std::uint64_t packed_bytes = 0;     // what they take in the file
};

// `unavailable` when there is none. Takes no lock, changes nothing.
statekit::JournalResult<SqliteInfo> inspect_sqlite(const std::string& path);

// After an operator has decided that a store which went back counts as it is: it gets a new
// incarnation, so that whoever knew it further on begins anew. Nobody may have it open.
statekit::JournalResult<statekit::Head> accept_sqlite_rewind(
    const std::string& path, const statekit::Incarnation& incarnation);

// Gives the space of what was dropped back to the file system. Nobody may have it open.
statekit::JournalResult<void> shrink_sqlite(const std::string& path);

}  // namespace millrace::journal
