#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "journal/sqlite.hpp"
#include "journal/verify.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

SqliteTuning packing_soon() {
  SqliteTuning tuning;
  tuning.loose_entries = 10;
  tuning.block_entries = 8;
  return tuning;
}

// 100 commits, of which the newest 10 to 17 lie loose.
std::vector<Entry> fill(const std::string& path, const SqliteTuning& tuning = packing_soon()) {
  const auto journal = make_sqlite_journal(path, tuning);
  REQUIRE(journal->open({incarnation_a}));
  std::vector<Entry> all;
  while (all.size() < 100) {
    const Head head = journal->head().value();
    const std::vector<Entry> some = entries_after(head, 5, "who writes the same again and again");
    REQUIRE(journal->append(head.last, some, {}));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

void execute(const std::string& path, const std::string& sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  CHECK(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(sqlite3_changes(raw) == 1);
  sqlite3_close(raw);
}

std::string answer(const std::string& path, const std::string& sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  std::string told;
  const auto take = [](void* to, int, char** values, char**) {
    *static_cast<std::string*>(to) = values[0];
    return 0;
  };
  CHECK(sqlite3_exec(raw, sql.c_str(), take, &told, nullptr) == SQLITE_OK);
  sqlite3_close(raw);
  return told;
}

// The revision that is named as damaged when all is read.
Revision first_bad(const std::string& path) {
  const auto journal = make_sqlite_journal(path, packing_soon());
  REQUIRE(journal->open({incarnation_a}));
  const auto all = journal->read(0, 1000, 1'000'000);
  REQUIRE_FALSE(all);
  CHECK(all.error().fault == JournalFault::corrupt);
  return all.error().revision;
}

}  // namespace

TEST_CASE("older commits are packed and come back byte for byte from any place") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  const std::vector<Entry> all = fill(path);
  const SqliteInfo info = inspect_sqlite(path).value();
  CHECK(info.format == 2);
  CHECK(info.packed_entries >= 80);
  CHECK(info.packed_entries <= 90);
  CHECK(info.packed_bytes < info.packed_entries * all.front().commit.size());
  const auto journal = make_sqlite_journal(path, packing_soon());
  REQUIRE(journal->open({incarnation_a}));
  for (Revision after = 0; after < 100; ++after) {
    for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
      const std::size_t count = std::min<std::size_t>(limit, 100 - after);
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(after);
      CHECK(journal->read(after, limit, 1'000'000).value() ==
            std::vector<Entry>(from, from + static_cast<std::ptrdiff_t>(count)));
    }
  }
}

TEST_CASE("a snapshot and a compaction inside a packed block keep what comes after") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  const std::vector<Entry> all = fill(path);
  auto journal = make_sqlite_journal(path, packing_soon());
  REQUIRE(journal->open({incarnation_a}));
  REQUIRE(journal->save_snapshot(source_of(43, all[42].digest, {Bytes(9000, 's')})));
  REQUIRE(journal->compact(50));
  CHECK(journal->head()->first == 44);
  CHECK(journal->read(43, 1000, 1'000'000).value() ==
        std::vector<Entry>(all.begin() + 43, all.end()));
  CHECK(verify(*journal)->entries == 57);
  REQUIRE(journal->save_snapshot(source_of(100, all[99].digest, {"all"})));
  REQUIRE(journal->compact(100));
  CHECK(inspect_sqlite(path).value().packed_entries == 0);
  CHECK(answer(path, "SELECT count(*) FROM commits") == "0");
  CHECK(answer(path, "SELECT count(*) FROM snapshots WHERE revision < 100") == "0");
  const Head head = journal->head().value();
  REQUIRE(journal->append(100, entries_after(head, 3), {}));
  CHECK(verify(*journal)->entries == 3);
}

TEST_CASE("a changed block is named by its first revision and never handed out") {
  const TempDir folder;
  for (const std::string change :
       {"octets = CAST(x'00' || octets AS BLOB)", "before = digest", "digest = zeroblob(32)",
        "seal = zeroblob(32)", "last = last - 1"}) {
    INFO(change);
    const std::string path = folder / "journal.db";
    std::filesystem::remove(path);
    std::filesystem::remove(path + "-lock");
    fill(path);
    execute(path, "UPDATE blocks SET " + change + " WHERE first = 17");
    CHECK(first_bad(path) == 17);
  }
}

