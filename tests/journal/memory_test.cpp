#include <string>

#include "journal/memory.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

struct Fixture {
  std::shared_ptr<MemoryStore> store = make_memory_store();
  std::shared_ptr<Faults> faults = std::make_shared<Faults>();
  std::unique_ptr<Journal> journal = make_memory_journal(store, faults);
  Fixture() { REQUIRE(journal->open({incarnation_a})); }

  Head head() const { return journal->head().value(); }
  JournalResult<Revision> append(std::size_t count) {
    const Head now = head();
    return journal->append(now.last, entries_after(now, count), {});
  }
};

}  // namespace

TEST_CASE("a store in memory outlives its handles") {
  Fixture it;
  REQUIRE(it.append(3).value() == 3);
  it.journal.reset();
  it.journal = make_memory_journal(it.store);
  const JournalResult<Head> head = it.journal->open({incarnation_b});
  REQUIRE(head);
  CHECK(head->last == 3);
  CHECK(head->incarnation == incarnation_a);
}

TEST_CASE("a fault before the write answers unknown and stores nothing") {
  Fixture it;
  it.faults->next(AppendFault::before_write);
  const auto answer = it.append(1);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().fault == JournalFault::unknown);
  CHECK(it.head().last == 0);
  CHECK(it.append(1));
}

TEST_CASE("a fault after the write answers unknown and the same bytes again conflict") {
  Fixture it;
  const std::vector<Entry> entries = entries_after(it.head(), 2);
  it.faults->next(AppendFault::after_write);
  const auto first = it.journal->append(0, entries, {});
  REQUIRE_FALSE(first);
  CHECK(first.error().fault == JournalFault::unknown);
  const auto second = it.journal->append(0, entries, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().fault == JournalFault::conflict);
  CHECK(it.journal->read(0, 10, 1000).value() == entries);
}

TEST_CASE("a late write lands when somebody next appends") {
  Fixture it;
  const std::vector<Entry> entries = entries_after(it.head(), 2, "late");
  it.faults->next(AppendFault::late_write);
  CHECK_FALSE(it.journal->append(0, entries, {}));
  CHECK(it.head().last == 0);
  const auto other = it.append(1);
  REQUIRE_FALSE(other);
  CHECK(other.error().fault == JournalFault::conflict);
  CHECK(it.journal->read(0, 10, 1000).value() == entries);
}

TEST_CASE("a conflict can be made although nobody was first") {
  Fixture it;
  it.faults->next(AppendFault::conflict);
  const auto answer = it.append(1);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().fault == JournalFault::conflict);
  CHECK(answer.error().head == it.head());
  CHECK(it.head().last == 0);
}

TEST_CASE("a full disk refuses writes and still reads") {
  Fixture it;
  REQUIRE(it.append(1));
  it.faults->set_disk_full(true);
  CHECK(it.append(1).error().fault == JournalFault::unavailable);
  CHECK_FALSE(it.journal->save_snapshot(source_of(1, it.head().digest, {"x"})));
  CHECK(it.journal->read(0, 1, 100).value().size() == 1);
  it.faults->set_disk_full(false);
  CHECK(it.append(1));
}

TEST_CASE("an unavailable store answers so to every call and comes back") {
  Fixture it;
  it.faults->set_unavailable(true);
  CHECK(it.journal->head().error().fault == JournalFault::unavailable);
  CHECK(it.journal->read(0, 1, 1).error().fault == JournalFault::unavailable);
  it.faults->set_unavailable(false);
  CHECK(it.journal->head());
}

TEST_CASE("a chooser decides the fault of each append from what is appended") {
  Fixture it;
  it.faults->choose([](Revision expected_last, std::span<const Entry>) {
    return expected_last == 1 ? AppendFault::unavailable : AppendFault::none;
  });
  CHECK(it.append(1));
  CHECK_FALSE(it.append(1));
}
