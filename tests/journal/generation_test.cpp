#include <filesystem>

#include "fixture_contents.hpp"
#include "journal/sqlite.hpp"
#include "journal/verify.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

// A copy, so that the checked-in file stays as it is.
std::unique_ptr<Journal> open_copy(const TempDir& folder, int generation) {
  const std::string copy = folder / "journal.db";
  std::filesystem::copy_file(MILLRACE_FIXTURES "/generation" + std::to_string(generation) + ".db",
                             copy);
  auto journal = make_sqlite_journal(copy);
  const JournalResult<Head> head = journal->open({incarnation_b, false});
  INFO((head ? std::string() : head.error().message));
  REQUIRE(head);
  return journal;
}

}  // namespace

TEST_CASE("G9: the store of each generation opens and holds what it always held") {
  const int generation = GENERATE(1, 2);
  INFO("generation " << generation);
  const TempDir folder;
  const auto journal = open_copy(folder, generation);
  const std::vector<Entry> all = fixture_entries();
  CHECK(hex(all.back().digest) ==
        "1d436fa0570ee45c95d3b0d0b57617b34f248d40f4bce46b1e60cd1138761532");
  CHECK(journal->head().value() == Head{fixture_incarnation, fixture_compacted + 1, fixture_last,
                                        all[fixture_compacted - 1].digest, all.back().digest});
  CHECK(journal->read(fixture_compacted, 100, 1'000'000).value() ==
        std::vector<Entry>(all.begin() + fixture_compacted, all.end()));
  for (const Revision at : {fixture_compacted, fixture_snapshot}) {
    const auto reader = journal->load_snapshot(at + 1).value();
    REQUIRE(reader);
    CHECK(reader->revision() == at);
    for (const Bytes& part : fixture_parts(at))
      CHECK(reader->next().value() == std::optional<Bytes>(part));
    CHECK_FALSE(reader->next().value());
  }
}

TEST_CASE("G9: the store of each generation verifies and takes appends") {
  const int generation = GENERATE(1, 2);
  INFO("generation " << generation);
  const TempDir folder;
  const auto journal = open_copy(folder, generation);
  const JournalResult<Verified> whole = verify(*journal);
  REQUIRE(whole);
  CHECK(whole->entries == fixture_last - fixture_compacted);
  CHECK(whole->snapshots == 2);
  const Head head = journal->head().value();
  CHECK(journal->append(head.last, entries_after(head, 3), {}).value() == fixture_last + 3);
  CHECK(verify(*journal)->entries == whole->entries + 3);
}

TEST_CASE("G9: the store of each generation stays in its generation") {
  const int generation = GENERATE(1, 2);
  const TempDir folder;
  const auto journal = open_copy(folder, generation);
  const Head head = journal->head().value();
  REQUIRE(journal->append(head.last, entries_after(head, 40), {}));
  CHECK(inspect_sqlite(folder / "journal.db").value().format == generation);
}
