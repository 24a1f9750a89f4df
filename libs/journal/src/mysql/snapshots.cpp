#include "snapshots.hpp"

#include <algorithm>

#include "../rules.hpp"
#include "faults.hpp"

namespace millrace::journal::mysql {

using namespace statekit;

namespace {

constexpr int races_max = 16;  // with other handles that move the same row
constexpr std::uint64_t sweep_rows_max = 1000;

tl::unexpected<JournalError> raced(const std::string& what) {
  return refuse(JournalFault::unavailable, "mysql: " + what + " lost " + std::to_string(races_max) +
                                               " races with other programs: try again");
}

// A lost answer to a write that does no harm when it happens twice, or late, or not at all.
template <class T>
Answer<T> harmless(Answer<T> answer) {
  if (!answer && answer.error().fault == JournalFault::unknown)
    answer.error().fault = JournalFault::unavailable;
  return answer;
}

Answer<Outcome> ask(Store& store, const Sql& sql) {
  return store.client().ask(sql, store.tuning().call_ms_max);
}

// The journal's digest at a revision; nullopt when it does not hold it.
Answer<std::optional<Digest>> digest_at(Store& store, const Head& head, Revision revision) {
  if (revision + 1 == head.first) return std::optional(head.before_first);
  if (revision == head.last) return std::optional(head.digest);
  if (revision < head.first || revision > head.last) return std::optional<Digest>();
  const auto answer = ask(store, select_commits(store.workspace(), revision - 1, revision));
  if (!answer) return tl::unexpected(answer.error());
  // It may have been compacted since the head was read.
  if (answer->rows.empty() || !has_commit(answer->rows.front())) return std::optional<Digest>();
  const auto stored = read_commit(revision, answer->rows.front());
  if (!stored) return tl::unexpected(stored.error());
  return std::optional(stored->entry.digest);
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

Answer<std::uint64_t> new_attempt(Store& store) {
  Sql sql("UPDATE millrace_journal SET attempts = LAST_INSERT_ID(attempts + 1) WHERE workspace = ");
  sql << store.workspace();
  const auto answer = ask(store, sql);
  if (!answer) return tl::unexpected(answer.error());
  return answer->id;
}

Answer<std::optional<Seal>> seal_at_most(Store& store, Revision at_most) {
  const auto answer = ask(store, select_seal(store.workspace(), at_most));
  if (!answer) return tl::unexpected(answer.error());
  if (answer->rows.empty()) return std::optional<Seal>();
  const auto seal = read_seal(store.workspace(), answer->rows.front());
  if (!seal) return tl::unexpected(seal.error());
  return std::optional(*seal);
}

Answer<void> put_part(Store& store, const Seal& seal, const Bytes& part) {
  Sql sql(
      "REPLACE INTO millrace_parts (workspace, revision, attempt, part, digest, octets) VALUES (");
  sql << store.workspace() << ", " << seal.revision << ", " << seal.attempt << ", "
      << seal.parts + 1 << ", " << sha256(part) << ", " << part << ")";
  const auto done = ask(store, sql);
  if (!done) return tl::unexpected(done.error());
  return {};
}

// Takes the row's lock, if the journal still begins where it did (and, while it is empty, ends
// there), so that no compaction and no first commit comes between.
Sql hold(const std::string& workspace, const Root& root, const Root& next) {
  Sql sql("UPDATE millrace_journal SET attempts = attempts + 1, first_rev = ");
  sql << next.head.first << ", before_first = " << next.head.before_first
      << ", begin_seal = " << next.begin_seal;
  if (root.head.last == 0)
    sql << ", rev = " << next.head.last << ", digest = " << next.head.digest
        << ", head_seal = " << next.head_seal;
  sql << " WHERE workspace = " << workspace << " AND begin_seal = " << root.begin_seal;
  if (root.head.last == 0) sql << " AND head_seal = " << root.head_seal;
  return sql;
}

// The one transaction that makes it visible. False: somebody else was in between.
Answer<bool> try_seal(Store& store, const Seal& seal) {
  const auto root = may_save(store, seal.revision, seal.digest);
  if (!root) return tl::unexpected(root.error());
  Root next = *root;
  if (root->head.last == 0)
    next = sealed(store.workspace(), Head{root->head.incarnation, seal.revision + 1, seal.revision,
                                          seal.digest, seal.digest});
  Sql seals("DELETE FROM millrace_snapshots WHERE workspace = ");
  seals << store.workspace() << " AND revision = " << seal.revision << " AND attempt < "
        << seal.attempt;
  Sql parts("DELETE FROM millrace_parts WHERE workspace = ");
  parts << store.workspace() << " AND revision = " << seal.revision << " AND attempt < "
        << seal.attempt;
  bool overtaken = false;
  const auto work = [&](const Run& run) -> Tried<bool> {
    overtaken = false;
    const auto held = run(hold(store.workspace(), *root, next));
    if (!held) return tl::unexpected(held.error());
    if (held->changed == 0) return false;
    if (const auto done = run(seals); !done) return tl::unexpected(done.error());
    const auto put = run(insert_seal(store.workspace(), seal));
    if (!put && is_duplicate(put.error())) {
      overtaken = true;
      return false;
    }
    if (!put) return tl::unexpected(put.error());
    if (const auto done = run(parts); !done) return tl::unexpected(done.error());
    return true;
  };
  const auto done = harmless(store.client().transact(work, store.tuning().call_ms_max));
  if (!done) return tl::unexpected(done.error());
  if (overtaken)
    return refuse(JournalFault::unavailable, "mysql: the snapshot at revision " +
                                                 std::to_string(seal.revision) +
                                                 " was overtaken while it was written");
  if (*done) store.learn_written(next);
  return done;
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
    Sql sql("SELECT digest, octets FROM millrace_parts WHERE workspace = ");
    sql << store_->workspace() << " AND revision = " << seal_.revision
        << " AND attempt = " << seal_.attempt << " AND part = " << read_ + 1;
    const auto answer = ask(*store_, sql);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->rows.empty()) return missing();
    const Row& row = answer->rows.front();
    if (row.size() != 2 || !row[0] || !row[1] || to_bytes(sha256(*row[1])) != *row[0])
      return damaged(seal_.revision, "a part of the snapshot");
    part_digests_ += *row[0];
    ++read_;
    return row[1];
  }

