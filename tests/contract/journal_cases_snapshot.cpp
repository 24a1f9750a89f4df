#include "contract/journal_contract.hpp"

namespace millrace::contract {

namespace {

using Parts = std::vector<Bytes>;

void round_trip(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 9);
  const Parts three = {"a", Bytes(5000, '\0'), "c"};
  const Parts six = {"d"};
  must(journal->save_snapshot(source_of(6, all[5].digest, six)));
  must(journal->save_snapshot(source_of(3, all[2].digest, three)));
  must(journal->save_snapshot(source_of(9, all[8].digest, {})));
  for (int restart = 0; restart < 2; ++restart) {
    Revision revision = 0;
    CHECK(load_parts(*journal, 5, revision) == three);
    CHECK(revision == 3);
    CHECK(load_parts(*journal, 6, revision) == six);
    CHECK(revision == 6);
    CHECK(load_parts(*journal, 8, revision) == six);
    CHECK(load_parts(*journal, 100, revision).empty());
    CHECK(revision == 9);
    CHECK(must(journal->load_snapshot(2)) == nullptr);
    CHECK(must(journal->load_snapshot(6))->digest() == all[5].digest);
    journal = opened(store);
  }
}

void saved_again(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 3);
  must(journal->save_snapshot(source_of(2, all[1].digest, {"old", "and long"})));
  must(journal->save_snapshot(source_of(2, all[1].digest, {"new"})));
  Revision revision = 0;
  CHECK(load_parts(*journal, 2, revision) == Parts{"new"});
}

void refused(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 5);
  const auto save = [&](Revision revision, const Digest& digest) {
    return journal->save_snapshot(source_of(revision, digest, {"x"}));
  };
  must_fail(save(0, {}), JournalFault::invalid);
  must_fail(save(6, all[4].digest), JournalFault::invalid);
  must_fail(save(3, all[1].digest), JournalFault::invalid);
  CHECK(must(journal->load_snapshot(100)) == nullptr);
  must(save(4, all[3].digest));
  must(journal->compact(4));
  must_fail(save(2, all[1].digest), JournalFault::compacted);
  must(save(4, all[3].digest));
}

// The source closes the handle half way: what was written so far is never seen.
void torn_is_invisible(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 4);
  must(journal->save_snapshot(source_of(2, all[1].digest, {"whole"})));
  int part = 0;
  const SnapshotSource torn{4, all[3].digest, [&]() -> std::optional<Bytes> {
                              if (++part == 3) journal->close();
                              if (part == 5) return std::nullopt;
                              return Bytes(1000, 'x');
                            }};
  must_fail(journal->save_snapshot(torn), JournalFault::unavailable);
  journal = opened(store);
  Revision revision = 0;
  CHECK(load_parts(*journal, 4, revision) == Parts{"whole"});
  CHECK(revision == 2);
  must(journal->save_snapshot(source_of(4, all[3].digest, {"now whole"})));
  CHECK(load_parts(*journal, 4, revision) == Parts{"now whole"});
}

// Other calls go on while a snapshot is being written.
void appends_go_on(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 2);
  int part = 0;
  must(journal->save_snapshot({2, all[1].digest, [&]() -> std::optional<Bytes> {
                                 grow(*journal, 1);
                                 if (++part == 4) return std::nullopt;
                                 return std::to_string(part);
                               }}));
  CHECK(must(journal->head()).last == 6);
  Revision revision = 0;
  CHECK(load_parts(*journal, 6, revision) == Parts{"1", "2", "3"});
}

