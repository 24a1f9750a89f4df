#include "snapshots.hpp"

#include <algorithm>

#include "../rules.hpp"

namespace millrace::journal::etcd {

using namespace statekit;

namespace {

constexpr int races_max = 16;  // with other handles that move the same records
constexpr Revision sweep_commits_max = 1000;

tl::unexpected<JournalError> raced(const std::string& what) {
  return refuse(JournalFault::unavailable, "etcd: " + what + " lost " + std::to_string(races_max) +
                                               " races with other programs: try again");
}

// A lost answer to a write that does no harm when it happens twice, or late, or not at all.
template <class T>
Answer<T> harmless(Answer<T> answer) {
  if (!answer && answer.error().fault == JournalFault::unknown)
    answer.error().fault = JournalFault::unavailable;
  return answer;
}

Answer<TxnAnswer> ask(Store& store, const Txn& txn) {
  return harmless(store.client().txn(txn, store.tuning().call_ms_max));
}

// With the root as it is now: whether this snapshot may be stored.
Answer<Root> may_save(Store& store, Revision revision, const Digest& digest) {
  auto root = store.read(store.tuning().call_ms_max);
  if (!root) return root;
  const auto there = digest_at(store, root->head, revision);
  if (!there) return tl::unexpected(there.error());
  if (auto good = check_snapshot(root->head, revision, digest, *there ? &**there : nullptr); !good)
    return tl::unexpected(good.error());
  return root;
}

Answer<std::int64_t> new_attempt(Store& store) {
  Txn txn;
  txn.writes = {{store.keys().attempts(), {}}};
  const auto answer = ask(store, txn);
  if (!answer) return tl::unexpected(answer.error());
  return answer->revision;
}

Answer<std::optional<Seal>> seal_at_most(Store& store, Revision at_most, std::int64_t& mod) {
  Txn txn;
  const Keys& keys = store.keys();
  txn.ranges = {{keys.snapshot(0), keys.snapshot(at_most) + '\0', 1}};
  txn.ranges.front().newest_first = true;
  const auto answer = ask(store, txn);
  if (!answer) return tl::unexpected(answer.error());
  mod = 0;
  if (answer->found.front().empty()) return std::optional<Seal>();
  mod = answer->found.front().front().mod;
  const auto seal = read_seal(keys, answer->found.front().front());
  if (!seal) return tl::unexpected(seal.error());
  return std::optional(*seal);
}

Write removal(Bytes from, Bytes to) { return {std::move(from), {}, true, std::move(to)}; }

// The one write that makes it visible. False: somebody else was in between.
Answer<bool> try_seal(Store& store, const Seal& seal) {
  const auto root = may_save(store, seal.revision, seal.digest);
  if (!root) return tl::unexpected(root.error());
  std::int64_t mod = 0;
  const auto older = seal_at_most(store, seal.revision, mod);
  if (!older) return tl::unexpected(older.error());
  const Keys& keys = store.keys();
  const bool replaces = *older && (*older)->revision == seal.revision;
  if (replaces && (*older)->attempt > seal.attempt)
    return refuse(JournalFault::unavailable, "etcd: the snapshot at revision " +
                                                 std::to_string(seal.revision) +
                                                 " was overtaken while it was written");
  Txn txn;
  txn.when = {{keys.begin(), root->begin_mod}, {keys.snapshot(seal.revision), replaces ? mod : 0}};
  txn.writes = {{keys.snapshot(seal.revision), seal_value(seal)},
                removal(keys.parts_of(seal.revision), keys.parts_of(seal.revision, seal.attempt))};
  if (root->head.last == 0) {
    const Head begun{root->head.incarnation, seal.revision + 1, seal.revision, seal.digest,
                     seal.digest};
    txn.when.push_back({keys.head(), root->head_mod});
    txn.writes.push_back({keys.begin(), begin_value(begun)});
    txn.writes.push_back({keys.head(), head_value(begun)});
  }
  const auto answer = ask(store, txn);
  if (!answer) return tl::unexpected(answer.error());
  return answer->held;
}

class Reader : public SnapshotReader {
 public:
  Reader(std::shared_ptr<Store> store, const Seal& seal) : store_(std::move(store)), seal_(seal) {}
  Revision revision() const override { return seal_.revision; }
  Digest digest() const override { return seal_.digest; }

  JournalResult<std::optional<Bytes>> next() override {
    if (read_ == seal_.parts) {
      if (sha256(part_digests_) == seal_.content) return std::optional<Bytes>();
      return damaged(seal_.revision, "the snapshot");
    }
    Txn txn;
    txn.ranges = {{store_->keys().part(seal_.revision, seal_.attempt, read_ + 1), {}}};
    const auto answer = ask(*store_, txn);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->found.front().empty()) return missing();
    std::optional<Bytes> part = read_part(answer->found.front().front().value);
    if (!part) return damaged(seal_.revision, "a part of the snapshot");
    part_digests_ += to_bytes(sha256(*part));
    ++read_;
    return part;
  }

 private:
  JournalResult<std::optional<Bytes>> missing() {
    std::int64_t mod = 0;
    const auto newest = seal_at_most(*store_, seal_.revision, mod);
    if (!newest) return tl::unexpected(newest.error());
    if (*newest && (*newest)->revision == seal_.revision && (*newest)->attempt == seal_.attempt)
      return damaged(seal_.revision, "a part of the snapshot");
    return refuse(JournalFault::compacted, "etcd: the snapshot at revision " +
                                               std::to_string(seal_.revision) +
                                               " was replaced while it was read: load it again");
  }

