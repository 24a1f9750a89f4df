#include <cstdlib>
#include <random>

#include "journal/sqlite.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/cut_disk.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

// The commit at a revision, in a batch that ends at `end`: a reader knows it too.
Bytes commit_at(Revision revision, Revision end) {
  return commit_of(std::to_string(revision) + " of a batch to " + std::to_string(end) +
                   Bytes((revision * 7919) % 30'000, 'p'));
}

std::vector<Entry> batch_at(const Head& head, std::size_t size) {
  std::vector<Entry> batch;
  Digest digest = head.digest;
  for (Revision last = head.last; last < head.last + size; ++last) {
    batch.push_back(entry_after(last, digest, commit_at(last + 1, head.last + size)));
    digest = batch.back().digest;
  }
  return batch;
}

std::vector<Bytes> snapshot_at(Revision revision) {
  return {std::to_string(revision), Bytes(20'000, 's')};
}

// One store whose power is cut again and again.
class Ordeal {
 public:
  Ordeal(std::uint64_t seed, bool durable) : random_(seed), tuning_{disk_.vfs(), durable, 50} {}

  // What was lost or damaged, in words; empty: nothing.
  std::string run(int cuts) {
    { must_open(); }
    for (int i = 0; i < cuts; ++i) {
      disk_.cut_in(1 + random_() % 120);
      work();
      disk_.power_on(random_());
      // Closing after a look puts the log away: mostly the next cut meets what this one left.
      if (random_() % 4 != 0 && i + 1 < cuts) continue;
      std::string lost = look();
      if (!lost.empty()) return lost + " after cut " + std::to_string(i + 1);
    }
    return {};
  }
  Revision acknowledged() const { return acked_; }

 private:
  std::unique_ptr<Journal> handle() { return make_sqlite_journal(folder_ / "journal.db", tuning_); }
  void must_open() { REQUIRE(handle()->open({incarnation_a})); }

  // Appends, saves and compacts until the power is gone.
  void work() {
    const std::unique_ptr<Journal> journal = handle();
    if (!journal->open({incarnation_a})) return;
    for (;;) {
      const JournalResult<Head> head = journal->head();
      if (!head) return;
      const std::vector<Entry> batch = batch_at(*head, 1 + random_() % 8);
      const JournalResult<Revision> done = journal->append(head->last, batch, {});
      if (!done) return;
      acked_ = *done;
      if (random_() % 8 == 0) {
        const Digest& digest = batch.back().digest;
        if (!journal->save_snapshot(source_of(acked_, digest, snapshot_at(acked_)))) return;
        saved_ = acked_;
      }
      if (random_() % 20 == 0 && saved_ > 0 && !journal->compact(saved_)) return;
    }
  }

  std::string look() {
    const std::unique_ptr<Journal> journal = handle();
    const JournalResult<Head> head = journal->open({incarnation_b, false});
    if (!head) return head.error().message;
    if (head->last < acked_) return "revision " + std::to_string(acked_) + " was lost";
    if (std::string wrong = look_at_snapshot(*journal, *head); !wrong.empty()) return wrong;
    return look_at_entries(*journal, *head);
  }

  std::string look_at_snapshot(Journal& journal, const Head& head) {
    const auto reader = journal.load_snapshot(head.last);
    if (!reader) return reader.error().message;
    if (!*reader) return saved_ == 0 ? "" : "the snapshot was lost";
    if ((*reader)->revision() < saved_) return "the newest snapshot was lost";
    for (const Bytes& wanted : snapshot_at((*reader)->revision())) {
      const auto part = (*reader)->next();
      if (!part) return part.error().message;
      if (*part != wanted) return "a snapshot part is another";
    }
    return {};
  }

  // What was compacted away cannot be compared; the digest before the first stands for it.
  static std::string look_at_entries(Journal& journal, const Head& head) {
    Digest digest = head.before_first;
    Revision last = head.first - 1;
    bool batch_whole = true;
    while (last < head.last) {
      const auto entry = journal.read(last, 1, 0);
      if (!entry) return entry.error().message;
      if (entry->size() != 1) return "revision " + std::to_string(last + 1) + " is missing";
      ++last;
      digest = entry->front().digest;
      Revision end = last;
      while (end < last + 8 && entry->front().commit != commit_at(last, end)) ++end;
      if (end == last + 8) return "revision " + std::to_string(last) + " is another";
      batch_whole = end == last;
    }
    if (digest != head.digest) return "the head's digest is another";
    return batch_whole ? "" : "half a batch is there";
  }

  TempDir folder_;
  CutDisk disk_;
  std::mt19937_64 random_;
  SqliteTuning tuning_;
  Revision acked_ = 0;
  Revision saved_ = 0;
};

int stores() { return std::getenv("MILLRACE_LONG") != nullptr ? 400 : 15; }

}  // namespace

TEST_CASE("G1: what was acknowledged outlives power cuts and the rest is whole or absent") {
  Revision acknowledged = 0;
  for (int i = 0; i < stores(); ++i) {
    const std::uint64_t seed = Catch::rngSeed() * 1000ULL + static_cast<std::uint64_t>(i);
    INFO("seed " << seed);
    Ordeal ordeal(seed, true);
    CHECK(ordeal.run(8) == "");
    acknowledged += ordeal.acknowledged();
  }
  // Else the cuts came so early that nothing was put to the test.
  CHECK(acknowledged > static_cast<Revision>(stores()) * 10);
}

TEST_CASE("G1: a journal that does not sync is caught by the power cuts") {
  int caught = 0;
  for (int i = 0; i < 10; ++i)
    caught += Ordeal(static_cast<std::uint64_t>(i), false).run(8).empty() ? 0 : 1;
  CHECK(caught > 5);
}

TEST_CASE("after a failed sync the outcome is unknown and the same bytes again settle it") {
  const TempDir folder;
  CutDisk disk;
  const auto journal = make_sqlite_journal(folder / "journal.db", {disk.vfs(), true, 50});
  REQUIRE(journal->open({incarnation_a}));
  REQUIRE(journal->append(0, entries_after(0, {}, 3), {}));
  const Head head = journal->head().value();
  const std::vector<Entry> entries = entries_after(head, 2, "again");
  disk.fail_syncs(1);
  const auto lost = journal->append(3, entries, {});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().fault == JournalFault::unknown);
  const auto again = journal->append(3, entries, {});
  CHECK((again || again.error().fault == JournalFault::conflict));
  CHECK(journal->read(3, 10, 10'000).value() == entries);
}

TEST_CASE("after a failed sync nothing is written through the old connection") {
  const TempDir folder;
  CutDisk disk;
  const auto journal = make_sqlite_journal(folder / "journal.db", {disk.vfs(), true, 50});
  REQUIRE(journal->open({incarnation_a}));
  REQUIRE(journal->append(0, entries_after(0, {}, 1), {}));
  const Head head = journal->head().value();
  const std::uint64_t before = disk.opens();
  REQUIRE(journal->append(1, entries_after(head, 1), {}));
  CHECK(disk.opens() == before);
  disk.fail_syncs(1);
  const Head now = journal->head().value();
  REQUIRE_FALSE(journal->append(2, entries_after(now, 1), {}));
  REQUIRE(journal->append(2, entries_after(now, 1), {}));
  CHECK(disk.opens() > before);
}
