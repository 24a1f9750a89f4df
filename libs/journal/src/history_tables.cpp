#include "history_tables.hpp"

#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::size_t numbers_max = 4'096;
constexpr std::int64_t no_such_word = -1;

constexpr const char* tables[] = {
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), incarnation TEXT NOT NULL, "
    "first INTEGER NOT NULL, last INTEGER NOT NULL, digest BLOB NOT NULL) STRICT",
    "CREATE TABLE commits (revision INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, "
    "octets BLOB NOT NULL, seal BLOB NOT NULL) STRICT",
    "CREATE TABLE words (number INTEGER PRIMARY KEY, word BLOB NOT NULL UNIQUE) STRICT",
    "CREATE TABLE found (author INTEGER NOT NULL, module INTEGER NOT NULL, "
    "revision INTEGER NOT NULL, PRIMARY KEY (author, module, revision)) STRICT, WITHOUT ROWID",
    "CREATE TABLE names (key BLOB NOT NULL, module BLOB NOT NULL, revision INTEGER NOT NULL, "
    "PRIMARY KEY (key, module)) STRICT, WITHOUT ROWID"};

std::int64_t as_number(Revision revision) { return static_cast<std::int64_t>(revision); }

}  // namespace

JournalResult<void> HistoryTables::make_or_check(int version) {
  const auto there = database_.number("PRAGMA user_version");
  if (!there) return tl::unexpected(there.error());
  const auto filled = database_.number("SELECT count(*) FROM sqlite_schema");
  if (!filled) return tl::unexpected(filled.error());
  if (*there == version && *filled > 0) return {};
  if (*there != 0 || *filled != 0)
    return refuse(JournalFault::wrong_format, database_.path() + ": another version's index");
  Transaction transaction(database_);
  if (auto done = transaction.begin_write(); !done) return done;
  for (const char* sql : tables)
    if (auto done = database_.run(sql); !done) return done;
  if (auto done = write_position({}); !done) return done;
  const std::string mark = "PRAGMA user_version = " + std::to_string(version);
  if (auto done = database_.run(mark.c_str()); !done) return done;
  return transaction.commit();
}

JournalResult<HistoryPosition> HistoryTables::read_position() {
  Query row = database_.query("SELECT incarnation, first, last, digest FROM meta");
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  HistoryPosition position;
  if (!*found || !row.digest(3, position.digest))
    return refuse(JournalFault::corrupt, database_.path() + ": it does not say how far it is");
  position.incarnation = row.octets(0);
  position.first = static_cast<Revision>(row.number(1));
  position.last = static_cast<Revision>(row.number(2));
  if (position.first == 0 || position.last + 1 < position.first)
    return refuse(JournalFault::corrupt, database_.path() + ": it begins behind its end");
  return position;
}

JournalResult<void> HistoryTables::write_position(const HistoryPosition& position) {
  const Bytes digest = to_bytes(position.digest);
  return database_.query("INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?)")
      .bind_text(position.incarnation)
      .bind(as_number(position.first))
      .bind(as_number(position.last))
      .bind(digest)
      .run();
}

JournalResult<void> HistoryTables::empty() {
  forget_numbers();
  for (const char* sql :
       {"DELETE FROM commits", "DELETE FROM words", "DELETE FROM found", "DELETE FROM names"})
    if (auto done = database_.run(sql); !done) return done;
  return {};
}

JournalResult<void> HistoryTables::put(const HistoryRecord& record, const Bytes& seal) {
  if (auto done = database_.query("INSERT INTO commits VALUES (?, ?, ?, ?)")
                      .bind(as_number(record.revision))
                      .bind(record.time_ms)
                      .bind(record.octets)
                      .bind(seal)
                      .run();
      !done)
    return done;
  std::int64_t author = 0;
  if (!record.author.empty()) {
    const auto number = number_for(record.author);
    if (!number) return tl::unexpected(number.error());
    author = *number;
    if (auto done = put_found(author, 0, record.revision); !done) return done;
  }
  for (const std::string& module : record.modules) {
    const auto number = number_for(module);
    if (!number) return tl::unexpected(number.error());
    if (auto done = put_found(0, *number, record.revision); !done) return done;
    if (author == 0) continue;
    if (auto done = put_found(author, *number, record.revision); !done) return done;
  }
  return {};
}

