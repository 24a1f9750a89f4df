#include "sqlite_snapshots.hpp"

#include <algorithm>
#include <limits>

#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

std::int64_t stored(Revision revision) {
  constexpr auto most = static_cast<Revision>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(revision, most));
}

// Binds a snapshot's revision, journal digest, number of parts and contents.
Digest seal_of(int version, Revision revision, const Digest& digest, std::int64_t parts,
               BytesView part_digests) {
  return sha256("millrace journal snapshot " + std::to_string(version) + "|" +
                std::to_string(revision) + "|" + hex(digest) + "|" + std::to_string(parts) + "|" +
                Bytes(part_digests));
}

JournalResult<void> may_store(const SqliteFormat& format, Database& database,
                              const SnapshotDraft& draft, Head& head) {
  JournalResult<Head> read = read_head(database, format);
  if (!read) return tl::unexpected(read.error());
  head = std::move(*read);
  const auto there = digest_at(database, format, head, draft.revision);
  if (!there) return tl::unexpected(there.error());
  return check_snapshot(head, draft.revision, draft.digest, *there ? &**there : nullptr);
}

JournalResult<void> take_attempt(Database& database, SnapshotDraft& draft) {
  Query row =
      database.query("SELECT coalesce(max(attempt), 0) + 1 FROM snapshots WHERE revision = ?");
  const JournalResult<bool> found = row.bind(stored(draft.revision)).step();
  if (!found) return tl::unexpected(found.error());
  draft.attempt = row.number(0);
  return {};
}

// The seal row: how many parts, then the seal.
JournalResult<void> write_seal(const SqliteFormat& format, Database& database,
                               const SnapshotDraft& draft) {
  const Digest seal =
      seal_of(format.version(), draft.revision, draft.digest, draft.parts, draft.part_digests);
  const Bytes octets = std::to_string(draft.parts) + "|" + to_bytes(seal);
  const Bytes digest = to_bytes(draft.digest);
  auto done = database
                  .query(
                      "UPDATE snapshots SET part = 0, octets = ?, digest = ? "
                      "WHERE revision = ? AND attempt = ? AND part = -1")
                  .bind(octets)
                  .bind(digest)
                  .bind(stored(draft.revision))
                  .bind(draft.attempt)
                  .run();
  if (done && database.changes() != 1)
    return refuse(JournalFault::unavailable, database.path() + ": the snapshot at revision " +
                                                 std::to_string(draft.revision) +
                                                 " was overtaken while it was written");
  return done;
}

JournalResult<void> drop_replaced(Database& database, const SnapshotDraft& draft) {
  auto done = database.query("DELETE FROM snapshots WHERE revision = ? AND attempt < ?")
                  .bind(stored(draft.revision))
                  .bind(draft.attempt)
                  .run();
  if (!done) return done;
  return database
      .query(
          "DELETE FROM snapshots WHERE (revision, attempt) IN "
          "(SELECT revision, attempt FROM snapshots WHERE part = -1 AND revision < ?)")
      .bind(stored(draft.revision))
      .run();
}

bool parse_seal(BytesView octets, StoredSnapshot& snapshot) {
  const std::size_t bar = octets.find('|');
  if (bar == BytesView::npos || bar == 0 || bar > 9) return false;
  snapshot.parts = 0;
  for (const char c : octets.substr(0, bar)) {
    if (c < '0' || c > '9') return false;
    snapshot.parts = snapshot.parts * 10 + (c - '0');
  }
  return from_bytes(octets.substr(bar + 1), snapshot.seal);
}

// The newest sealed snapshot at or before `at_most`, as its row has it; nullopt: none.
JournalResult<std::optional<StoredSnapshot>> newest_row(Database& database, Revision at_most) {
  Query row = database.query(
      "SELECT revision, attempt, octets, digest FROM snapshots WHERE part = 0 AND revision <= ? "
      "ORDER BY revision DESC, attempt DESC LIMIT 1");
  const JournalResult<bool> found = row.bind(stored(at_most)).step();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::optional<StoredSnapshot>();
  StoredSnapshot snapshot;
  snapshot.revision = static_cast<Revision>(row.number(0));
  snapshot.attempt = row.number(1);
  if (!parse_seal(row.octets(2), snapshot) || !row.digest(3, snapshot.digest))
    return damaged(database, snapshot.revision, "the seal of the snapshot");
  return std::optional(std::move(snapshot));
}

}  // namespace

JournalResult<void> begin_draft(const SqliteFormat& format, Database& database,
                                SnapshotDraft& draft) {
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return done;
  Head head;
  if (auto good = may_store(format, database, draft, head); !good) return good;
  if (auto done = take_attempt(database, draft); !done) return done;
  auto done = database.query("INSERT INTO snapshots VALUES (?, ?, -1, x'', x'')")
                  .bind(stored(draft.revision))
                  .bind(draft.attempt)
                  .run();
  if (!done) return done;
  return transaction.commit();
}

JournalResult<void> add_part(const SqliteFormat& format, Database& database, SnapshotDraft& draft,
                             BytesView part) {
  if (auto good = check_part(part); !good) return good;
  const Bytes digest = to_bytes(sha256(part));
  const Bytes octets = format.part_in(part);
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return done;
  auto done = database.query("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)")
                  .bind(stored(draft.revision))
                  .bind(draft.attempt)
                  .bind(draft.parts + 1)
                  .bind(octets)
                  .bind(digest)
                  .run();
  if (!done) return done;
  if (done = transaction.commit(); !done) return done;
  draft.parts += 1;
  draft.part_digests += digest;
  return {};
}

