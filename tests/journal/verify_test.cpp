#include "journal/verify.hpp"
#include "journal/memory.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::journal;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

// A journal that answers what a test wants it to have stored.
class Altered : public Journal {
 public:
  std::vector<Entry> entries = entries_after(0, {}, 6);
  Head now{incarnation_a, 1, 6, {}, entries.back().digest};
  Digest snapshot_digest = entries[3].digest;

  JournalResult<Head> open(const JournalOptions&) override { return now; }
  JournalResult<Revision> append(Revision, std::span<const Entry>, Deadline) override { return 0; }
  JournalResult<Head> head() override { return now; }
  JournalResult<std::vector<Entry>> read(Revision after, std::size_t, std::size_t) override {
    if (after >= entries.size()) return std::vector<Entry>();
    return std::vector<Entry>{entries[after]};
  }
  JournalResult<Head> wait(Revision, Deadline) override { return now; }
  JournalResult<void> save_snapshot(SnapshotSource) override { return {}; }
  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    if (at_most < 4) return std::unique_ptr<SnapshotReader>();
    return std::unique_ptr<SnapshotReader>(std::make_unique<Reader>(snapshot_digest));
  }
  JournalResult<void> compact(Revision) override { return {}; }
  void close() override {}

 private:
  struct Reader : SnapshotReader {
    explicit Reader(const Digest& of) : digest_(of) {}
    Revision revision() const override { return 4; }
    Digest digest() const override { return digest_; }
    JournalResult<std::optional<Bytes>> next() override {
      return std::exchange(part_, std::nullopt);
    }
    Digest digest_;
    std::optional<Bytes> part_ = "four";
  };
};

void check_bad(Altered& journal, Revision revision) {
  const JournalResult<Verified> found = verify(journal);
  REQUIRE_FALSE(found);
  CHECK(found.error().fault == JournalFault::corrupt);
  INFO(found.error().message);
  CHECK(found.error().revision == revision);
}

}  // namespace

TEST_CASE("verify counts what a whole journal holds and tells how far it is") {
  Altered journal;
  Revision told = 0;
  const JournalResult<Verified> found =
      verify(journal, [&](Revision done, Revision) { told = done; });
  REQUIRE(found);
  CHECK(found->head == journal.now);
  CHECK(found->entries == 6);
  CHECK(found->snapshots == 1);
  CHECK(found->snapshot_bytes == 4);
  CHECK(told == 6);
}

TEST_CASE("verify names the first commit that was changed") {
  Altered journal;
  journal.entries[2].commit = commit_of("another");
  journal.entries[4].commit = commit_of("another");
  check_bad(journal, 3);
}

TEST_CASE("verify notices a commit whose digest was changed along with it") {
  Altered journal;
  journal.entries[2] = entry_after(2, journal.entries[1].digest, commit_of("another"));
  check_bad(journal, 4);
}

TEST_CASE("verify notices a missing commit") {
  Altered journal;
  journal.entries.pop_back();
  check_bad(journal, 6);
  journal.entries.erase(journal.entries.begin() + 1);
  check_bad(journal, 2);
}

TEST_CASE("verify notices a head that does not match its last commit") {
  Altered journal;
  journal.now.digest = sha256("elsewhere");
  check_bad(journal, 6);
}

TEST_CASE("verify notices a snapshot that belongs to other commits") {
  Altered journal;
  journal.snapshot_digest = sha256("elsewhere");
  check_bad(journal, 4);
}

TEST_CASE("verify notices that the snapshot under a compacted journal is missing") {
  Altered journal;
  journal.now.first = 3;
  journal.now.before_first = journal.entries[1].digest;
  check_bad(journal, 2);
}
