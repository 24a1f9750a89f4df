#include "sqlite_format.hpp"

#include <filesystem>
#include <string_view>

#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

// A change of any of these is a new format. A snapshot being written has a row with part -1;
// sealing it turns that into part 0, which is what readers look for. The parts are 1, 2, ... with
// the SHA-256 of what they hold.
const char* const create_meta =
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), incarnation TEXT NOT NULL, "
    "compacted INTEGER NOT NULL, compacted_digest BLOB NOT NULL, last INTEGER NOT NULL, "
    "last_digest BLOB NOT NULL, seal BLOB NOT NULL) STRICT";
const char* const create_snapshots =
    "CREATE TABLE snapshots (revision INTEGER NOT NULL, attempt INTEGER NOT NULL, "
    "part INTEGER NOT NULL, octets BLOB NOT NULL, digest BLOB NOT NULL, "
    "PRIMARY KEY (revision, attempt, part)) STRICT";

namespace {

// Binds every field of the meta row, so that none can change unseen.
Digest seal_of(const Head& head, int version) {
  return sha256("millrace journal meta " + std::to_string(version) + "|" + head.incarnation + "|" +
                std::to_string(head.first - 1) + "|" + hex(head.before_first) + "|" +
                std::to_string(head.last) + "|" + hex(head.digest));
}

JournalResult<void> run_all(Database& database, const std::vector<const char*>& statements) {
  for (const char* sql : statements)
    if (auto done = database.run(sql); !done) return done;
  return {};
}

void harden(sqlite3* raw) {
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024);
  sqlite3_limit(raw, SQLITE_LIMIT_SQL_LENGTH, 16 * 1024);
  sqlite3_limit(raw, SQLITE_LIMIT_COLUMN, 32);
  sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
}

JournalResult<void> set_up(Database& database, bool durable) {
  harden(database.raw());
  return run_all(database, {"PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0",
                            "PRAGMA temp_store = MEMORY", "PRAGMA journal_size_limit = 67108864",
                            durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF"});
}

JournalResult<void> check_tables(Database& database, const SqliteFormat& format) {
  std::string tables;
  std::string wanted;
  for (const char* sql : format.tables()) wanted += (wanted.empty() ? "" : "\n") + std::string(sql);
  Query rows = database.query(
      "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  for (;;) {
    const JournalResult<bool> row = rows.step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    tables += (tables.empty() ? "" : "\n") + rows.octets(0);
  }
  if (tables == wanted) return {};
  return refuse(JournalFault::wrong_format,
                database.path() + ": its tables are not those of a journal of format " +
                    std::to_string(format.version()) + ": restore a backup, or name another file");
}

JournalResult<void> check_wal(Database& database) {
  JournalResult<std::string> mode = database.text("PRAGMA journal_mode");
  if (mode && *mode != "wal") mode = database.text("PRAGMA journal_mode = WAL");
  if (!mode) return tl::unexpected(mode.error());
  if (*mode == "wal") return {};
  return refuse(JournalFault::unavailable,
                database.path() +
                    ": SQLite cannot keep a write-ahead log here: use a disk of this machine, "
                    "not a network file system");
}

// A log that a crash left may end in pieces of transactions, which would mislead `check_log` when
// new ones had been written over some of them: begin a new log. Others who have the store open have
// no such pieces, so it does not matter that they may keep us from it.
void put_log_away(Database& database) {
  database.wait_at_most(0);
  sqlite3_wal_checkpoint_v2(database.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  database.wait_at_most(Deadline{}.ms);
}

// As a file: URI, for what only that can say.
std::string uri_of(const std::string& path, const std::string& parameters) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr const char* digits = "0123456789ABCDEF";
    const auto octet = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%')
      uri += {'%', digits[octet >> 4], digits[octet & 15]};
    else
      uri += c;
  }
  return uri + "?" + parameters;
}

// SQLite takes a last page that is cut off for one that ends in zeroes.
JournalResult<void> check_length(Database& database, const std::string& path, bool without_log) {
  const JournalResult<std::int64_t> page = database.number("PRAGMA page_size");
  if (!page) return tl::unexpected(page.error());
  std::error_code failed;
  const auto octets = std::filesystem::file_size(path, failed);
  if (failed || !without_log || octets % static_cast<std::uintmax_t>(*page) == 0) return {};
  return refuse(JournalFault::corrupt, path + ": it is cut off after " + std::to_string(octets) +
                                           " octets, in the middle of a page: restore a backup");
}

// Nothing of the store's is written. Where not even SQLite's index of the log can be made, as in a
// folder that is read-only, and there is no log, nobody can be writing either.
JournalResult<std::unique_ptr<Database>> open_to_read(const std::string& path,
                                                      const SqliteFormat& format,
                                                      const SqliteTuning& tuning) {
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  auto database = Database::connect(path, flags, tuning.vfs);
  if (!database) return database;
  JournalResult<std::int64_t> readable = (*database)->number("SELECT count(*) FROM sqlite_schema");
  std::error_code failed;
  const auto log = std::filesystem::file_size(path + "-wal", failed);
  if (!readable && readable.error().fault == JournalFault::unavailable && (failed || log == 0))
    database = Database::connect(uri_of(path, "immutable=1"), flags | SQLITE_OPEN_URI, tuning.vfs);
  if (!database) return database;
  if (auto good = check_length(**database, path, failed || log == 0); !good)
    return tl::unexpected(good.error());
  harden((*database)->raw());
  if (auto done = run_all(**database, {"PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0"});
      !done)
    return tl::unexpected(done.error());
  if (auto done = check_tables(**database, format); !done) return tl::unexpected(done.error());
  return database;
}

}  // namespace

