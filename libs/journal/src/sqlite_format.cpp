#include "sqlite_format.hpp"

#include <string_view>

#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

// Frozen: a change of any of these is a new format.
constexpr const char* create_meta =
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), incarnation TEXT NOT NULL, "
    "compacted INTEGER NOT NULL, compacted_digest BLOB NOT NULL, last INTEGER NOT NULL, "
    "last_digest BLOB NOT NULL, seal BLOB NOT NULL) STRICT";
constexpr const char* create_commits =
    "CREATE TABLE commits (revision INTEGER PRIMARY KEY, octets BLOB NOT NULL, "
    "digest BLOB NOT NULL) STRICT";
// A snapshot being written has a row with part -1; sealing it turns that into part 0, which is what
// readers look for. The parts are 1, 2, ... with the SHA-256 of their octets.
constexpr const char* create_snapshots =
    "CREATE TABLE snapshots (revision INTEGER NOT NULL, attempt INTEGER NOT NULL, "
    "part INTEGER NOT NULL, octets BLOB NOT NULL, digest BLOB NOT NULL, "
    "PRIMARY KEY (revision, attempt, part)) STRICT";

std::string tables_wanted() {
  return std::string(create_commits) + "\n" + create_meta + "\n" + create_snapshots;
}

// Binds every field of the meta row, so that none can change unseen.
Digest seal_of(const Head& head) {
  return sha256("millrace journal meta 1|" + head.incarnation + "|" +
                std::to_string(head.first - 1) + "|" + hex(head.before_first) + "|" +
                std::to_string(head.last) + "|" + hex(head.digest));
}

JournalResult<void> run_all(Database& database, std::initializer_list<const char*> statements) {
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

JournalResult<void> check_tables(Database& database) {
  std::string tables;
  Query rows = database.query(
      "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  for (;;) {
    const JournalResult<bool> row = rows.step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    tables += (tables.empty() ? "" : "\n") + rows.octets(0);
  }
  if (tables == tables_wanted()) return {};
  return refuse(JournalFault::wrong_format,
                database.path() + ": its tables are not those of a journal of format " +
                    std::to_string(sqlite_format) + ": restore a backup, or name another file");
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

}  // namespace

tl::unexpected<JournalError> damaged(const Database& database, Revision revision,
                                     const std::string& what) {
  return refuse(JournalFault::corrupt,
                database.path() + ": damaged at revision " + std::to_string(revision) + ": " +
                    what + ": restore a backup",
                {}, revision);
}

JournalResult<void> write_tables(Database& database, const Incarnation& incarnation) {
  Transaction transaction(database);
  const std::string ids = "PRAGMA application_id = " + std::to_string(sqlite_application_id) +
                          "; PRAGMA user_version = " + std::to_string(sqlite_format);
  if (auto done = transaction.begin_write(); !done) return done;
  if (auto done = run_all(database, {ids.c_str(), create_meta, create_commits, create_snapshots});
      !done)
    return done;
  if (auto done = write_head(database, {incarnation, 1, 0, {}, {}}); !done) return done;
  return transaction.commit();
}

JournalResult<std::unique_ptr<Database>> open_store(const std::string& path,
                                                    const SqliteTuning& tuning) {
  auto database = Database::connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, tuning.vfs);
  if (!database) return database;
  if (sqlite3_db_readonly((*database)->raw(), "main") == 1)
    return tl::unexpected(sqlite_error(SQLITE_READONLY, path, "opened for reading only"));
  if (auto done = set_up(**database, tuning.durable); !done) return tl::unexpected(done.error());
  if (auto done = check_wal(**database); !done) return tl::unexpected(done.error());
  if (auto done = check_tables(**database); !done) return tl::unexpected(done.error());
  put_log_away(**database);
  return database;
}

JournalResult<Head> read_head(Database& database) {
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
  if (good && seal == seal_of(head)) return head;
  return refuse(JournalFault::corrupt,
                database.path() +
                    ": the row that says where the journal begins and ends is "
                    "damaged: restore a backup");
}

JournalResult<void> write_head(Database& database, const Head& head) {
  const Bytes before_first = to_bytes(head.before_first);
  const Bytes digest = to_bytes(head.digest);
  const Bytes seal = to_bytes(seal_of(head));
  return database.query("INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?, ?, ?)")
      .bind_text(head.incarnation)
      .bind(static_cast<std::int64_t>(head.first - 1))
      .bind(before_first)
      .bind(static_cast<std::int64_t>(head.last))
      .bind(digest)
      .bind(seal)
      .run();
}

JournalResult<std::optional<Digest>> digest_at(Database& database, const Head& head,
                                               Revision revision) {
  if (revision == head.last) return std::optional(head.digest);
  if (revision + 1 == head.first) return std::optional(head.before_first);
  if (revision > head.last || revision < head.first) return std::optional<Digest>();
  Query row = database.query("SELECT digest FROM commits WHERE revision = ?");
  row.bind(static_cast<std::int64_t>(revision));
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  Digest digest;
  if (*found && row.digest(0, digest)) return std::optional(digest);
  return damaged(database, revision, "the commit is missing");
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