  const std::shared_ptr<Store> store_;
  const Seal seal_;
  std::int64_t read_ = 0;
  Bytes part_digests_;
};

// Moves the beginning; the root as it then is. False: somebody else was in between.
Answer<bool> try_move(Store& store, Revision up_to, Revision& first) {
  const auto root = store.read(store.tuning().call_ms_max);
  if (!root) return tl::unexpected(root.error());
  first = root->head.first;
  if (up_to < first) return true;
  std::int64_t mod = 0;
  const auto kept = seal_at_most(store, up_to, mod);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept)
    return refuse(JournalFault::invalid, "etcd: there is no snapshot at or before revision " +
                                             std::to_string(up_to) + " to compact to");
  if ((*kept)->revision < first) return true;
  const auto digest = digest_at(store, root->head, (*kept)->revision);
  if (!digest) return tl::unexpected(digest.error());
  if (!*digest || **digest != (*kept)->digest) return damaged((*kept)->revision, "the snapshot");
  Head moved = root->head;
  moved.first = (*kept)->revision + 1;
  moved.before_first = (*kept)->digest;
  Txn txn;
  txn.when = {{store.keys().begin(), root->begin_mod},
              {store.keys().snapshot(moved.first - 1), mod}};
  txn.writes = {{store.keys().begin(), begin_value(moved)}};
  const auto answer = ask(store, txn);
  if (!answer) return tl::unexpected(answer.error());
  first = moved.first;
  return answer->held;
}

// Removes what lies before `first`, a thousand commits at a time, so that appends go on between.
Answer<void> sweep(Store& store, Revision first) {
  const Keys& keys = store.keys();
  Txn snapshots;
  snapshots.writes = {removal(keys.snapshot(0), keys.snapshot(first - 1)),
                      removal(keys.parts_of(0), keys.parts_of(first - 1))};
  if (const auto done = ask(store, snapshots); !done) return tl::unexpected(done.error());
  for (;;) {
    Txn look;
    look.ranges = {{keys.commit(0), keys.commit(first), 1, true}};
    const auto oldest = ask(store, look);
    if (!oldest) return tl::unexpected(oldest.error());
    if (oldest->found.front().empty()) return {};
    const Bytes& key = oldest->found.front().front().key;
    const Revision from = std::stoull(key.substr(keys.prefix().size()));
    Txn some;
    some.writes = {removal(key, keys.commit(std::min(from + sweep_commits_max, first)))};
    if (const auto done = ask(store, some); !done) return tl::unexpected(done.error());
  }
}

}  // namespace

Answer<std::optional<Digest>> digest_at(Store& store, const Head& head, Revision revision) {
  if (revision + 1 == head.first) return std::optional(head.before_first);
  if (revision == head.last) return std::optional(head.digest);
  if (revision < head.first || revision > head.last) return std::optional<Digest>();
  Txn txn;
  txn.ranges = {{store.keys().commit(revision), {}}};
  const auto answer = ask(store, txn);
  if (!answer) return tl::unexpected(answer.error());
  // It may have been compacted since the head was read.
  if (answer->found.front().empty()) return std::optional<Digest>();
  const auto stored = read_commit(revision, answer->found.front().front().value);
  if (!stored) return tl::unexpected(stored.error());
  return std::optional(stored->entry.digest);
}

Answer<void> save_snapshot(Store& store, SnapshotSource source) {
  if (auto good = may_save(store, source.revision, source.digest); !good)
    return tl::unexpected(good.error());
  const auto attempt = new_attempt(store);
  if (!attempt) return tl::unexpected(attempt.error());
  Seal seal{source.revision, *attempt, 0, source.digest, {}};
  Bytes part_digests;
  while (const std::optional<Bytes> part = source.next()) {
    if (auto good = check_part(*part); !good) return good;
    Txn txn;
    txn.writes = {
        {store.keys().part(seal.revision, seal.attempt, seal.parts + 1), part_value(*part)}};
    if (const auto done = ask(store, txn); !done) return tl::unexpected(done.error());
    ++seal.parts;
    part_digests += to_bytes(sha256(*part));
  }
  seal.content = sha256(part_digests);
  for (int i = 0; i < races_max; ++i) {
    const auto done = try_seal(store, seal);
    if (!done) return tl::unexpected(done.error());
    if (*done) return {};
  }
  return raced("saving a snapshot");
}

Answer<std::unique_ptr<SnapshotReader>> load_snapshot(const std::shared_ptr<Store>& store,
                                                      Revision at_most) {
  const auto root = store->read(store->tuning().call_ms_max);
  if (!root) return tl::unexpected(root.error());
  std::int64_t mod = 0;
  const auto seal = seal_at_most(*store, at_most, mod);
  if (!seal) return tl::unexpected(seal.error());
  const Revision rests_on = root->head.first - 1;
  if (rests_on > 0 && at_most >= rests_on && (!*seal || (*seal)->revision < rests_on))
    return damaged(rests_on, "the snapshot on which the journal rests");
  if (!*seal || (*seal)->revision < rests_on) return std::unique_ptr<SnapshotReader>();
  const auto there = digest_at(*store, root->head, (*seal)->revision);
  if (!there) return tl::unexpected(there.error());
  if (*there && **there != (*seal)->digest) return damaged((*seal)->revision, "the snapshot");
  return std::unique_ptr<SnapshotReader>(std::make_unique<Reader>(store, **seal));
}

Answer<void> compact(Store& store, Revision up_to) {
  for (int i = 0; i < races_max; ++i) {
    Revision first = 0;
    const auto done = try_move(store, up_to, first);
    if (!done) return tl::unexpected(done.error());
    if (*done) return first > 1 ? sweep(store, first) : Answer<void>();
  }
  return raced("compacting");
}

}  // namespace millrace::journal::etcd
