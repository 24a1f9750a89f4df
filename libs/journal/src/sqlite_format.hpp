// What the generations of the SQLite driver share, and SqliteFormat, which is where they differ:
// how commits lie in the file. Used by the SQLite driver only. One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "journal/sqlite.hpp"
#include "sqlite_database.hpp"

namespace millrace::journal {

// One generation. Frozen once it is released: a change of what it writes is a new generation.
class SqliteFormat {
 public:
  virtual ~SqliteFormat() = default;
  virtual int version() const = 0;  // PRAGMA user_version
  // That one process at a time may write.
  virtual bool one_writer() const = 0;
  // The CREATE statements, in the order of the names of what they create.
  virtual std::vector<const char*> tables() const = 0;

  // Inside the caller's write transaction.
  virtual statekit::JournalResult<void> insert(Database& database,
                                               std::span<const statekit::Entry> entries) const = 0;
  // After an insert, before its commit: what the generation does about older commits.
  virtual statekit::JournalResult<void> tidy(Database& database, const statekit::Head& head,
                                             const SqliteTuning& tuning) const = 0;
  // Drops some commits from before the beginning. True: there may be more.
  virtual statekit::JournalResult<bool> sweep(Database& database, std::int64_t compacted) const = 0;

  // Inside the caller's transaction. REQUIRES: head.first - 1 <= after < head.last.
  virtual statekit::JournalResult<std::vector<statekit::Entry>> read(
      Database& database, const statekit::Head& head, statekit::Revision after,
      std::size_t max_entries, std::size_t max_bytes) const = 0;
  // REQUIRES: head.first <= revision < head.last.
  virtual statekit::JournalResult<statekit::Digest> stored_digest(
      Database& database, const statekit::Head& head, statekit::Revision revision) const = 0;

  // A snapshot's part as it lies in the file, and back; nullopt: damaged.
  virtual statekit::Bytes part_in(statekit::BytesView part) const = 0;
  virtual std::optional<statekit::Bytes> part_out(statekit::Bytes stored) const = 0;
};

const SqliteFormat& sqlite_generation_1();
const SqliteFormat& sqlite_generation_2();
// Null: none that this program knows.
const SqliteFormat* sqlite_generation(std::int64_t version);

extern const char* const create_meta;
extern const char* const create_snapshots;

// Where a file is, also one that is named without a folder.
std::filesystem::path folder_of(const std::string& path);

// What the first octets of a file say of it, read without changing anything.
struct FileMark {
  bool empty = false;
  bool sqlite = false;  // and whole as far as its header goes
  std::uint32_t application_id = 0;
  std::uint32_t user_version = 0;
};
statekit::JournalResult<FileMark> mark_of(const std::string& path, const std::string& vfs);

// Looks at the file without changing an octet of anything. Null: there is no store. Else its
// format, or why it is not for us.
statekit::JournalResult<const SqliteFormat*> recognize(const std::string& path,
                                                       const std::string& vfs);

// Makes a new, empty store: beside `path` first, then in its place by one rename. Fine when
// somebody else was faster.
statekit::JournalResult<void> create_store(const std::string& path,
                                           const statekit::JournalOptions& options,
                                           const SqliteFormat& format, const SqliteTuning& tuning);

// The tables of an empty store, into an empty file, in one transaction.
statekit::JournalResult<void> write_tables(Database& database, const SqliteFormat& format,
                                           const statekit::JournalOptions& options);

// Whether a copy is being written into it: its user_version is then filling_format more.
statekit::JournalResult<bool> is_filling(Database& database, const SqliteFormat& format);
// Inside the caller's write transaction.
statekit::JournalResult<void> set_filling(Database& database, const SqliteFormat& format,
                                          bool filling);
// As open with `fill` wants it, and `filled`: in a transaction of their own.
statekit::JournalResult<statekit::Head> begin_filling(Database& database,
                                                      const SqliteFormat& format,
                                                      const statekit::JournalOptions& options);
statekit::JournalResult<void> end_filling(Database& database, const SqliteFormat& format);

// A connection to a store that was recognized, set up and with its tables checked.
statekit::JournalResult<std::unique_ptr<Database>> open_store(const std::string& path,
                                                              const SqliteFormat& format,
                                                              const SqliteTuning& tuning,
                                                              bool read_only);

// The meta row. Reading checks its seal: `corrupt` when an octet changed.
statekit::JournalResult<statekit::Head> read_head(Database& database, const SqliteFormat& format);
statekit::JournalResult<void> write_head(Database& database, const SqliteFormat& format,
                                         const statekit::Head& head);

// That the newest commit is the one that the meta row speaks of.
statekit::JournalResult<void> check_end(Database& database, const statekit::Head& head);

// The journal's digest at a revision; nullopt when it is not held there.
statekit::JournalResult<std::optional<statekit::Digest>> digest_at(Database& database,
                                                                   const SqliteFormat& format,
                                                                   const statekit::Head& head,
                                                                   statekit::Revision revision);

tl::unexpected<statekit::JournalError> damaged(const Database& database,
                                               statekit::Revision revision,
                                               const std::string& what);

}  // namespace millrace::journal
