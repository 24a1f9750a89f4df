// Generation 1 of the SQLite driver: one row a commit. Frozen.
#include "sqlite_format.hpp"

#include "statekit/envelope.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::int64_t sweep_rows_max = 1000;

constexpr const char* create_commits =
    "CREATE TABLE commits (revision INTEGER PRIMARY KEY, octets BLOB NOT NULL, "
    "digest BLOB NOT NULL) STRICT";

class Generation1 : public SqliteFormat {
 public:
  int version() const override { return 1; }
  bool one_writer() const override { return false; }
  std::vector<const char*> tables() const override {
    return {create_commits, create_meta, create_snapshots};
  }

  JournalResult<void> insert(Database& database, std::span<const Entry> entries) const override {
    for (const Entry& entry : entries) {
      const Bytes digest = to_bytes(entry.digest);
      auto done = database.query("INSERT INTO commits VALUES (?, ?, ?)")
                      .bind(static_cast<std::int64_t>(entry.revision))
                      .bind(entry.commit)
                      .bind(digest)
                      .run();
      if (!done) return done;
    }
    return {};
  }

  JournalResult<void> tidy(Database&, const Head&, const SqliteTuning&) const override {
    return {};
  }

  JournalResult<bool> sweep(Database& database, std::int64_t compacted) const override {
    auto done = database
                    .query(
                        "DELETE FROM commits WHERE revision <= ? AND revision < "
                        "(SELECT min(revision) FROM commits) + ?")
                    .bind(compacted)
                    .bind(sweep_rows_max)
                    .run();
    if (!done) return tl::unexpected(done.error());
    return database.changes() == sweep_rows_max;
  }

  // Checks every entry against the chain.
  JournalResult<std::vector<Entry>> read(Database& database, const Head& head, Revision after,
                                         std::size_t max_entries,
                                         std::size_t max_bytes) const override {
    const auto before = digest_at(database, *this, head, after);
    if (!before) return tl::unexpected(before.error());
    Digest digest = **before;
    std::vector<Entry> entries;
    std::size_t bytes = 0;
    Query row = database.query(
        "SELECT revision, octets, digest FROM commits WHERE revision > ? ORDER BY revision");
    row.bind(static_cast<std::int64_t>(after));
    for (Revision next = after + 1; next <= head.last; ++next) {
      if (!entries.empty() && entries.size() >= max_entries) break;
      const JournalResult<bool> found = row.step();
      if (!found) return tl::unexpected(found.error());
      if (!*found || static_cast<Revision>(row.number(0)) != next)
        return damaged(database, next, "the commit is missing");
      Entry entry{next, row.octets(1), {}};
      bytes += entry.commit.size();
      if (!entries.empty() && bytes > max_bytes) break;
      const Result<Digest> chained = chain(digest, next, entry.commit);
      if (!row.digest(2, entry.digest) || !chained || *chained != entry.digest)
        return damaged(database, next, "the commit does not match its digest");
      digest = entry.digest;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  JournalResult<Digest> stored_digest(Database& database, const Head&,
                                      Revision revision) const override {
    Query row = database.query("SELECT digest FROM commits WHERE revision = ?");
    row.bind(static_cast<std::int64_t>(revision));
    const JournalResult<bool> found = row.step();
    if (!found) return tl::unexpected(found.error());
    Digest digest;
    if (*found && row.digest(0, digest)) return digest;
    return damaged(database, revision, "the commit is missing");
  }

  Bytes part_in(BytesView part) const override { return Bytes(part); }
  std::optional<Bytes> part_out(Bytes stored) const override { return stored; }
};

}  // namespace

const SqliteFormat& sqlite_generation_1() {
  static const Generation1 format;
  return format;
}

}  // namespace millrace::journal
