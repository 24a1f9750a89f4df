// One SQLite connection and its prepared statements, with SQLite's codes turned into JournalErrors
// that say what to do. Used by the SQLite driver only. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "statekit/journal.hpp"

namespace millrace::journal {

// A prepared statement between two uses; resets itself when it goes.
class Query {
 public:
  Query(sqlite3_stmt* statement, class Database& database)
      : statement_(statement), database_(database) {}
  Query(const Query&) = delete;
  ~Query();

  Query& bind(std::int64_t number);
  Query& bind(statekit::BytesView octets);  // must outlive the query
  Query& bind_text(statekit::BytesView text);

  // True: a row is there to be read. False: done.
  statekit::JournalResult<bool> step();
  // For statements without rows.
  statekit::JournalResult<void> run();

  std::int64_t number(int column) const;
  statekit::Bytes octets(int column) const;
  bool digest(int column, statekit::Digest& digest) const;  // false: not 32 octets

 private:
  sqlite3_stmt* statement_;
  Database& database_;
  int bound_ = 0;
};

class Database {
 public:
  // `flags` as for sqlite3_open_v2. An empty vfs is SQLite's own.
  static statekit::JournalResult<std::unique_ptr<Database>> connect(const std::string& path,
                                                                    int flags,
                                                                    const std::string& vfs);
  Database(const Database&) = delete;
  ~Database();

  // Runs statements that give no rows.
  statekit::JournalResult<void> run(const char* sql);
  // The statement is kept prepared. REQUIRES: `sql` is a literal; no other use of it is under way.
  Query query(const char* sql);
  // The first column of the first row, as a number or as text.
  statekit::JournalResult<std::int64_t> number(const char* sql);
  statekit::JournalResult<std::string> text(const char* sql);

  // How long a statement waits for another process's lock from now on.
  void wait_at_most(std::int64_t ms);

  sqlite3* raw() const { return raw_; }
  const std::string& path() const { return path_; }
  int changes() const { return sqlite3_changes(raw_); }

  // The failure of the last call, which is remembered for the two below.
  statekit::JournalError error();
  // That a COMMIT failed before its mark was written: no room, or no lock.
  bool surely_unwritten() const;
  bool disk_was_full() const { return failure_ == SQLITE_FULL; }
  // After an I/O error nothing that this connection believes can be trusted.
  bool must_reopen() const { return must_reopen_; }

 private:
  Database(std::string path, sqlite3* raw) : path_(std::move(path)), raw_(raw) {}
  static int on_busy(void* self, int tries);

  std::string path_;
  sqlite3* raw_;
  std::map<const char*, sqlite3_stmt*> prepared_;
  int failure_ = SQLITE_OK;
  bool must_reopen_ = false;
  std::chrono::steady_clock::time_point busy_until_{};
};

// Rolls back when it goes, unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  ~Transaction();

  statekit::JournalResult<void> begin_write();
  statekit::JournalResult<void> begin_read();
  statekit::JournalResult<void> commit();

 private:
  Database& database_;
};

// A failure by its SQLite code, for the places that have no connection.
statekit::JournalError sqlite_error(int code, const std::string& path, const std::string& detail);

}  // namespace millrace::journal
