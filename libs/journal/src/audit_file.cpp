#include "journal/audit_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "rules.hpp"
#include "sqlite_format.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

namespace fs = std::filesystem;

constexpr const char* tables[] = {
    "CREATE TABLE events (id INTEGER PRIMARY KEY, octets BLOB NOT NULL, seal BLOB NOT NULL) STRICT",
    "CREATE TABLE note (id INTEGER PRIMARY KEY CHECK (id = 1), file TEXT NOT NULL, "
    "events INTEGER NOT NULL, newest_id INTEGER NOT NULL, done_gone INTEGER NOT NULL, "
    "done_gone_ms INTEGER NOT NULL, denied_gone INTEGER NOT NULL, "
    "denied_gone_ms INTEGER NOT NULL, seal BLOB NOT NULL) STRICT"};

constexpr const char* what_to_do = ": move it away, with its -wal, and a new one is begun";

std::int64_t as_number(std::uint64_t number) { return static_cast<std::int64_t>(number); }

// Bound to where it stands, so that no damage is taken for what was told.
Bytes seal_of(const std::string& place, BytesView octets) {
  return to_bytes(sha256("millrace audit|" + place + "|" + Bytes(octets))).substr(0, 8);
}

Bytes seal_of(const AuditNote& note, std::int64_t events) {
  std::string all = note.file;
  for (const std::int64_t each :
       {events, as_number(note.newest_id), as_number(note.done_gone), note.done_gone_ms,
        as_number(note.denied_gone), note.denied_gone_ms})
    all += "|" + std::to_string(each);
  return seal_of("note", all);
}

// What SQLite says of a journal, said of this file.
JournalError of_audit(JournalError error, const std::string& path) {
  if (error.fault == JournalFault::corrupt && error.message.find(what_to_do) == std::string::npos)
    error.message = path + ": it is damaged" + what_to_do;
  if (error.fault == JournalFault::unavailable &&
      error.message.find("another process holds the lock") != std::string::npos)
    error.message = path +
                    ": another process has it, and one timeline at a time may write it: find it "
                    "with `fuser`, or name another file in timeline.audit";
  return error;
}