TEST_CASE("a block that is gone is missing from its first revision on") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  fill(path);
  execute(path, "DELETE FROM blocks WHERE first = 25");
  CHECK(first_bad(path) == 25);
}

TEST_CASE("the row that changed is named and not the one after it") {
  for (const std::string change :
       {"octets = CAST(octets || 'x' AS BLOB)", "digest = zeroblob(32)", "seal = 1"}) {
    INFO(change);
    const TempDir folder;
    const std::string path = folder / "journal.db";
    fill(path);
    execute(path, "UPDATE commits SET " + change + " WHERE revision = 97");
    CHECK(first_bad(path) == 97);
  }
}

TEST_CASE("a damaged row is never packed, so that it is named however much comes after it") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  SqliteTuning loose = packing_soon();
  loose.loose_entries = 1'000;
  fill(path, loose);
  execute(path, "UPDATE commits SET octets = CAST(octets || 'x' AS BLOB) WHERE revision = 9");
  const auto journal = make_sqlite_journal(path, packing_soon());
  REQUIRE(journal->open({incarnation_a}));
  for (int i = 0; i < 8; ++i) {
    const Head head = journal->head().value();
    REQUIRE(journal->append(head.last, entries_after(head, 5), {}));
  }
  CHECK(inspect_sqlite(path).value().packed_entries == 8);
  CHECK(journal->read(8, 1, 1'000'000).error().revision == 9);
  CHECK(first_bad(path) == 9);
}

TEST_CASE("a store is read from a folder that may not be written") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  const std::vector<Entry> all = fill(path);
  std::filesystem::remove(path + "-lock");
  // Root may write everywhere, so look at what is there afterwards as well.
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_write,
                               std::filesystem::perm_options::remove);
  {
    const auto journal = make_sqlite_journal(path);
    JournalOptions options{incarnation_b, false};
    options.read_only = true;
    REQUIRE(journal->open(options));
    CHECK(verify(*journal)->entries == all.size());
  }
  CHECK_FALSE(std::filesystem::exists(path + "-lock"));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_write,
                               std::filesystem::perm_options::add);
}

TEST_CASE("who asks for a moment who holds a store keeps nobody from opening it") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  fill(path);
  std::atomic<bool> done = false;
  std::thread asking([&] {
    const int fd = ::open((path + "-lock").c_str(), O_RDONLY | O_CLOEXEC);
    while (!done) {
      flock(fd, LOCK_SH | LOCK_NB);
      std::this_thread::yield();
      flock(fd, LOCK_UN);
      std::this_thread::yield();
    }
    ::close(fd);
  });
  std::string why;
  for (int i = 0; i < 100 && why.empty(); ++i) {
    const auto journal = make_sqlite_journal(path);
    const JournalResult<Head> head = journal->open({incarnation_a});
    if (!head) why = head.error().message;
  }
  done = true;
  asking.join();
  CHECK(why == "");
}

TEST_CASE("a store that is being written opens for reading at every moment") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  fill(path);
  std::atomic<bool> done = false;
  std::atomic<bool> failed = false;
  const auto writer = make_sqlite_journal(path, packing_soon());
  REQUIRE(writer->open({incarnation_a}));
  std::thread writing([&] {
    while (!done) {
      const JournalResult<Head> head = writer->head();
      if (!head || !writer->append(head->last, entries_after(*head, 1), {})) failed = true;
    }
  });
  JournalOptions options{incarnation_b, false};
  options.read_only = true;
  std::string why;
  for (int i = 0; i < 300 && why.empty(); ++i) {
    const auto reader = make_sqlite_journal(path);
    const JournalResult<Head> head = reader->open(options);
    if (!head) why = head.error().message;
  }
  done = true;
  writing.join();
  CHECK(why == "");
  CHECK_FALSE(failed);
}
