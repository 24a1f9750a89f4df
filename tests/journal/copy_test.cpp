#include "journal/copy.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fixture_contents.hpp"
#include "journal/memory.hpp"
#include "journal/migrate.hpp"
#include "journal/remember.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

namespace fs = std::filesystem;

std::string old_store(const TempDir& folder, int generation = 1) {
  const std::string path = folder / "journal.db";
  fs::copy_file(MILLRACE_FIXTURES "/generation" + std::to_string(generation) + ".db", path);
  return path;
}

void check_contents(const std::string& path, int format) {
  CHECK(inspect_sqlite(path).value().format == format);
  const std::vector<Entry> all = fixture_entries();
  const auto journal = make_sqlite_journal(path);
  REQUIRE(journal->open({incarnation_b, false}));
  CHECK(journal->head().value() == Head{fixture_incarnation, fixture_compacted + 1, fixture_last,
                                        all[fixture_compacted - 1].digest, all.back().digest});
  CHECK(journal->read(fixture_compacted, 100, 1'000'000).value() ==
        std::vector<Entry>(all.begin() + fixture_compacted, all.end()));
  for (const Revision at : {fixture_compacted, fixture_snapshot}) {
    const auto reader = journal->load_snapshot(at).value();
    REQUIRE(reader);
    CHECK(reader->revision() == at);
    for (const Bytes& part : fixture_parts(at))
      CHECK(reader->next().value() == std::optional<Bytes>(part));
  }
}

// In a child process: migrates, and is killed when this step is done.
void die_after(const std::string& path, int format, MigrationStep last) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Migration migration;
    migration.path = path;
    migration.format = format;
    migration.on_step = [&](MigrationStep step) {
      if (step == last) kill(getpid(), SIGKILL);
    };
    static_cast<void>(migrate_sqlite(migration));
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
}

Migration to_format(const std::string& path, int format) {
  Migration migration;
  migration.path = path;
  migration.format = format;
  return migration;
}

}  // namespace

TEST_CASE("G9: a store migrates to the newest generation and back with all that it holds") {
  const TempDir folder;
  const std::string path = old_store(folder);
  std::vector<Revision> told;
  Migration migration = to_format(path, 2);
  migration.progress = [&](const CopyProgress& at) { told.push_back(at.done); };
  const auto done = migrate_sqlite(migration);
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done);
  CHECK(done->from == 1);
  CHECK(done->copied.entries == fixture_last - fixture_compacted);
  CHECK(done->copied.snapshots == 2);
  CHECK(told.back() == fixture_last);
  check_contents(path, 2);
  check_contents(done->kept, 1);
  REQUIRE(discard_old(path));
  CHECK_FALSE(fs::exists(done->kept));
  REQUIRE(migrate_sqlite(to_format(path, 1)));
  check_contents(path, 1);
}

TEST_CASE("G9: a migration that is killed at any step leaves the store whole and can be repeated") {
  for (const MigrationStep step :
       {MigrationStep::locked, MigrationStep::copied, MigrationStep::verified, MigrationStep::kept,
        MigrationStep::switched}) {
    INFO("step " << static_cast<int>(step));
    const TempDir folder;
    const std::string path = old_store(folder);
    die_after(path, 2, step);
    const int format = step == MigrationStep::switched ? 2 : 1;
    check_contents(path, format);
    const auto again = migrate_sqlite(to_format(path, 2));
    INFO((again ? std::string() : again.error().message));
    REQUIRE(again);
    check_contents(path, 2);
    check_contents(before_migration(path), 1);
  }
}

TEST_CASE("G9: a migration is undone until something new is written") {
  const TempDir folder;
  const std::string path = old_store(folder);
  REQUIRE(migrate_sqlite(to_format(path, 2)));
  const auto undone = undo_migration(path);
  INFO((undone ? std::string() : undone.error().message));
  REQUIRE(undone);
  check_contents(path, 1);
  REQUIRE(migrate_sqlite(to_format(path, 2)));
  {
    const auto journal = make_sqlite_journal(path);
    const Head head = journal->open({incarnation_a, false}).value();
    REQUIRE(journal->append(head.last, entries_after(head, 1), {}));
  }
  const auto late = undo_migration(path);
  REQUIRE_FALSE(late);
  CHECK(late.error().fault == JournalFault::invalid);
  CHECK(inspect_sqlite(path).value().format == 2);
}