 private:
  JournalResult<std::optional<Bytes>> missing() {
    const auto newest = seal_at_most(*store_, seal_.revision);
    if (!newest) return tl::unexpected(newest.error());
    if (*newest && (*newest)->revision == seal_.revision && (*newest)->attempt == seal_.attempt)
      return damaged(seal_.revision, "a part of the snapshot");
    return refuse(JournalFault::compacted, "mysql: the snapshot at revision " +
                                               std::to_string(seal_.revision) +
                                               " was replaced while it was read: load it again");
  }

  const std::shared_ptr<Store> store_;
  const Seal seal_;
  std::uint64_t read_ = 0;
  Bytes part_digests_;
};

// Moves the beginning; where it then is. False: somebody else was in between.
Answer<bool> try_move(Store& store, Revision up_to, Revision& first) {
  const auto root = store.read(store.tuning().call_ms_max);
  if (!root) return tl::unexpected(root.error());
  first = root->head.first;
  if (up_to < first) return true;
  const auto kept = seal_at_most(store, up_to);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept)
    return refuse(JournalFault::invalid, "mysql: there is no snapshot at or before revision " +
                                             std::to_string(up_to) + " to compact to");
  if ((*kept)->revision < first) return true;
  const auto digest = digest_at(store, root->head, (*kept)->revision);
  if (!digest) return tl::unexpected(digest.error());
  if (!*digest || **digest != (*kept)->digest) return damaged((*kept)->revision, "the snapshot");
  Head moved = root->head;
  moved.first = (*kept)->revision + 1;
  moved.before_first = (*kept)->digest;
  const Root next = sealed(store.workspace(), moved);
  Sql sql("UPDATE millrace_journal SET first_rev = ");
  sql << moved.first << ", before_first = " << moved.before_first
      << ", begin_seal = " << next.begin_seal << " WHERE workspace = " << store.workspace()
      << " AND begin_seal = " << root->begin_seal;
  const auto done = ask(store, sql);
  if (!done) return tl::unexpected(done.error());
  first = moved.first;
  return done->changed == 1;
}

// Removes what lies before `first`, a thousand rows at a time, so that appends go on between.
Answer<void> sweep(Store& store, Revision first) {
  Sql seals("DELETE FROM millrace_snapshots WHERE workspace = ");
  seals << store.workspace() << " AND revision < " << first - 1 << " ORDER BY revision LIMIT "
        << sweep_rows_max;
  Sql parts("DELETE FROM millrace_parts WHERE workspace = ");
  parts << store.workspace() << " AND revision < " << first - 1
        << " ORDER BY revision, attempt, part LIMIT " << sweep_rows_max;
  Sql commits("DELETE FROM millrace_commits WHERE workspace = ");
  commits << store.workspace() << " AND revision < " << first << " ORDER BY revision LIMIT "
          << sweep_rows_max;
  for (const Sql& each : {seals, parts, commits}) {
    for (;;) {
      const auto done = ask(store, each);
      if (!done) return tl::unexpected(done.error());
      if (done->changed < sweep_rows_max) break;
    }
  }
  return {};
}

}  // namespace

Answer<void> save_snapshot(Store& store, SnapshotSource source) {
  if (auto good = may_save(store, source.revision, source.digest); !good)
    return tl::unexpected(good.error());
  const auto attempt = new_attempt(store);
  if (!attempt) return tl::unexpected(attempt.error());
  Seal seal{source.revision, *attempt, 0, source.digest, {}};
  Bytes part_digests;
  while (const std::optional<Bytes> part = source.next()) {
    if (auto good = check_part(*part); !good) return good;
    if (auto done = put_part(store, seal, *part); !done) return done;
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
  const auto seal = seal_at_most(*store, at_most);
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

}  // namespace millrace::journal::mysql
