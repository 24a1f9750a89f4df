// Generation 2 of the SQLite driver: the newest commits lie in rows of their own, sealed each,
// older ones in packed blocks, and one process at a time writes. Frozen.
#include <algorithm>

#include "pack.hpp"
#include "sqlite_block.hpp"
#include "sqlite_format.hpp"
#include "statekit/envelope.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::int64_t sweep_rows_max = 1000;

constexpr const char* create_blocks =
    "CREATE TABLE blocks (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, "
    "before BLOB NOT NULL, digest BLOB NOT NULL, octets BLOB NOT NULL, seal BLOB NOT NULL) STRICT";
constexpr const char* create_commits =
    "CREATE TABLE commits (revision INTEGER PRIMARY KEY, octets BLOB NOT NULL, "
    "digest BLOB NOT NULL, seal INTEGER NOT NULL) STRICT";

// Of a commit's row. The digest speaks for the octets, the seal for the digest: so the row that
// changed is the one that is named, not the one after it.
std::int64_t row_seal(Revision revision, const Digest& digest) {
  const Digest whole =
      sha256("millrace journal row 2|" + std::to_string(revision) + "|" + to_bytes(digest));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | whole.octets[i];
  return static_cast<std::int64_t>(number);
}

// What a row says; nullopt where its seal is broken. Columns: revision, octets, digest, seal.
std::optional<Entry> entry_of(const Query& row) {
  Entry entry{static_cast<Revision>(row.number(0)), row.octets(1), {}};
  if (!row.digest(2, entry.digest)) return std::nullopt;
  if (row.number(3) != row_seal(entry.revision, entry.digest)) return std::nullopt;
  return entry;
}

// Adds rows from `next` on until a limit or a row that is not there.
class Reader {
 public:
  Reader(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  // False: no room for it.
  bool add(Entry entry) {
    bytes_ += entry.commit.size();
    const bool full = entries.size() >= max_entries_ || bytes_ > max_bytes_;
    if (full && !entries.empty()) return false;
    entries.push_back(std::move(entry));
    return true;
  }

  std::vector<Entry> entries;

 private:
  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
};

class Generation2 : public SqliteFormat {
 public:
  int version() const override { return 2; }
  bool one_writer() const override { return true; }
  std::vector<const char*> tables() const override {
    return {create_blocks, create_commits, create_meta, create_snapshots};
  }

  JournalResult<void> insert(Database& database, std::span<const Entry> entries) const override {
    for (const Entry& entry : entries) {
      const Bytes digest = to_bytes(entry.digest);
      auto done = database.query("INSERT INTO commits VALUES (?, ?, ?, ?)")
                      .bind(static_cast<std::int64_t>(entry.revision))
                      .bind(entry.commit)
                      .bind(digest)
                      .bind(row_seal(entry.revision, entry.digest))
                      .run();
      if (!done) return done;
    }
    return {};
  }

  JournalResult<void> tidy(Database& database, const Head& head,
                           const SqliteTuning& tuning) const override {
    const JournalResult<std::int64_t> oldest = database.number("SELECT min(revision) FROM commits");
    if (!oldest) return tl::unexpected(oldest.error());
    const Revision first = std::max(static_cast<Revision>(*oldest), head.first);
    if (head.last < first + tuning.loose_entries + tuning.block_entries) return {};
    const JournalResult<std::optional<Digest>> before = digest_before(database, head, first);
    if (!before || !*before) return {};  // damage that whoever reads it is told of
    JournalResult<Block> block = gather(database, first, **before, tuning.block_entries);
    if (!block) return tl::unexpected(block.error());
    if (block->entries.empty()) return {};
    return replace_by(database, *block);
  }

