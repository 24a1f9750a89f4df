#include "contract/journal_contract.hpp"

namespace millrace::contract {

namespace {

void open_empty(Store& store) {
  const Head head = must(store.handle()->open({incarnation_a}));
  CHECK(head == Head{incarnation_a, 1, 0, {}, {}});
  auto journal = opened(store);
  CHECK(must(journal->head()) == head);
  CHECK(must(journal->read(0, 10, 1000)).empty());
  CHECK(must(journal->load_snapshot(100)) == nullptr);
}

void reopen_keeps(Store& store) {
  const std::vector<Entry> entries = grow(*opened(store), 5);
  auto journal = store.handle();
  const Head head = must(journal->open({incarnation_b}));
  CHECK(head == Head{incarnation_a, 1, 5, {}, entries.back().digest});
  CHECK(must(read_all(*journal)) == entries);
  grow(*journal, 1);
  journal.reset();
  CHECK(must(opened(store)->head()).last == 6);
}

void missing_is_refused(Store& store) {
  must_fail(store.handle()->open({incarnation_a, false}), JournalFault::unavailable);
  must_fail(store.handle()->open({"not hex", true}), JournalFault::invalid);
  CHECK(must(opened(store)->head()).last == 0);
}

void closed_is_unavailable(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> entries = entries_after(0, {}, 1);
  journal->close();
  journal->close();
  must_fail(journal->append(0, entries, {}), JournalFault::unavailable);
  must_fail(journal->head(), JournalFault::unavailable);
  must_fail(journal->read(0, 1, 1), JournalFault::unavailable);
  must_fail(journal->wait(0, {1000}), JournalFault::unavailable);
  must_fail(journal->save_snapshot(source_of(1, {}, {})), JournalFault::unavailable);
  must_fail(journal->load_snapshot(1), JournalFault::unavailable);
  must_fail(journal->compact(1), JournalFault::unavailable);
}

void append_contiguous(Store& store) {
  auto journal = opened(store);
  for (Revision last = 0; last < 10; ++last) {
    const std::vector<Entry> entries = grow(*journal, 1);
    CHECK(entries.front().revision == last + 1);
    CHECK(must(journal->head()).digest == entries.back().digest);
  }
  const Head head = must(journal->head());
  std::vector<Entry> gap = entries_after(head, 3);
  gap.erase(gap.begin() + 1);
  must_fail(journal->append(head.last, gap, {}), JournalFault::invalid);
  std::vector<Entry> early = entries_after(head.last - 1, head.digest, 1);
  must_fail(journal->append(head.last, early, {}), JournalFault::invalid);
  std::vector<Entry> unchained = entries_after(head.last, sha256("elsewhere"), 1);
  must_fail(journal->append(head.last, unchained, {}), JournalFault::invalid);
  CHECK(must(journal->head()) == head);
}

void append_stale_conflicts(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> first = entries_after(0, {}, 2, "first");
  const std::vector<Entry> second = entries_after(0, {}, 2, "second");
  CHECK(must(journal->append(0, first, {})) == 2);
  const Head head = must(journal->head());
  CHECK(must_fail(journal->append(0, second, {}), JournalFault::conflict).head == head);
  const std::vector<Entry> behind = entries_after(1, first.front().digest, 1, "behind");
  CHECK(must_fail(journal->append(1, behind, {}), JournalFault::conflict).head == head);
  const std::vector<Entry> ahead = entries_after(7, first.back().digest, 1, "ahead");
  CHECK(must_fail(journal->append(7, ahead, {}), JournalFault::conflict).head == head);
  CHECK(must(read_all(*journal)) == first);
  CHECK(must(read_all(*opened(store))) == first);
}

void append_atomic_batch(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = entries_after(0, {}, 100);
  must_fail(journal->append(0, all, {}), JournalFault::too_large);
  CHECK(must(journal->head()).last == 0);
  const std::span<const Entry> batch(all);
  std::vector<Entry> spoilt(all.begin(), all.begin() + 64);
  spoilt.back().digest = sha256("spoilt");
  must_fail(journal->append(0, spoilt, {}), JournalFault::invalid);
  CHECK(must(journal->head()).last == 0);
  CHECK(must(read_all(*journal)).empty());
  CHECK(must(journal->append(0, batch.first(64), {})) == 64);
  CHECK(must(journal->append(64, batch.subspan(64), {})) == 100);
  CHECK(must(read_all(*journal)) == all);
}

void empty_append_rejected(Store& store) {
  auto journal = opened(store);
  must_fail(journal->append(0, {}, {}), JournalFault::invalid);
  grow(*journal, 1);
  must_fail(journal->append(1, {}, {}), JournalFault::invalid);
  CHECK(must(journal->head()).last == 1);
}

// A commit of exactly this many bytes.
Bytes commit_sized(std::size_t size) {
  Bytes commit = commit_of(Bytes(size - 40, 'x'));
  return commit_of(Bytes(size - 40 + (size - commit.size()), 'x'));
}

void limits(Store& store) {
  auto journal = opened(store);
  std::vector<Entry> entries = {entry_after(0, {}, commit_sized(entry_bytes_max))};
  REQUIRE(entries.front().commit.size() == entry_bytes_max);
  CHECK(must(journal->append(0, entries, {})) == 1);
  const Head head = must(journal->head());
  const std::vector<Entry> over = {entry_after(1, head.digest, commit_sized(entry_bytes_max + 1))};
  must_fail(journal->append(1, over, {}), JournalFault::too_large);
  std::vector<Entry> together = {entry_after(1, head.digest, commit_sized(append_bytes_max / 2))};
  together.push_back(
      entry_after(2, together.back().digest, commit_sized(append_bytes_max / 2 + 1)));
  must_fail(journal->append(1, together, {}), JournalFault::too_large);
  together.back() = entry_after(2, together.front().digest, commit_sized(append_bytes_max / 2));
  CHECK(must(journal->append(1, together, {})) == 3);
  must_fail(journal->save_snapshot(
                source_of(3, together.back().digest, {Bytes(snapshot_part_bytes_max + 1, 'x')})),
            JournalFault::too_large);
  must(journal->save_snapshot(
      source_of(3, together.back().digest, {Bytes(snapshot_part_bytes_max, 'x')})));
  entries.insert(entries.end(), together.begin(), together.end());
  CHECK((must(read_all(*journal)) == entries));
}

void payloads(Store& store) {
  auto journal = opened(store);
  Bytes every_octet;
  for (int i = 0; i < 256; ++i) every_octet += static_cast<char>(i);
  std::vector<Entry> entries = {entry_after(0, {}, encode(Envelope{}))};
  for (const Bytes& event : {Bytes(), every_octet, Bytes(3, '\0'), Bytes("'; DROP TABLE x; --")})
    entries.push_back(
        entry_after(entries.back().revision, entries.back().digest, commit_of(event)));
  CHECK(must(journal->append(0, entries, {})) == 5);
  CHECK(must(read_all(*opened(store))) == entries);
}

}  // namespace

std::vector<Case> open_cases() {
  return {
      {"OpenEmpty", "a new store is empty and has its incarnation", nothing, open_empty},
      {"ReopenKeeps", "a store opened again is as it was left", nothing, reopen_keeps},
      {"OpenMissing", "a missing store is made only when asked", nothing, missing_is_refused},
      {"Closed", "a closed handle answers unavailable to everything", nothing,
       closed_is_unavailable},
  };
}

std::vector<Case> append_cases() {
  return {
      {"AppendContiguous", "entries go in one after the other and close the chain", nothing,
       append_contiguous},
      {"AppendStaleConflicts", "an append behind the head writes nothing and names the head",
       nothing, append_stale_conflicts},
      {"AppendAtomicBatch", "a batch goes in whole or not at all", nothing, append_atomic_batch},
      {"EmptyAppendRejected", "an append of nothing is refused", nothing, empty_append_rejected},
      {"Limits", "the largest of everything passes and one octet more does not", nothing, limits},
      {"Payloads", "empty and binary commits come back as they went in", nothing, payloads},
  };
}

}  // namespace millrace::contract