tl::unexpected<JournalError> damaged(const Database& database, Revision revision,
                                     const std::string& what) {
  return refuse(JournalFault::corrupt,
                database.path() + ": damaged at revision " + std::to_string(revision) + ": " +
                    what + ": restore a backup",
                {}, revision);
}

const SqliteFormat* sqlite_generation(std::int64_t version) {
  for (const SqliteFormat* format : {&sqlite_generation_1(), &sqlite_generation_2()})
    if (format->version() == version) return format;
  return nullptr;
}

JournalResult<void> write_tables(Database& database, const SqliteFormat& format,
                                 const JournalOptions& options) {
  Transaction transaction(database);
  const std::string ids = "PRAGMA application_id = " + std::to_string(sqlite_application_id);
  if (auto done = transaction.begin_write(); !done) return done;
  if (auto done = run_all(database, {ids.c_str()}); !done) return done;
  if (auto done = set_filling(database, format, options.fill); !done) return done;
  if (auto done = run_all(database, format.tables()); !done) return done;
  if (auto done = write_head(database, format, {options.incarnation_if_new, 1, 0, {}, {}}); !done)
    return done;
  return transaction.commit();
}

JournalResult<std::unique_ptr<Database>> open_store(const std::string& path,
                                                    const SqliteFormat& format,
                                                    const SqliteTuning& tuning, bool read_only) {
  if (read_only) return open_to_read(path, format, tuning);
  auto database = Database::connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, tuning.vfs);
  if (!database) return database;
  if (sqlite3_db_readonly((*database)->raw(), "main") == 1)
    return tl::unexpected(sqlite_error(SQLITE_READONLY, path, "opened for reading only"));
  if (auto done = set_up(**database, tuning.durable); !done) return tl::unexpected(done.error());
  if (auto done = check_wal(**database); !done) return tl::unexpected(done.error());
  if (auto done = check_tables(**database, format); !done) return tl::unexpected(done.error());
  put_log_away(**database);
  return database;
}

JournalResult<Head> read_head(Database& database, const SqliteFormat& format) {
  Query row = database.query(
      "SELECT incarnation, compacted, compacted_digest, last, last_digest, seal FROM meta");
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  Head head;
  Digest seal;
  bool good = *found;
  if (good) {
    head.incarnation = row.octets(0);
    head.first = static_cast<Revision>(row.number(1)) + 1;
    good = row.digest(2, head.before_first) && row.digest(4, head.digest) && row.digest(5, seal);
    head.last = static_cast<Revision>(row.number(3));
  }
  if (good && seal == seal_of(head, format.version())) return head;
  return refuse(JournalFault::corrupt,
                database.path() +
                    ": the row that says where the journal begins and ends is "
                    "damaged: restore a backup");
}

JournalResult<void> write_head(Database& database, const SqliteFormat& format, const Head& head) {
  const Bytes before_first = to_bytes(head.before_first);
  const Bytes digest = to_bytes(head.digest);
  const Bytes seal = to_bytes(seal_of(head, format.version()));
  return database.query("INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?, ?, ?)")
      .bind_text(head.incarnation)
      .bind(static_cast<std::int64_t>(head.first - 1))
      .bind(before_first)
      .bind(static_cast<std::int64_t>(head.last))
      .bind(digest)
      .bind(seal)
      .run();
}

JournalResult<std::optional<Digest>> digest_at(Database& database, const SqliteFormat& format,
                                               const Head& head, Revision revision) {
  if (revision == head.last) return std::optional(head.digest);
  if (revision + 1 == head.first) return std::optional(head.before_first);
  if (revision > head.last || revision < head.first) return std::optional<Digest>();
  const JournalResult<Digest> digest = format.stored_digest(database, head, revision);
  if (!digest) return tl::unexpected(digest.error());
  return std::optional(*digest);
}

JournalResult<void> check_end(Database& database, const Head& head) {
  Query row = database.query("SELECT revision, digest FROM commits ORDER BY revision DESC LIMIT 1");
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  const Revision newest = *found ? static_cast<Revision>(row.number(0)) : 0;
  const bool empty = head.last + 1 == head.first;
  if (empty && newest <= head.last) return {};
  Digest digest;
  if (!empty && newest == head.last && row.digest(1, digest) && digest == head.digest) return {};
  return damaged(database, std::min(newest, head.last) + (newest == head.last ? 0 : 1),
                 "the journal should end at revision " + std::to_string(head.last));
}

}  // namespace millrace::journal
