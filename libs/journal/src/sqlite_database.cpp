#include "sqlite_database.hpp"

#include <thread>

namespace millrace::journal {

using namespace statekit;

JournalError sqlite_error(int code, const std::string& path, const std::string& detail) {
  const std::string why = " (SQLite: " + detail + ", code " + std::to_string(code) + ")";
  const auto unavailable = [&](const std::string& text) {
    return JournalError{JournalFault::unavailable, path + ": " + text + why, {}, 0};
  };
  switch (code & 0xff) {
    case SQLITE_FULL:
      return unavailable("the disk is full, nothing was written: free some space on it");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable("another process holds the lock: find it with `fuser`, or try again");
    case SQLITE_CANTOPEN:
      return unavailable("it cannot be opened: check that the folder exists and who may use it");
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return unavailable("it may not be written: check the owner and mode of file and folder");
    case SQLITE_IOERR:
      return unavailable("the disk failed: look at the system's log; reopening is tried next");
    case SQLITE_NOMEM: return unavailable("out of memory");
    case SQLITE_CORRUPT:
      return {JournalFault::corrupt, path + ": it is damaged: restore a backup" + why, {}, 0};
    case SQLITE_NOTADB:
      return {JournalFault::wrong_format, path + ": it is no journal of Millrace's" + why, {}, 0};
    default: return unavailable("SQLite refused");
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;  // it could not be prepared
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_, ++bound_, number);
  return *this;
}

Query& Query::bind(BytesView octets) {
  // A null pointer would be stored as NULL, not as an empty blob.
  sqlite3_bind_blob64(statement_, ++bound_, octets.data() ? octets.data() : "", octets.size(),
                      SQLITE_STATIC);
  return *this;
}

Query& Query::bind_text(BytesView text) {
  sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

JournalResult<bool> Query::step() {
  // A statement that could not be prepared is null; the connection then holds the reason.
  const int code = statement_ ? sqlite3_step(statement_) : SQLITE_ERROR;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(database_.error());
}

JournalResult<void> Query::run() {
  const JournalResult<bool> row = step();
  if (!row) return tl::unexpected(row.error());
  return {};
}

std::int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }

Bytes Query::octets(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data ? Bytes(static_cast<const char*>(data), static_cast<std::size_t>(size)) : Bytes();
}

bool Query::digest(int column, Digest& digest) const { return from_bytes(octets(column), digest); }

JournalResult<std::unique_ptr<Database>> Database::connect(const std::string& path, int flags,
                                                           const std::string& vfs) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_EXRESCODE,
                                   vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<Database> database(new Database(path, raw));
  if (code != SQLITE_OK)
    return tl::unexpected(sqlite_error(code, path, raw ? sqlite3_errmsg(raw) : "out of memory"));
  sqlite3_busy_handler(raw, &Database::on_busy, database.get());
  database->wait_at_most(Deadline{}.ms);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(raw_);
}

int Database::on_busy(void* self, int tries) {
  const auto now = std::chrono::steady_clock::now();
  if (now >= static_cast<Database*>(self)->busy_until_) return 0;
  // Short at first, since a lock is held for one fsync; spread, so that waiters do not march.
  const auto spread = static_cast<int>(now.time_since_epoch().count() / 1000 % 300);
  std::this_thread::sleep_for(std::chrono::microseconds(tries < 20 ? 100 + spread : 2000 + spread));
  return 1;
}

void Database::wait_at_most(std::int64_t ms) {
  busy_until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

JournalResult<void> Database::run(const char* sql) {
  if (sqlite3_exec(raw_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return tl::unexpected(error());
}

Query Database::query(const char* sql) {
  sqlite3_stmt*& statement = prepared_[sql];
  if (statement == nullptr)
    sqlite3_prepare_v3(raw_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return {statement, *this};
}

JournalResult<std::int64_t> Database::number(const char* sql) {
  Query row = query(sql);
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  return *found ? row.number(0) : 0;
}

JournalResult<std::string> Database::text(const char* sql) {
  Query row = query(sql);
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  return *found ? row.octets(0) : std::string();
}

JournalError Database::error() {
  const int code = sqlite3_extended_errcode(raw_);
  failure_ = code & 0xff;
  switch (failure_) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG: break;
    default: must_reopen_ = true;
  }
  return sqlite_error(code, path_, sqlite3_errmsg(raw_));
}

bool Database::surely_unwritten() const {
  return failure_ == SQLITE_FULL || failure_ == SQLITE_BUSY;
}

Transaction::~Transaction() {
  if (sqlite3_get_autocommit(database_.raw()) == 0)
    sqlite3_exec(database_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

JournalResult<void> Transaction::begin_write() { return database_.run("BEGIN IMMEDIATE"); }
JournalResult<void> Transaction::begin_read() { return database_.run("BEGIN"); }
JournalResult<void> Transaction::commit() { return database_.run("COMMIT"); }

}  // namespace millrace::journal