class SqliteAuditFile final : public AuditFile {
 public:
  explicit SqliteAuditFile(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  JournalResult<AuditContent> read() override {
    auto content = read_all();
    if (!content) return tl::unexpected(of_audit(content.error(), database_->path()));
    return content;
  }

  JournalResult<void> write(const AuditNote& note, const std::vector<AuditRow>& added,
                            const std::vector<std::uint64_t>& removed) override {
    auto done = write_all(note, added, removed);
    if (!done) return tl::unexpected(of_audit(done.error(), database_->path()));
    return done;
  }

  JournalResult<void> make(const AuditNote& note) {
    Transaction transaction(*database_);
    auto done = transaction.begin_write();
    for (const char* sql : tables)
      if (done) done = database_->run(sql);
    if (done) done = write_note(note, 0);
    for (const std::string& mark :
         {"PRAGMA application_id = " + std::to_string(audit_application_id),
          "PRAGMA user_version = " + std::to_string(audit_format_newest)})
      if (done) done = database_->run(mark.c_str());
    return done ? transaction.commit() : done;
  }

 private:
  JournalResult<AuditContent> read_all() {
    AuditContent content;
    const auto events = read_note(content.note);
    if (!events) return tl::unexpected(events.error());
    Query rows = database_->query("SELECT id, octets, seal FROM events ORDER BY id");
    std::size_t bytes = 0;
    while (true) {
      const JournalResult<bool> more = rows.step();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
      AuditRow row{static_cast<std::uint64_t>(rows.number(0)), rows.octets(1)};
      if (rows.octets(2) != seal_of(std::to_string(row.id), row.octets))
        return damaged("event " + std::to_string(row.id) + " is not what was written");
      if ((bytes += row.octets.size()) > audit_rows_bytes_max)
        return damaged("it holds more than any audit of ours");
      content.rows.push_back(std::move(row));
    }
    if (content.rows.size() != static_cast<std::size_t>(*events))
      return damaged("it holds " + std::to_string(content.rows.size()) + " events and says " +
                     std::to_string(*events));
    return content;
  }

  JournalResult<void> write_all(const AuditNote& note, const std::vector<AuditRow>& added,
                                const std::vector<std::uint64_t>& removed) {
    Transaction transaction(*database_);
    auto done = transaction.begin_write();
    if (!done) return done;
    auto events = database_->number("SELECT events FROM note");
    if (!events) return tl::unexpected(events.error());
    for (auto id = removed.begin(); done && id != removed.end(); ++id) {
      done = database_->query("DELETE FROM events WHERE id = ?").bind(as_number(*id)).run();
      *events -= database_->changes();
    }
    for (auto row = added.begin(); done && row != added.end(); ++row, ++*events) done = put(*row);
    if (done) done = write_note(note, *events);
    return done ? transaction.commit() : done;
  }

  tl::unexpected<JournalError> damaged(const std::string& what) const {
    return refuse(JournalFault::corrupt,
                  database_->path() + ": it is damaged, " + what + what_to_do);
  }

  JournalResult<void> put(const AuditRow& row) {
    const Bytes seal = seal_of(std::to_string(row.id), row.octets);
    return database_->query("INSERT INTO events VALUES (?, ?, ?)")
        .bind(as_number(row.id))
        .bind(row.octets)
        .bind(seal)
        .run();
  }

  // How many events there should be.
  JournalResult<std::int64_t> read_note(AuditNote& note) {
    Query row = database_->query(
        "SELECT file, newest_id, done_gone, done_gone_ms, denied_gone, denied_gone_ms, seal, "
        "events FROM note");
    const JournalResult<bool> found = row.step();
    if (!found) return tl::unexpected(found.error());
    if (!*found) return damaged("it does not say how far it is");
    note = {row.octets(0),
            static_cast<std::uint64_t>(row.number(1)),
            static_cast<std::uint64_t>(row.number(2)),
            row.number(3),
            static_cast<std::uint64_t>(row.number(4)),
            row.number(5)};
    if (row.octets(6) != seal_of(note, row.number(7)))
      return damaged("how far it is is not what was written");
    return row.number(7);
  }

  JournalResult<void> write_note(const AuditNote& note, std::int64_t events) {
    const Bytes seal = seal_of(note, events);
    return database_->query("INSERT OR REPLACE INTO note VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind_text(note.file)
        .bind(events)
        .bind(as_number(note.newest_id))
        .bind(as_number(note.done_gone))
        .bind(note.done_gone_ms)
        .bind(as_number(note.denied_gone))
        .bind(note.denied_gone_ms)
        .bind(seal)
        .run();
  }

  const std::unique_ptr<Database> database_;
};

JournalResult<void> make_file(const std::string& path) {
  std::error_code failed;
  fs::create_directories(folder_of(path), failed);
  // Ours alone: it tells who did what.
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  if (fd >= 0 || errno == EEXIST) return {};
  return refuse(JournalFault::unavailable,
                path + ": it cannot be made: " + std::strerror(errno) +
                    ": check the folder and who may write to it, or name another file in "
                    "timeline.audit");
}

// Before SQLite may touch it. False: it is empty, as one that was begun and not made.
JournalResult<bool> recognize_audit(const std::string& path, const std::string& vfs) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed))
    return refuse(JournalFault::wrong_format,
                  path + ": it is no file: name another in timeline.audit");
  const JournalResult<FileMark> mark = mark_of(path, vfs);
  if (!mark) return tl::unexpected(mark.error());
  if (mark->empty) return false;
  if (!mark->sqlite || mark->application_id != audit_application_id)
    return refuse(JournalFault::wrong_format,
                  path + ": it is no audit of Millrace's: name another file in timeline.audit");
  if (mark->user_version > audit_format_newest)
    return refuse(JournalFault::wrong_format,
                  path + ": its format is " + std::to_string(mark->user_version) +
                      ", this program knows up to " + std::to_string(audit_format_newest) +
                      ": use the newer millrace that wrote it");
  return true;
}

JournalResult<std::unique_ptr<AuditFile>> open_checked(const std::string& path,
                                                       const std::string& file_if_new,
                                                       const std::string& vfs) {
  if (auto made = make_file(path); !made) return tl::unexpected(made.error());
  const JournalResult<bool> known = recognize_audit(path, vfs);
  if (!known) return tl::unexpected(known.error());
  auto database = Database::connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
  if (!database) return tl::unexpected(database.error());
  (*database)->wait_at_most(0);
  // Alone, and each commit is on the disk before it is answered.
  for (const char* pragma :
       {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0",
        "PRAGMA synchronous = FULL", "PRAGMA journal_size_limit = 4194304"})
    if (auto done = (*database)->run(pragma); !done) return tl::unexpected(done.error());
  Database& connection = **database;
  auto file = std::make_unique<SqliteAuditFile>(*std::move(database));
  const auto filled = connection.number("SELECT count(*) FROM sqlite_schema");
  if (!filled) return tl::unexpected(filled.error());
  if (*filled == 0) {
    if (auto done = file->make({file_if_new}); !done) return tl::unexpected(done.error());
  }
  if (auto mode = connection.text("PRAGMA journal_mode = WAL"); !mode)
    return tl::unexpected(mode.error());
  ::chmod(path.c_str(), 0600);
  return file;
}

}  // namespace

JournalResult<std::unique_ptr<AuditFile>> open_audit_file(const std::string& path,
                                                          const std::string& file_if_new,
                                                          const std::string& vfs) {
  auto file = open_checked(path, file_if_new, vfs);
  if (file) return file;
  return tl::unexpected(of_audit(file.error(), path));
}

}  // namespace millrace::journal