  JournalResult<bool> sweep(Database& database, std::int64_t compacted) const override {
    auto done = database
                    .query(
                        "DELETE FROM blocks WHERE first IN "
                        "(SELECT first FROM blocks WHERE last <= ? ORDER BY first LIMIT ?)")
                    .bind(compacted)
                    .bind(sweep_rows_max / 20)
                    .run();
    if (!done) return tl::unexpected(done.error());
    bool more = database.changes() == sweep_rows_max / 20;
    done = database
               .query(
                   "DELETE FROM commits WHERE revision <= ? AND revision < "
                   "(SELECT min(revision) FROM commits) + ?")
               .bind(compacted)
               .bind(sweep_rows_max)
               .run();
    if (!done) return tl::unexpected(done.error());
    more = more || database.changes() == sweep_rows_max;
    return more;
  }

  JournalResult<std::vector<Entry>> read(Database& database, const Head& head, Revision after,
                                         std::size_t max_entries,
                                         std::size_t max_bytes) const override {
    Reader reader(max_entries, max_bytes);
    for (Revision next = after + 1; next <= head.last; next = reader.entries.back().revision + 1) {
      const JournalResult<std::optional<Block>> block = block_with(database, next);
      if (!block) return tl::unexpected(block.error());
      if (!*block) {
        if (auto done = read_rows(database, head, next - 1, reader); !done)
          return tl::unexpected(done.error());
        break;
      }
      for (std::size_t i = next - (*block)->first; i < (*block)->entries.size(); ++i)
        if (!reader.add((*block)->entries[i])) return reader.entries;
    }
    return reader.entries;
  }

  JournalResult<Digest> stored_digest(Database& database, const Head&,
                                      Revision revision) const override {
    const JournalResult<std::optional<Block>> block = block_with(database, revision);
    if (!block) return tl::unexpected(block.error());
    if (*block) return (*block)->entries[revision - (*block)->first].digest;
    Query row =
        database.query("SELECT revision, octets, digest, seal FROM commits WHERE revision = ?");
    row.bind(static_cast<std::int64_t>(revision));
    const JournalResult<bool> found = row.step();
    if (!found) return tl::unexpected(found.error());
    if (!*found) return damaged(database, revision, "the commit is missing");
    const std::optional<Entry> entry = entry_of(row);
    if (!entry) return damaged(database, revision, "the commit's row does not match its seal");
    return entry->digest;
  }

  Bytes part_in(BytesView part) const override { return pack(part); }
  std::optional<Bytes> part_out(Bytes stored) const override {
    return unpack(stored, snapshot_part_bytes_max);
  }

 private:
  // The rows after `after`, checked against their seals and the chain.
  JournalResult<void> read_rows(Database& database, const Head& head, Revision after,
                                Reader& reader) const {
    Digest digest;
    if (reader.entries.empty()) {
      const auto before = digest_at(database, *this, head, after);
      if (!before) return tl::unexpected(before.error());
      digest = **before;
    } else {
      digest = reader.entries.back().digest;
    }
    Query row = database.query(
        "SELECT revision, octets, digest, seal FROM commits WHERE revision > ? ORDER BY revision");
    row.bind(static_cast<std::int64_t>(after));
    for (Revision next = after + 1; next <= head.last; ++next) {
      const JournalResult<bool> found = row.step();
      if (!found) return tl::unexpected(found.error());
      if (!*found || static_cast<Revision>(row.number(0)) != next)
        return damaged(database, next, "the commit is missing");
      std::optional<Entry> entry = entry_of(row);
      if (!entry) return damaged(database, next, "the commit's row does not match its seal");
      const Result<Digest> chained = chain(digest, next, entry->commit);
      if (!chained || *chained != entry->digest)
        return damaged(database, next, "the commit does not match its digest");
      digest = entry->digest;
      if (!reader.add(std::move(*entry))) return {};
    }
    return {};
  }

