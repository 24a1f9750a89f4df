#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "journal/open.hpp"
#include "journal/sqlite.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

JournalError failure(const std::string& path, const JournalOptions& options = {incarnation_a}) {
  const auto journal = make_sqlite_journal(path);
  const JournalResult<Head> head = journal->open(options);
  REQUIRE_FALSE(head);
  return head.error();
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

// Another program that holds the file's write lock.
class Locked {
 public:
  explicit Locked(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &raw_) == SQLITE_OK);
    run("BEGIN IMMEDIATE");
  }
  ~Locked() {
    if (raw_) sqlite3_close(raw_);
  }
  void run(const char* sql) {
    REQUIRE(sqlite3_exec(raw_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

 private:
  sqlite3* raw_ = nullptr;
};

void execute(const std::string& path, const char* sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  char* why = nullptr;
  sqlite3_exec(raw, sql, nullptr, nullptr, &why);
  INFO(sql << ": " << (why ? why : "done"));
  CHECK(why == nullptr);
  sqlite3_free(why);
  sqlite3_close(raw);
}

int count(const std::string& path, const char* sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(raw, sql, -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  const int found = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(raw);
  return found;
}

}  // namespace

TEST_CASE("a missing folder is named together with how to make it") {
  const TempDir folder;
  const JournalError error = failure(folder / "not/there/journal.db");
  CHECK(error.fault == JournalFault::unavailable);
  CHECK(has(error.message, folder / "not/there/journal.db"));
  CHECK(has(error.message, "mkdir -p"));
}

TEST_CASE("a folder in the place of the file is refused") {
  const TempDir folder;
  const JournalError error = failure(folder.path().string());
  CHECK(error.fault == JournalFault::wrong_format);
  CHECK(has(error.message, "it is a folder"));
}

TEST_CASE("a place where no file can be made is unavailable and says why") {
  const JournalError error = failure("/proc/journal.db");
  CHECK(error.fault == JournalFault::unavailable);
  CHECK(has(error.message, "/proc/journal.db"));
}

TEST_CASE("an empty file is cut off and not a new store") {
  const TempDir folder;
  std::ofstream(folder / "journal.db").close();
  const JournalError error = failure(folder / "journal.db");
  CHECK(error.fault == JournalFault::corrupt);
  CHECK(has(error.message, "restore a backup"));
  CHECK(std::filesystem::file_size(folder / "journal.db") == 0);
}

TEST_CASE("a forgotten write-ahead log is not played into a new store") {
  const TempDir folder;
  std::ofstream(folder / "journal.db-wal") << "left behind";
  const JournalError error = failure(folder / "journal.db");
  CHECK(error.fault == JournalFault::corrupt);
  CHECK(has(error.message, "journal.db-wal"));
  CHECK_FALSE(std::filesystem::exists(folder / "journal.db"));
}

TEST_CASE("a database with our numbers but other tables is refused") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  { REQUIRE(make_sqlite_journal(path)->open({incarnation_a})); }
  execute(path, "CREATE TRIGGER sly AFTER INSERT ON commits BEGIN DELETE FROM commits; END");
  CHECK(failure(path).fault == JournalFault::wrong_format);
}

TEST_CASE("a database of another program is refused and stays as it is") {
  const TempDir folder;
  const std::string path = folder / "other.db";
  execute(path, "CREATE TABLE theirs (x)");
  const auto before = std::filesystem::last_write_time(path);
  const JournalError error = failure(path);
  CHECK(error.fault == JournalFault::wrong_format);
  CHECK(has(error.message, "some other program"));
  CHECK(std::filesystem::last_write_time(path) == before);
}

TEST_CASE("a new store is one file with its lock beside it and both are only its owner's") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  { REQUIRE(make_sqlite_journal(path)->open({incarnation_a})); }
  for (const std::string& file : {path, path + "-lock"}) {
    struct stat status = {};
    REQUIRE(stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  const std::filesystem::directory_iterator files(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 2);
}

TEST_CASE("an append waits for another process's lock no longer than its deadline") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  const auto journal = make_sqlite_journal(path);
  REQUIRE(journal->open({incarnation_a}));
  const std::vector<Entry> entries = entries_after(0, {}, 1);
  {
    Locked other(path);
    const auto answer = journal->append(0, entries, {30});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == JournalFault::unavailable);
    CHECK(has(answer.error().message, "lock"));
    CHECK(journal->head());
    other.run("ROLLBACK");
  }
  CHECK(journal->append(0, entries, {10'000}));
}

TEST_CASE("a store whose snapshot to rest on is gone says so") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  {
    const auto journal = make_sqlite_journal(path);
    REQUIRE(journal->open({incarnation_a}));
    const std::vector<Entry> all = entries_after(0, {}, 5);
    REQUIRE(journal->append(0, all, {}));
    REQUIRE(journal->save_snapshot(source_of(3, all[2].digest, {"x"})));
    REQUIRE(journal->compact(3));
  }
  execute(path, "DELETE FROM snapshots");
  const auto journal = make_sqlite_journal(path);
  REQUIRE(journal->open({incarnation_a}));
  const auto snapshot = journal->load_snapshot(5);
  REQUIRE_FALSE(snapshot);
  CHECK(snapshot.error().fault == JournalFault::corrupt);
  CHECK(snapshot.error().revision == 3);
}

TEST_CASE("a store with its newest commits gone does not open") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  {
    const auto journal = make_sqlite_journal(path);
    REQUIRE(journal->open({incarnation_a}));
    REQUIRE(journal->append(0, entries_after(0, {}, 5), {}));
  }
  execute(path, "DELETE FROM commits WHERE revision > 3");
  const JournalError error = failure(path);
  CHECK(error.fault == JournalFault::corrupt);
  CHECK(error.revision == 4);
}

TEST_CASE("a change of the row that says where the journal begins and ends is noticed") {
  for (const char* change : {"UPDATE meta SET incarnation = '00000000000000000000000000000000'",
                             "UPDATE meta SET compacted = 1", "DELETE FROM meta"}) {
    INFO(change);
    const TempDir folder;
    const std::string path = folder / "journal.db";
    {
      const auto journal = make_sqlite_journal(path);
      REQUIRE(journal->open({incarnation_a}));
      REQUIRE(journal->append(0, entries_after(0, {}, 2), {}));
    }
    execute(path, change);
    const auto journal = make_sqlite_journal(path);
    const auto opened = journal->open({incarnation_a});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().fault == JournalFault::corrupt);
  }
}