TEST_CASE("a store in use is not migrated and stays as it is") {
  const TempDir folder;
  const std::string path = old_store(folder, 2);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto journal = make_sqlite_journal(path);
    if (!journal->open({incarnation_a}) || write(ends[1], "o", 1) != 1) _exit(3);
    for (;;) pause();
  }
  char told = 0;
  CHECK(read(ends[0], &told, 1) == 1);
  const auto refused = migrate_sqlite(to_format(path, 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == JournalFault::unavailable);
  CHECK(refused.error().message.find("process " + std::to_string(child)) != std::string::npos);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  check_contents(path, 2);
}

TEST_CASE("a copy that was interrupted goes on and one of another history is refused") {
  const TempDir folder;
  const auto from = make_sqlite_journal(old_store(folder));
  REQUIRE(from->open({incarnation_a}));
  const auto store = make_memory_store();
  const auto faults = std::make_shared<Faults>();
  const auto to = make_memory_journal(store, faults);
  REQUIRE(to->open({fixture_incarnation}));
  faults->next(AppendFault::unavailable);
  REQUIRE_FALSE(copy(*from, *to));
  const auto done = copy(*from, *to);
  REQUIRE(done);
  CHECK(check_copy(*to, done->head));
  CHECK(copy(*from, *to));
  const auto other = make_memory_journal();
  REQUIRE(other->open({incarnation_a}));
  REQUIRE(other->append(0, entries_after(0, {}, 3), {}));
  const auto refused = copy(*from, *other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == JournalFault::invalid);
}

TEST_CASE("a journal that went back while nobody looked is noticed until that is accepted") {
  const TempDir folder;
  const std::string path = folder / "position";
  const std::vector<Entry> all = entries_after(0, {}, 6);
  // A store of this incarnation with so many commits, under the position that is remembered.
  const auto open = [&](const Incarnation& incarnation, std::size_t count, const char* who) {
    auto journal = make_memory_journal();
    REQUIRE(journal->open({incarnation}));
    const auto entries = who == nullptr ? std::vector<Entry>(all.begin(), all.begin() + 3)
                                        : entries_after(0, {}, count, who);
    REQUIRE(journal->append(0, entries, {}));
    if (who == nullptr && count > 3)
      REQUIRE(journal->append(3, std::span(all).subspan(3, count - 3), {}));
    return make_remembering_journal(std::move(journal), path)->open({incarnation});
  };
  CHECK(open(incarnation_a, 5, nullptr));
  CHECK(open(incarnation_a, 6, nullptr));
  for (const auto& head : {open(incarnation_a, 5, nullptr), open(incarnation_b, 6, nullptr),
                           open(incarnation_a, 7, "somebody else")}) {
    REQUIRE_FALSE(head);
    CHECK(head.error().fault == JournalFault::rewound);
    CHECK(head.error().message.find("accept-rewind") != std::string::npos);
  }
  REQUIRE(forget_position(path));
  CHECK(open(incarnation_a, 5, nullptr));
  CHECK_FALSE(open(incarnation_a, 4, nullptr));
  // What a power cut left of it says nothing.
  std::ofstream(path) << "half a li";
  CHECK(open(incarnation_a, 4, nullptr));
}

TEST_CASE("G1: what is remembered is what was acknowledged and no more") {
  const TempDir folder;
  const std::string path = folder / "position";
  const auto store = make_memory_store();
  {
    const auto journal = make_remembering_journal(make_memory_journal(store), path);
    REQUIRE(journal->open({incarnation_a}));
    REQUIRE(journal->append(0, entries_after(0, {}, 3), {}));
  }
  const auto journal = make_remembering_journal(make_memory_journal(), path);
  const auto head = journal->open({incarnation_a});
  REQUIRE_FALSE(head);
  CHECK(head.error().message.find("held revision 3") != std::string::npos);
}

TEST_CASE("a rewind that is accepted makes a new incarnation of the store") {
  const TempDir folder;
  const std::string path = folder / "journal.db";
  {
    const auto journal = make_sqlite_journal(path);
    REQUIRE(journal->open({incarnation_a}));
    REQUIRE(journal->append(0, entries_after(0, {}, 3), {}));
  }
  fs::copy_file(path, folder / "earlier.db");
  {
    const auto journal = make_sqlite_journal(path);
    const Head head = journal->open({incarnation_a}).value();
    REQUIRE(journal->append(3, entries_after(head, 2), {}));
  }
  fs::rename(folder / "earlier.db", path);
  const auto rewound = make_sqlite_journal(path)->open({incarnation_a});
  REQUIRE_FALSE(rewound);
  CHECK(rewound.error().fault == JournalFault::corrupt);
  CHECK(rewound.error().revision == 4);
  const auto accepted = accept_sqlite_rewind(path, incarnation_b);
  REQUIRE(accepted);
  CHECK(accepted->last == 3);
  CHECK(make_sqlite_journal(path)->open({incarnation_a}).value().incarnation == incarnation_b);
}
