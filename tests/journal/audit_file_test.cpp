// The file of the audit: whole after a killed process and a power cut, and refused, never changed,
// where it is not what it should be.
#include "journal/audit_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

#include <sqlite3.h>

#include "support/catch.hpp"
#include "support/cut_disk.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

namespace fs = std::filesystem;

std::unique_ptr<AuditFile> open(const std::string& path, const std::string& vfs = {}) {
  auto file = open_audit_file(path, "file-1", vfs);
  INFO((file ? std::string() : file.error().message));
  REQUIRE(file);
  return *std::move(file);
}

AuditNote note_of(std::uint64_t newest) { return {"file-1", newest, 1, 2, 3, 4}; }

AuditRow row_of(std::uint64_t id) {
  return {id, "event " + std::to_string(id) + Bytes(id * 37 % 200, 'x')};
}

std::vector<AuditRow> rows_of(std::uint64_t first, std::uint64_t last) {
  std::vector<AuditRow> rows;
  for (std::uint64_t id = first; id <= last; ++id) rows.push_back(row_of(id));
  return rows;
}

AuditContent content_of(AuditFile& file) {
  auto content = file.read();
  INFO((content ? std::string() : content.error().message));
  REQUIRE(content);
  return *std::move(content);
}

std::string octets_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& octets) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

// Refused with these words, and not an octet of it changed.
void check_refused(const std::string& path, JournalFault fault, const std::string& words) {
  const std::string before = octets_of(path);
  const auto file = open_audit_file(path, "file-2");
  REQUIRE_FALSE(file);
  INFO(file.error().message);
  CHECK(file.error().fault == fault);
  CHECK(file.error().message.find(path) == 0);
  CHECK(file.error().message.find(words) != std::string::npos);
  CHECK(octets_of(path) == before);
}

}  // namespace

TEST_CASE("what is written to an audit's file is there when it is opened again") {
  const TempDir dir;
  const std::string path = dir / "timeline/audit.db";
  {
    const auto file = open(path);
    CHECK(content_of(*file).note == AuditNote{"file-1", 0, 0, 0, 0, 0});
    REQUIRE(file->write(note_of(9), rows_of(1, 9), {}));
    REQUIRE(file->write(note_of(12), rows_of(10, 12), {2, 3, 77}));
  }
  const auto again = open_audit_file(path, "file-2");
  REQUIRE(again);
  const AuditContent content = content_of(**again);
  CHECK(content.note == note_of(12));
  REQUIRE(content.rows.size() == 10);
  CHECK(content.rows[0] == row_of(1));
  CHECK(content.rows[1] == row_of(4));
  CHECK(content.rows[9] == row_of(12));
}

TEST_CASE("an audit's file is its owner's alone, with what lies beside it") {
  const TempDir dir;
  const std::string path = dir / "audit.db";
  const mode_t before = ::umask(0);
  {
    const auto file = open(path);
    REQUIRE(file->write(note_of(1), rows_of(1, 1), {}));
    for (const auto& each : fs::directory_iterator(dir.path())) {
      INFO(each.path());
      CHECK((fs::status(each.path()).permissions() & fs::perms::mask) == fs::perms(0600));
    }
  }
  fs::permissions(path, fs::perms(0644));
  const auto file = open(path);
  CHECK((fs::status(path).permissions() & fs::perms::mask) == fs::perms(0600));
  ::umask(before);
}

TEST_CASE("one process at a time has an audit's file, and the other is told") {
  const TempDir dir;
  const std::string path = dir / "audit.db";
  const auto file = open(path);
  REQUIRE(file->write(note_of(1), rows_of(1, 1), {}));
  const auto second = open_audit_file(path, "file-2");
  REQUIRE_FALSE(second);
  CHECK(second.error().fault == JournalFault::unavailable);
  CHECK(second.error().message.find("another process has it") != std::string::npos);
  REQUIRE(file->write(note_of(2), rows_of(2, 2), {}));
}