JournalResult<void> HistoryTables::put_found(std::int64_t author, std::int64_t module,
                                             Revision revision) {
  return database_.query("INSERT INTO found VALUES (?, ?, ?)")
      .bind(author)
      .bind(module)
      .bind(as_number(revision))
      .run();
}

JournalResult<std::int64_t> HistoryTables::number_of(const std::string& word) {
  if (word.empty()) return 0;
  Query row = database_.query("SELECT number FROM words WHERE word = ?");
  row.bind(word);
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  return *found ? row.number(0) : no_such_word;
}

JournalResult<std::int64_t> HistoryTables::number_for(const std::string& word) {
  if (const auto known = numbers_.find(word); known != numbers_.end()) return known->second;
  auto number = number_of(word);
  if (!number) return number;
  if (*number == no_such_word) {
    if (auto done = database_.query("INSERT INTO words (word) VALUES (?)").bind(word).run(); !done)
      return tl::unexpected(done.error());
    number = sqlite3_last_insert_rowid(database_.raw());
  }
  if (numbers_.size() >= numbers_max) numbers_.clear();
  numbers_.emplace(word, *number);
  return number;
}

JournalResult<void> HistoryTables::put_names(const std::vector<HistoryName>& names,
                                             Revision revision) {
  for (const HistoryName& name : names) {
    for (const std::string& module : name.modules) {
      if (auto done = database_.query("INSERT OR REPLACE INTO names VALUES (?, ?, ?)")
                          .bind(name.key)
                          .bind(module)
                          .bind(as_number(revision))
                          .run();
          !done)
        return done;
    }
  }
  return {};
}

// From one (author, module) to the next, so that only what goes is read.
JournalResult<void> HistoryTables::drop_before(Revision first) {
  for (const char* sql :
       {"DELETE FROM commits WHERE revision < ?", "DELETE FROM names WHERE revision < ?"})
    if (auto done = database_.query(sql).bind(as_number(first)).run(); !done) return done;
  std::int64_t author = -1;
  std::int64_t module = -1;
  for (;;) {
    {
      Query next = database_.query(
          "SELECT author, module FROM found WHERE (author, module) > (?, ?) "
          "ORDER BY author, module LIMIT 1");
      next.bind(author).bind(module);
      const JournalResult<bool> found = next.step();
      if (!found) return tl::unexpected(found.error());
      if (!*found) return {};
      author = next.number(0);
      module = next.number(1);
    }
    if (auto done =
            database_.query("DELETE FROM found WHERE author = ? AND module = ? AND revision < ?")
                .bind(author)
                .bind(module)
                .bind(as_number(first))
                .run();
        !done)
      return done;
  }
}

JournalResult<std::vector<std::string>> HistoryTables::modules_of(const std::string& key) {
  std::vector<std::string> modules;
  Query row = database_.query("SELECT module FROM names WHERE key = ? ORDER BY module");
  row.bind(key);
  for (;;) {
    const JournalResult<bool> found = row.step();
    if (!found) return tl::unexpected(found.error());
    if (!*found) return modules;
    modules.push_back(row.octets(0));
  }
}

Rows::Rows(Database& database, std::int64_t author, std::int64_t module, Revision end,
           std::size_t limit)
    : every_(author == 0 && module == 0),
      query_(database.query(every_ ? "SELECT revision, time_ms, octets, seal FROM commits "
                                     "WHERE revision < ? ORDER BY revision DESC LIMIT ?"
                                   : "SELECT f.revision, c.time_ms, c.octets, c.seal FROM found f "
                                     "LEFT JOIN commits c ON c.revision = f.revision "
                                     "WHERE f.author = ? AND f.module = ? AND f.revision < ? "
                                     "ORDER BY f.revision DESC LIMIT ?")) {
  if (!every_) query_.bind(author).bind(module);
  query_.bind(as_number(end)).bind(static_cast<std::int64_t>(limit));
}

}  // namespace millrace::journal