TEST_CASE("a snapshot makes room of what it replaces and of what was never finished") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  const std::vector<Entry> all = entries_after(0, {}, 4);
  auto journal = make_sqlite_journal(path);
  REQUIRE(journal->open({incarnation_a}));
  REQUIRE(journal->append(0, all, {}));
  REQUIRE_FALSE(journal->save_snapshot({1, all[0].digest, [&]() -> std::optional<Bytes> {
                                          journal->close();
                                          return "never finished";
                                        }}));
  journal = make_sqlite_journal(path);
  REQUIRE(journal->open({incarnation_a}));
  CHECK(count(path, "SELECT count(*) FROM snapshots WHERE part = -1") == 1);
  REQUIRE(journal->save_snapshot(source_of(2, all[1].digest, {"one", "two"})));
  REQUIRE(journal->save_snapshot(source_of(2, all[1].digest, {"three"})));
  CHECK(count(path, "SELECT count(*) FROM snapshots") == 2);
}

TEST_CASE("a changed part of a snapshot is not handed out") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  {
    const auto journal = make_sqlite_journal(path);
    REQUIRE(journal->open({incarnation_a}));
    const std::vector<Entry> all = entries_after(0, {}, 2);
    REQUIRE(journal->append(0, all, {}));
    REQUIRE(journal->save_snapshot(source_of(2, all[1].digest, {"one", "two", "three"})));
  }
  execute(path, "UPDATE snapshots SET octets = CAST('TWO' AS BLOB) WHERE part = 2");
  const auto journal = make_sqlite_journal(path);
  REQUIRE(journal->open({incarnation_a}));
  const auto reader = journal->load_snapshot(2).value();
  CHECK(reader->next().value() == std::optional<Bytes>("one"));
  const auto part = reader->next();
  REQUIRE_FALSE(part);
  CHECK(part.error().fault == JournalFault::corrupt);
  CHECK(part.error().revision == 2);
}

TEST_CASE("a journal is chosen by its address") {
  const TempDir folder;
  for (const std::string& url :
       {"sqlite:" + (folder / "a.db"), folder / "b.db", std::string("memory:")}) {
    INFO(url);
    const auto journal = open_journal(url);
    REQUIRE(journal);
    CHECK((*journal)->open({incarnation_a}));
  }
  CHECK(std::filesystem::exists(folder / "a.db"));
  CHECK(std::filesystem::exists(folder / "b.db"));
}

TEST_CASE("an address that no driver knows is refused with those that are known") {
  for (const std::string url :
       {"oracle:somewhere", "etcd://127.0.0.1:2379", "memory:x", "sqlite:", ""}) {
    INFO(url);
    const auto journal = open_journal(url);
    REQUIRE_FALSE(journal);
    CHECK(journal.error().code == Code::invalid_argument);
  }
  const std::string message = open_journal("oracle:somewhere").error().message;
  CHECK(has(message, "sqlite:PATH"));
  CHECK(has(message, "etcd://"));
  CHECK(has(message, "memory:"));
}
