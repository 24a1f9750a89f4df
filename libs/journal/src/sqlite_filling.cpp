// How a store says that a copy is being written into it: by its format's number, which goes with
// the transaction that changes it and which also programs see that do not know of it.
#include "rules.hpp"
#include "sqlite_format.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

// Into the file's header, where also those look who do not open the store. Where a reader keeps us
// from it, the next checkpoint does it.
void show(Database& database) {
  sqlite3_wal_checkpoint_v2(database.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

}  // namespace

JournalResult<bool> is_filling(Database& database, const SqliteFormat& format) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  return *version == format.version() + filling_format;
}

JournalResult<void> set_filling(Database& database, const SqliteFormat& format, bool filling) {
  const int number = format.version() + (filling ? filling_format : 0);
  return database.run(("PRAGMA user_version = " + std::to_string(number)).c_str());
}

JournalResult<Head> begin_filling(Database& database, const SqliteFormat& format,
                                  const JournalOptions& options) {
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return tl::unexpected(done.error());
  JournalResult<Head> head = read_head(database, format);
  if (!head) return head;
  const auto filling = is_filling(database, format);
  if (!filling) return tl::unexpected(filling.error());
  if (*filling) return head;
  if (auto good = check_fill(*head, options, database.path()); !good)
    return tl::unexpected(good.error());
  *head = head_to_fill(*head, options);
  if (auto done = write_head(database, format, *head); !done) return tl::unexpected(done.error());
  if (auto done = set_filling(database, format, true); !done) return tl::unexpected(done.error());
  if (auto done = transaction.commit(); !done) return tl::unexpected(done.error());
  show(database);
  return head;
}

JournalResult<void> end_filling(Database& database, const SqliteFormat& format) {
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return done;
  if (auto done = set_filling(database, format, false); !done) return done;
  if (auto done = transaction.commit(); !done) return done;
  show(database);
  return {};
}

}  // namespace millrace::journal
