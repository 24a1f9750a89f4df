// Format 1 of the SQLite driver: which tables a store has, how one is made, recognized and opened,
// and how its meta row is read and written. Used by the SQLite driver only. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "journal/sqlite.hpp"
#include "sqlite_database.hpp"

namespace millrace::journal {

// Looks at the file without changing an octet of anything. True: a store of this format. False:
// there is none. Else why it is not for us.
statekit::JournalResult<bool> recognize(const std::string& path, const std::string& vfs);

// Makes a new, empty store: beside `path` first, then in its place by one rename. Fine when
// somebody else was faster.
statekit::JournalResult<void> create_store(const std::string& path,
                                           const statekit::Incarnation& incarnation,
                                           const SqliteTuning& tuning);

// The tables of an empty store, into an empty file, in one transaction.
statekit::JournalResult<void> write_tables(Database& database,
                                           const statekit::Incarnation& incarnation);

// A connection to a store that was recognized, set up and with its tables checked.
statekit::JournalResult<std::unique_ptr<Database>> open_store(const std::string& path,
                                                              const SqliteTuning& tuning);

// The meta row. Reading checks its seal: `corrupt` when an octet changed.
statekit::JournalResult<statekit::Head> read_head(Database& database);
statekit::JournalResult<void> write_head(Database& database, const statekit::Head& head);

// That the newest commit is the one that the meta row speaks of.
statekit::JournalResult<void> check_end(Database& database, const statekit::Head& head);

// The journal's digest at a revision; nullopt when it is not held there.
statekit::JournalResult<std::optional<statekit::Digest>> digest_at(Database& database,
                                                                   const statekit::Head& head,
                                                                   statekit::Revision revision);

tl::unexpected<statekit::JournalError> damaged(const Database& database,
                                               statekit::Revision revision,
                                               const std::string& what);

}  // namespace millrace::journal
