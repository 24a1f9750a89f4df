#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "journal/sqlite.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

namespace fs = std::filesystem;

Bytes contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream octets;
  octets << in.rdbuf();
  return octets.str();
}

// What a crash leaves behind: the file and its log, copied while the journal was open.
struct Wreck {
  Bytes file;
  Bytes log;
  Bytes lock;
  std::size_t last_transaction = 0;  // where in the log it begins
  static constexpr Revision last = 12;

  Wreck() {
    const TempDir folder;
    const std::string path = folder / "journal.db";
    const auto journal = make_sqlite_journal(path);
    REQUIRE(journal->open({incarnation_a}));
    while (journal->head()->last < last) {
      last_transaction = fs::exists(path + "-wal") ? fs::file_size(path + "-wal") : 0;
      const Head head = *journal->head();
      REQUIRE(journal->append(head.last, entries_after(head, 2), {}));
    }
    file = contents(path);
    log = contents(path + "-wal");
    lock = contents(path + "-lock");
  }
};

// The head of a store of these octets; nullopt: refused as corrupt.
std::optional<Revision> reopened(const Bytes& file, const Bytes& log) {
  const TempDir folder;
  std::ofstream(folder / "journal.db", std::ios::binary) << file;
  std::ofstream(folder / "journal.db-wal", std::ios::binary) << log;
  const auto journal = make_sqlite_journal(folder / "journal.db");
  const JournalResult<Head> head = journal->open({incarnation_b, false});
  if (head) return head->last;
  INFO(head.error().message);
  CHECK(head.error().fault == JournalFault::corrupt);
  return std::nullopt;
}

}  // namespace

TEST_CASE("the log that a crash left is played back") {
  const Wreck wreck;
  CHECK(reopened(wreck.file, wreck.log) == Wreck::last);
}

TEST_CASE("a bit flipped in the log that a crash left is noticed") {
  const Wreck wreck;
  std::mt19937 random(7);
  int noticed = 0;
  for (int i = 0; i < 300; ++i) {
    Bytes log = wreck.log;
    // Now and then in the headers, where a flip misleads most.
    const std::size_t at = i < 32       ? static_cast<std::size_t>(i)
                           : i % 2 == 0 ? 32 + random() % 6 * 4120 + random() % 24
                                        : random() % wreck.last_transaction;
    log[at] = static_cast<char>(log[at] ^ (1 << random() % 8));
    INFO("at " << at << " of " << log.size() << ", the last transaction at "
               << wreck.last_transaction);
    const std::optional<Revision> last = reopened(wreck.file, log);
    if (!last) ++noticed;
    if (last) CHECK(*last == Wreck::last);
  }
  CHECK(noticed > 250);
}

TEST_CASE("a torn last transaction in the log is dropped whole") {
  const Wreck wreck;
  REQUIRE(wreck.last_transaction > 0);
  for (std::size_t size = wreck.last_transaction; size < wreck.log.size(); size += 211) {
    INFO("cut off after " << size);
    CHECK(reopened(wreck.file, wreck.log.substr(0, size)) == Wreck::last - 2);
  }
  Bytes hole = wreck.log;
  hole.replace(wreck.last_transaction, 512, Bytes(512, '\0'));
  CHECK(reopened(wreck.file, hole) == Wreck::last - 2);
}

TEST_CASE("G1: an acknowledged last transaction that was damaged in the log is told") {
  const Wreck wreck;
  const TempDir folder;
  const std::string path = folder / "journal.db";
  for (std::size_t size = wreck.last_transaction; size < wreck.log.size(); size += 997) {
    INFO("cut off after " << size);
    std::ofstream(path, std::ios::binary) << wreck.file;
    std::ofstream(path + "-wal", std::ios::binary) << wreck.log.substr(0, size);
    std::ofstream(path + "-lock", std::ios::binary) << wreck.lock;
    const JournalResult<Head> head = make_sqlite_journal(path)->open({incarnation_b, false});
    REQUIRE_FALSE(head);
    CHECK(head.error().fault == JournalFault::corrupt);
    CHECK(head.error().revision == Wreck::last - 1);
    CHECK(head.error().message.find("accept-rewind") != std::string::npos);
    fs::remove(path + "-wal");
    fs::remove(path + "-shm");
  }
}