  // The digest just before the oldest row, as the newest block says: unpacking that block to be
  // sure would cost more than making one, and a wrong digest fails the first row's check.
  static JournalResult<std::optional<Digest>> digest_before(Database& database, const Head& head,
                                                            Revision first) {
    if (first == head.first) return std::optional(head.before_first);
    Query row = database.query("SELECT last, digest FROM blocks ORDER BY first DESC LIMIT 1");
    const JournalResult<bool> found = row.step();
    if (!found) return tl::unexpected(found.error());
    Digest digest;
    if (!*found || static_cast<Revision>(row.number(0)) + 1 != first || !row.digest(1, digest))
      return std::optional<Digest>();
    return std::optional(digest);
  }

  // The oldest rows, as many as make a block. Empty where one of them is damaged.
  static JournalResult<Block> gather(Database& database, Revision first, const Digest& before,
                                     std::size_t entries_max) {
    Block block{first, before, {}};
    std::size_t bytes = 0;
    Digest digest = before;
    Query row = database.query(
        "SELECT revision, octets, digest, seal FROM commits WHERE revision >= ? ORDER BY revision");
    row.bind(static_cast<std::int64_t>(first));
    while (block.entries.size() < entries_max) {
      const JournalResult<bool> found = row.step();
      if (!found) return tl::unexpected(found.error());
      std::optional<Entry> entry = *found ? entry_of(row) : std::nullopt;
      if (!entry || entry->revision != first + block.entries.size()) return Block{};
      bytes += entry->commit.size();
      if (!block.entries.empty() && bytes > block_bytes_max) break;
      const Result<Digest> chained = chain(digest, entry->revision, entry->commit);
      if (!chained || *chained != entry->digest) return Block{};
      digest = entry->digest;
      block.entries.push_back(std::move(*entry));
    }
    return block;
  }

  static JournalResult<void> replace_by(Database& database, const Block& block) {
    const Bytes before = to_bytes(block.before);
    const Bytes digest = to_bytes(block.entries.back().digest);
    const Bytes octets = encode_block(block);
    const Bytes seal = to_bytes(block_seal(block.first, block.last(), before, digest, octets));
    auto done = database.query("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)")
                    .bind(static_cast<std::int64_t>(block.first))
                    .bind(static_cast<std::int64_t>(block.last()))
                    .bind(before)
                    .bind(digest)
                    .bind(octets)
                    .bind(seal)
                    .run();
    if (!done) return done;
    return database.query("DELETE FROM commits WHERE revision BETWEEN ? AND ?")
        .bind(static_cast<std::int64_t>(block.first))
        .bind(static_cast<std::int64_t>(block.last()))
        .run();
  }

  // The block that holds a revision, unpacked and checked.
  static JournalResult<std::optional<Block>> block_with(Database& database, Revision revision) {
    Query row = database.query(
        "SELECT first, last, before, digest, octets, seal FROM blocks WHERE first <= ? "
        "ORDER BY first DESC LIMIT 1");
    row.bind(static_cast<std::int64_t>(revision));
    const JournalResult<bool> found = row.step();
    if (!found) return tl::unexpected(found.error());
    if (!*found || static_cast<Revision>(row.number(1)) < revision) return std::optional<Block>();
    const auto first = static_cast<Revision>(row.number(0));
    const auto last = static_cast<Revision>(row.number(1));
    const Bytes octets = row.octets(4);
    Block block{first, {}, {}};
    Digest digest;
    Digest seal;
    if (!row.digest(2, block.before) || !row.digest(3, digest) || !row.digest(5, seal) ||
        seal != block_seal(first, last, row.octets(2), row.octets(3), octets))
      return damaged(database, first, "the block that begins there does not match its seal");
    const JournalResult<void> whole = decode_block(octets, last, digest, block);
    if (!whole) return damaged(database, whole.error().revision, whole.error().message);
    return std::optional(std::move(block));
  }
};

}  // namespace

const SqliteFormat& sqlite_generation_2() {
  static const Generation2 format;
  return format;
}

}  // namespace millrace::journal