TEST_CASE("what is no audit's file is refused with what to do, and not touched") {
  const TempDir dir;
  const std::string path = dir / "audit.db";
  put(path, std::string(5'000, 'n'));
  check_refused(path, JournalFault::wrong_format, "it is no audit of Millrace's: name another");
  put(path, "short");
  check_refused(path, JournalFault::wrong_format, "it is no audit of Millrace's");
  fs::remove(path);
  run_sql(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  check_refused(path, JournalFault::wrong_format, "it is no audit of Millrace's");
  fs::remove(path);
  fs::create_directory(path);
  CHECK(open_audit_file(path, "file-2").error().message.find("it is no file") != std::string::npos);
  fs::remove(path);
  put(path, "");  // as a process leaves it that is killed while it makes it
  CHECK(content_of(*open(path)).rows.empty());
}

TEST_CASE("G9: an audit's file of a newer format is refused by its number") {
  const TempDir dir;
  const std::string path = dir / "audit.db";
  { open(path); }
  run_sql(path, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 2");
  check_refused(path, JournalFault::wrong_format,
                "its format is 2, this program knows up to 1: use the newer millrace");
}

TEST_CASE("a damaged audit's file tells the truth or is refused, and says to move it away") {
  const TempDir dir;
  const std::string path = dir / "audit.db";
  {
    const auto file = open(path);
    REQUIRE(file->write(note_of(300), rows_of(1, 300), {}));
  }
  const std::string whole = octets_of(path);
  REQUIRE(whole.size() > 16'384);
  std::mt19937 random(3);
  int told = 0;
  for (int i = 0; i < 300; ++i) {
    std::string octets = whole;
    if (i % 5 == 0)
      octets.resize(1 + random() % (octets.size() - 1));
    else
      octets[random() % octets.size()] ^= static_cast<char>(1 << random() % 8);
    put(path, octets);
    for (const char* beside : {"-wal", "-shm", "-journal"}) fs::remove(path + beside);
    const auto file = open_audit_file(path, "file-2");
    const auto content =
        file ? (*file)->read() : JournalResult<AuditContent>(tl::unexpected(file.error()));
    if (!content) {
      ++told;
      INFO(content.error().message);
      CHECK(content.error().message.find(path) == 0);
      continue;
    }
    REQUIRE(content->rows == rows_of(1, 300));
    CHECK(content->note == note_of(300));
  }
  CHECK(told > 100);
}

TEST_CASE("rows that are missing, or stand elsewhere, are damage") {
  const TempDir dir;
  const std::string path = dir / "audit.db";
  for (const char* sql :
       {"DELETE FROM events WHERE id = 3", "UPDATE events SET id = 99 WHERE id = 3",
        "UPDATE events SET octets = x'00' WHERE id = 3", "UPDATE note SET done_gone = 0",
        "DELETE FROM note", "UPDATE note SET file = 'another'"}) {
    INFO(sql);
    fs::remove(path);
    {
      const auto file = open(path);
      REQUIRE(file->write(note_of(9), rows_of(1, 9), {}));
    }
    run_sql(path, sql);
    const auto content = open(path)->read();
    REQUIRE_FALSE(content);
    CHECK(content.error().fault == JournalFault::corrupt);
    CHECK(content.error().message.find("it is damaged") != std::string::npos);
    CHECK(content.error().message.find("move it away") != std::string::npos);
  }
}

TEST_CASE("a full disk and one that fails are told, and what was there stays") {
  CutDisk disk;
  const TempDir dir;
  const std::string path = dir / "audit.db";
  {
    const auto file = open(path, disk.vfs());
    REQUIRE(file->write(note_of(5), rows_of(1, 5), {}));
    disk.set_full(true);
    std::uint64_t last = 5;
    JournalResult<void> refused;
    while (refused && last < 10'000) {
      refused = file->write(note_of(last + 100), rows_of(last + 1, last + 100), {});
      if (refused) last += 100;
    }
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("the disk is full") != std::string::npos);
    disk.set_full(false);
    REQUIRE(file->write(note_of(last + 1), rows_of(last + 1, last + 1), {}));
    CHECK(content_of(*file).rows == rows_of(1, last + 1));
  }
  {
    const auto file = open(path, disk.vfs());
    disk.set_unreachable(true);
    const auto failed = file->write(note_of(20'000), rows_of(20'000, 20'000), {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("the disk failed") != std::string::npos);
    disk.set_unreachable(false);
  }
  CHECK(content_of(*open(path, disk.vfs())).rows.size() > 5);
}

TEST_CASE("G1: what was written to the audit survives power cuts at any moment, whole") {
  CutDisk disk;
  const TempDir dir;
  const std::string path = dir / "audit.db";
  std::mt19937_64 random(11);
  std::uint64_t written = 0;  // the newest of what was acknowledged
  std::uint64_t removed = 0;  // of which those up to here are gone
  { open(path, disk.vfs()); }
  for (int cut = 0; cut < 40; ++cut) {
    disk.cut_in(1 + random() % 60);
    std::uint64_t tried = written;
    std::uint64_t tried_removed = removed;
    if (auto file = open_audit_file(path, "file-1", disk.vfs())) {
      while (!disk.is_cut()) {
        tried = written + 1 + random() % 9;
        tried_removed = tried > 40 ? tried - 40 : 0;
        std::vector<std::uint64_t> gone;
        for (std::uint64_t id = removed + 1; id <= tried_removed; ++id) gone.push_back(id);
        if (!(*file)->write(note_of(tried), rows_of(written + 1, tried), gone)) break;
        written = tried;
        removed = tried_removed;
      }
    }
    disk.power_on(random());
    const AuditContent content = content_of(*open(path, disk.vfs()));
    INFO("cut " << cut << ", written to " << written << ", tried to " << tried);
    const bool last_one_too = content.note.newest_id == tried;
    if (written > 0) CHECK((last_one_too || content.note.newest_id == written));
    if (last_one_too) written = tried, removed = tried_removed;
    if (written > 0) CHECK(content.rows == rows_of(removed + 1, written));
  }
  CHECK(written > 200);
}