void compact_keeps_tail(Store& store) {
  auto journal = opened(store);
  must(journal->compact(0));
  const std::vector<Entry> all = grow(*journal, 8);
  must_fail(journal->compact(8), JournalFault::invalid);
  CHECK(must(journal->head()).first == 1);
  for (const std::size_t at : {2, 5, 7})
    must(journal->save_snapshot(source_of(at, all[at - 1].digest, {std::to_string(at)})));
  must_fail(journal->compact(1), JournalFault::invalid);
  must(journal->compact(6));
  for (int again = 0; again < 2; ++again) {
    CHECK(must(journal->head()) == Head{incarnation_a, 6, 8, all[4].digest, all[7].digest});
    CHECK(must(read_all(*journal, 5)) == std::vector<Entry>(all.begin() + 5, all.end()));
    CHECK(must(journal->load_snapshot(4)) == nullptr);
    Revision revision = 0;
    CHECK(load_parts(*journal, 6, revision) == Parts{"5"});
    CHECK(load_parts(*journal, 8, revision) == Parts{"7"});
    must(journal->compact(6));
    must(journal->compact(2));
    must(journal->compact(0));
    journal = opened(store);
  }
  must(journal->compact(100));
  CHECK(must(journal->head()).first == 8);
  must(journal->save_snapshot(source_of(8, all[7].digest, {"8"})));
  must(journal->compact(8));
  CHECK(must(journal->head()) == Head{incarnation_a, 9, 8, all[7].digest, all[7].digest});
  CHECK(must(journal->read(8, 1, 1)).empty());
  journal = opened(store);
  grow(*journal, 1);
  CHECK(must(read_all(*journal, 8)).size() == 1);
}

void compact_many(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 2500);
  must(journal->save_snapshot(source_of(2450, all[2449].digest, {"x"})));
  must(journal->compact(2500));
  CHECK(must(read_all(*journal, 2450)).size() == 50);
}

// Reads everything out of one journal and writes it into another, empty one.
void copy(Journal& from, Journal& to) {
  const Head head = must(from.head());
  if (head.first > 1) {
    auto reader = must(from.load_snapshot(head.first - 1));
    REQUIRE(reader != nullptr);
    must(to.save_snapshot(
        {reader->revision(), reader->digest(), [&] { return must(reader->next()); }}));
  }
  for (Revision after = head.first - 1; after < head.last;) {
    const std::vector<Entry> some = must(from.read(after, append_entries_max, append_bytes_max));
    after = must(to.append(after, some, {}));
  }
}

void backup_restore_equal(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 150);
  must(journal->save_snapshot(source_of(40, all[39].digest, {"forty", "more"})));
  must(journal->compact(40));
  const Head head = must(journal->head());
  for (const Driver& driver : whole_drivers()) {
    INFO("into " << driver.name);
    const std::unique_ptr<Store> target = driver.fresh(nothing);
    auto restored = target->handle();
    must(restored->open({incarnation_b}));
    copy(*journal, *restored);
    restored = opened(*target);
    Head now = must(restored->head());
    CHECK(now.incarnation == incarnation_b);
    now.incarnation = head.incarnation;
    CHECK(now == head);
    CHECK(must(read_all(*restored, 40)) == must(read_all(*journal, 40)));
    Revision revision = 0;
    CHECK(load_parts(*restored, 150, revision) == Parts{"forty", "more"});
    CHECK(revision == 40);
  }
}

}  // namespace

std::vector<Case> snapshot_cases() {
  return {
      {"SnapshotRoundTrip", "snapshots come back whole and the newest at most R is found", nothing,
       round_trip},
      {"SnapshotSavedAgain", "a snapshot at the same revision takes the place of the older",
       nothing, saved_again},
      {"SnapshotRefused", "a snapshot that does not belong to the journal is refused", nothing,
       refused},
      {"SnapshotTorn", "a snapshot that was not finished is never seen", nothing,
       torn_is_invisible},
      {"SnapshotBesideAppends", "appends go on while a snapshot is written", nothing,
       appends_go_on},
      {"CompactKeepsTail", "compacting keeps a snapshot and all entries after it", nothing,
       compact_keeps_tail},
      {"CompactMany", "thousands of entries are compacted away", nothing, compact_many},
      {"BackupRestoreEqual", "a copy into each driver is equal", nothing, backup_restore_equal},
  };
}

}  // namespace millrace::contract