JournalResult<void> seal_draft(const SqliteFormat& format, Database& database,
                               const SnapshotDraft& draft) {
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return done;
  Head head;
  if (auto good = may_store(format, database, draft, head); !good) return good;
  if (auto done = write_seal(format, database, draft); !done) return done;
  if (auto done = drop_replaced(database, draft); !done) return done;
  if (head.last == 0) {
    const Head begun{head.incarnation, draft.revision + 1, draft.revision, draft.digest,
                     draft.digest};
    if (auto done = write_head(database, format, begun); !done) return done;
  }
  return transaction.commit();
}

JournalResult<std::optional<StoredSnapshot>> find_snapshot(const SqliteFormat& format,
                                                           Database& database, Revision at_most) {
  Transaction transaction(database);
  if (auto done = transaction.begin_read(); !done) return tl::unexpected(done.error());
  const JournalResult<Head> head = read_head(database, format);
  if (!head) return tl::unexpected(head.error());
  auto snapshot = newest_row(database, at_most);
  if (!snapshot) return snapshot;
  const Revision compacted = head->first - 1;
  const bool rests_on_one = compacted > 0 && at_most >= compacted;
  if (rests_on_one && (!*snapshot || (*snapshot)->revision < compacted))
    return damaged(database, compacted, "the snapshot on which the journal rests is missing");
  if (!*snapshot || (*snapshot)->revision < compacted) return std::optional<StoredSnapshot>();
  const auto there = digest_at(database, format, *head, (*snapshot)->revision);
  if (!there) return tl::unexpected(there.error());
  if (*there != (*snapshot)->digest)
    return damaged(database, (*snapshot)->revision, "the snapshot there belongs to other commits");
  return snapshot;
}

JournalResult<std::optional<Bytes>> next_part(const SqliteFormat& format, Database& database,
                                              StoredSnapshot& snapshot) {
  if (snapshot.read == snapshot.parts) {
    if (seal_of(format.version(), snapshot.revision, snapshot.digest, snapshot.parts,
                snapshot.part_digests) == snapshot.seal)
      return std::optional<Bytes>();
    return damaged(database, snapshot.revision, "the snapshot's parts do not match its seal");
  }
  Transaction transaction(database);
  if (auto done = transaction.begin_read(); !done) return tl::unexpected(done.error());
  Query row = database.query(
      "SELECT octets, digest FROM snapshots WHERE revision = ? AND attempt = ? AND part = ?");
  row.bind(stored(snapshot.revision)).bind(snapshot.attempt).bind(snapshot.read + 1);
  const JournalResult<bool> found = row.step();
  if (!found) return tl::unexpected(found.error());
  if (*found) {
    std::optional<Bytes> part = format.part_out(row.octets(0));
    const Bytes digest = part ? to_bytes(sha256(*part)) : Bytes();
    if (!part || row.octets(1) != digest)
      return damaged(database, snapshot.revision, "a part of the snapshot");
    snapshot.part_digests += digest;
    ++snapshot.read;
    return part;
  }
  const auto newest = newest_row(database, snapshot.revision);
  if (!newest) return tl::unexpected(newest.error());
  if (*newest && (*newest)->revision == snapshot.revision && (*newest)->attempt == snapshot.attempt)
    return damaged(database, snapshot.revision, "a part of the snapshot is missing");
  return refuse(JournalFault::compacted, database.path() + ": the snapshot at revision " +
                                             std::to_string(snapshot.revision) +
                                             " was replaced while it was read: load it again");
}

JournalResult<void> move_first(const SqliteFormat& format, Database& database, Revision up_to) {
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return done;
  JournalResult<Head> head = read_head(database, format);
  if (!head) return tl::unexpected(head.error());
  if (up_to < head->first) return {};
  const auto kept = newest_row(database, up_to);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept)
    return refuse(JournalFault::invalid, database.path() +
                                             ": there is no snapshot at or before revision " +
                                             std::to_string(up_to) + " to compact to");
  if ((*kept)->revision < head->first) return {};
  const auto digest = digest_at(database, format, *head, (*kept)->revision);
  if (!digest) return tl::unexpected(digest.error());
  if (*digest != (*kept)->digest)
    return damaged(database, (*kept)->revision, "the snapshot there belongs to other commits");
  head->first = (*kept)->revision + 1;
  head->before_first = (*kept)->digest;
  if (auto done = write_head(database, format, *head); !done) return done;
  return transaction.commit();
}

JournalResult<bool> sweep(const SqliteFormat& format, Database& database) {
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return tl::unexpected(done.error());
  const JournalResult<Head> head = read_head(database, format);
  if (!head) return tl::unexpected(head.error());
  const std::int64_t compacted = stored(head->first - 1);
  auto done = database.query("DELETE FROM snapshots WHERE revision < ?").bind(compacted).run();
  if (!done) return tl::unexpected(done.error());
  const JournalResult<bool> more = format.sweep(database, compacted);
  if (!more) return more;
  if (done = transaction.commit(); !done) return tl::unexpected(done.error());
  return more;
}

}  // namespace millrace::journal
