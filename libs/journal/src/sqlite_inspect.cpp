#include <filesystem>

#include "rules.hpp"
#include "sqlite_format.hpp"
#include "sqlite_lock.hpp"

namespace millrace::journal {

using namespace statekit;

JournalResult<SqliteInfo> inspect_sqlite(const std::string& path) {
  const JournalResult<const SqliteFormat*> format = recognize(path, {});
  if (!format) return tl::unexpected(format.error());
  if (!*format)
    return refuse(JournalFault::unavailable, path + ": there is no journal: check the name");
  SqliteInfo info;
  info.format = (*format)->version();
  std::error_code failed;
  info.file_bytes = std::filesystem::file_size(path, failed);
  const auto log = std::filesystem::file_size(path + "-wal", failed);
  info.log_bytes = failed ? 0 : log;
  info.holder = holder_of(path);
  const auto database = open_store(path, **format, {}, true);
  if (!database) return tl::unexpected(database.error());
  const auto filling = is_filling(**database, **format);
  if (!filling) return tl::unexpected(filling.error());
  info.filling = *filling;
  if (info.format < 2) return info;
  Query row = (*database)->query(
      "SELECT coalesce(sum(last - first + 1), 0), coalesce(sum(length(octets)), 0) FROM blocks");
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  info.packed_entries = static_cast<std::uint64_t>(row.number(0));
  info.packed_bytes = static_cast<std::uint64_t>(row.number(1));
  return info;
}

namespace {

struct Alone {
  std::shared_ptr<StoreLock> lock;
  const SqliteFormat* format = nullptr;
  std::unique_ptr<Database> database;
};

JournalResult<Alone> open_alone(const std::string& given) {
  const std::string path = std::filesystem::absolute(given).string();
  const JournalResult<const SqliteFormat*> format = recognize(path, {});
  if (!format) return tl::unexpected(format.error());
  if (!*format)
    return refuse(JournalFault::unavailable, path + ": there is no journal: check the name");
  auto lock = StoreLock::take(path, true);
  if (!lock) return tl::unexpected(lock.error());
  auto database = open_store(path, **format, {}, false);
  if (!database) return tl::unexpected(database.error());
  return Alone{std::move(*lock), *format, std::move(*database)};
}

}  // namespace

JournalResult<Head> accept_sqlite_rewind(const std::string& path, const Incarnation& incarnation) {
  auto alone = open_alone(path);
  if (!alone) return tl::unexpected(alone.error());
  Database& database = *alone->database;
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return tl::unexpected(done.error());
  JournalResult<Head> head = read_head(database, *alone->format);
  if (!head) return head;
  const auto filling = is_filling(database, *alone->format);
  if (!filling) return tl::unexpected(filling.error());
  if (*filling) return refuse_half(path);
  if (auto good = check_end(database, *head); !good) return tl::unexpected(good.error());
  head->incarnation = incarnation;
  if (auto done = write_head(database, *alone->format, *head); !done)
    return tl::unexpected(done.error());
  if (auto done = transaction.commit(); !done) return tl::unexpected(done.error());
  if (auto done = forget_mark(database.path()); !done) return tl::unexpected(done.error());
  return head;
}

JournalResult<void> shrink_sqlite(const std::string& path) {
  auto alone = open_alone(path);
  if (!alone) return tl::unexpected(alone.error());
  Database& database = *alone->database;
  // SQLite attaches a second file of its own for this, which may be as large as the store.
  sqlite3_limit(database.raw(), SQLITE_LIMIT_ATTACHED, 1);
  if (auto done = database.run("PRAGMA temp_store = FILE"); !done) return done;
  return database.run("VACUUM");
}

}  // namespace millrace::journal
