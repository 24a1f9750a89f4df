#include "layout.hpp"

#include <charconv>

#include "../rules.hpp"
#include "statekit/envelope.hpp"

namespace millrace::journal::mysql {

using namespace statekit;

namespace {

bool read_number(const Cell& cell, std::uint64_t& number) {
  if (!cell || cell->empty()) return false;
  const char* end = cell->data() + cell->size();
  const auto [stop, error] = std::from_chars(cell->data(), end, number);
  return error == std::errc() && stop == end;
}

bool read_digest(const Cell& cell, Digest& digest) { return cell && from_bytes(*cell, digest); }

// Over what a row says, so that what was changed by hand is noticed.
Bytes seal_over(const Bytes& what, const std::string& workspace, const Bytes& fields) {
  return to_bytes(sha256("millrace mysql 1|" + what + "|" + workspace + "|" + fields));
}

Bytes begin_seal(const std::string& workspace, const Head& head) {
  return seal_over("begin", workspace,
                   std::to_string(head.first) + "|" + to_bytes(head.before_first));
}

Bytes head_seal(const std::string& workspace, const Head& head) {
  return seal_over(
      "head", workspace,
      head.incarnation + "|" + std::to_string(head.last) + "|" + to_bytes(head.digest));
}

Bytes seal_seal(const std::string& workspace, const Seal& seal) {
  return seal_over("snapshot", workspace,
                   std::to_string(seal.revision) + "|" + std::to_string(seal.attempt) + "|" +
                       std::to_string(seal.parts) + "|" + to_bytes(seal.digest) +
                       to_bytes(seal.content));
}

}  // namespace

tl::unexpected<JournalError> damaged(Revision revision, const std::string& what) {
  return refuse(JournalFault::corrupt,
                "mysql: " + what +
                    (revision == 0 ? std::string() : " at revision " + std::to_string(revision)) +
                    " is missing or damaged: restore a backup",
                {}, revision);
}

// What MariaDB and TiDB both have: no foreign keys, no numbers of the engine's own, no text
// columns.
std::vector<Sql> tables() {
  return {
      Sql("CREATE TABLE IF NOT EXISTS millrace_commits ("
          "workspace VARBINARY(128) NOT NULL, revision BIGINT UNSIGNED NOT NULL, "
          "before_digest VARBINARY(32) NOT NULL, digest VARBINARY(32) NOT NULL, "
          "octets LONGBLOB NOT NULL, PRIMARY KEY (workspace, revision)) ENGINE=InnoDB"),
      Sql("CREATE TABLE IF NOT EXISTS millrace_snapshots ("
          "workspace VARBINARY(128) NOT NULL, revision BIGINT UNSIGNED NOT NULL, "
          "attempt BIGINT UNSIGNED NOT NULL, parts BIGINT UNSIGNED NOT NULL, "
          "digest VARBINARY(32) NOT NULL, content VARBINARY(32) NOT NULL, "
          "seal VARBINARY(32) NOT NULL, PRIMARY KEY (workspace, revision)) ENGINE=InnoDB"),
      Sql("CREATE TABLE IF NOT EXISTS millrace_parts ("
          "workspace VARBINARY(128) NOT NULL, revision BIGINT UNSIGNED NOT NULL, "
          "attempt BIGINT UNSIGNED NOT NULL, part BIGINT UNSIGNED NOT NULL, "
          "digest VARBINARY(32) NOT NULL, octets LONGBLOB NOT NULL, "
          "PRIMARY KEY (workspace, revision, attempt, part)) ENGINE=InnoDB"),
      Sql("CREATE TABLE IF NOT EXISTS millrace_presence ("
          "workspace VARBINARY(128) NOT NULL, member VARBINARY(255) NOT NULL, "
          "about LONGBLOB NOT NULL, until_ms BIGINT NOT NULL, "
          "PRIMARY KEY (workspace, member)) ENGINE=InnoDB"),
      Sql("CREATE TABLE IF NOT EXISTS millrace_syncs ("
          "workspace VARBINARY(128) NOT NULL, turns BIGINT UNSIGNED NOT NULL, "
          "PRIMARY KEY (workspace)) ENGINE=InnoDB"),
      Sql("CREATE TABLE IF NOT EXISTS millrace_journal ("
          "workspace VARBINARY(128) NOT NULL, format INT UNSIGNED NOT NULL, "
          "first_rev BIGINT UNSIGNED NOT NULL, before_first VARBINARY(32) NOT NULL, "
          "begin_seal VARBINARY(32) NOT NULL, incarnation VARBINARY(32) NOT NULL, "
          "rev BIGINT UNSIGNED NOT NULL, digest VARBINARY(32) NOT NULL, "
          "head_seal VARBINARY(32) NOT NULL, attempts BIGINT UNSIGNED NOT NULL, "
          "PRIMARY KEY (workspace)) ENGINE=InnoDB"),
  };
}

Root sealed(const std::string& workspace, const Head& head) {
  return {head, begin_seal(workspace, head), head_seal(workspace, head), false};
}

Root new_root(const std::string& workspace, const Incarnation& incarnation) {
  return sealed(workspace, Head{incarnation, 1, 0, {}, {}});
}

Sql select_root(const std::string& workspace) {
  Sql sql(
      "SELECT format, first_rev, before_first, begin_seal, incarnation, rev, digest, head_seal "
      "FROM millrace_journal WHERE workspace = ");
  sql << workspace;
  return sql;
}

Sql select_commits(const std::string& workspace, Revision after, Revision up_to) {
  Sql sql(
      "SELECT j.format, j.first_rev, j.before_first, j.begin_seal, j.incarnation, j.rev, j.digest, "
      "j.head_seal, c.revision, c.before_digest, c.digest, c.octets FROM millrace_journal j LEFT "
      "JOIN millrace_commits c ON c.workspace = j.workspace AND c.revision > ");
  sql << after << " AND c.revision <= " << up_to << " WHERE j.workspace = " << workspace
      << " ORDER BY c.revision";
  return sql;
}

std::uint64_t format_of(bool filling) { return mysql_format + (filling ? filling_format : 0); }

Answer<Root> read_root(const std::string& workspace, const Row& row, Filling filling) {
  const std::string named = "the row of " + workspace + " in millrace_journal";
  std::uint64_t format = 0;
  if (row.size() < root_columns || !read_number(row[0], format)) return damaged(0, named);
  const bool half = format == format_of(true);
  if (half && filling == Filling::refused) return refuse_half("mysql: the workspace " + workspace);
  if (!half && format != format_of(false))
    return refuse(JournalFault::wrong_format,
                  "mysql: the workspace " + workspace + " is a journal of format " +
                      std::to_string(format) + ", this program knows up to " +
                      std::to_string(mysql_format) + ": use a newer one");
  Head head;
  const bool read = read_number(row[1], head.first) && read_digest(row[2], head.before_first) &&
                    row[4] && read_number(row[5], head.last) && read_digest(row[6], head.digest);
  if (!read) return damaged(0, named);
  head.incarnation = *row[4];
  Root root = sealed(workspace, head);
  root.filling = half;
  if (row[3] != root.begin_seal || row[7] != root.head_seal || head.last + 1 < head.first)
    return damaged(0, named);
  return root;
}

bool has_commit(const Row& row) {
  return row.size() == root_columns + 4 && row[root_columns].has_value();
}

Answer<StoredCommit> read_commit(Revision revision, const Row& row) {
  StoredCommit stored;
  const bool read = has_commit(row) && read_number(row[8], stored.entry.revision) &&
                    read_digest(row[9], stored.before) &&
                    read_digest(row[10], stored.entry.digest) && row[11];
  if (!read || stored.entry.revision != revision) return damaged(revision, "the commit");
  stored.entry.commit = *row[11];
  const Result<Digest> next = chain(stored.before, revision, stored.entry.commit);
  if (!next || *next != stored.entry.digest) return damaged(revision, "the commit");
  return stored;
}

Sql select_seal(const std::string& workspace, Revision at_most) {
  Sql sql(
      "SELECT revision, attempt, parts, digest, content, seal FROM millrace_snapshots WHERE "
      "workspace = ");
  sql << workspace << " AND revision <= " << at_most << " ORDER BY revision DESC LIMIT 1";
  return sql;
}

Sql insert_seal(const std::string& workspace, const Seal& seal) {
  Sql sql(
      "INSERT INTO millrace_snapshots (workspace, revision, attempt, parts, digest, content, seal) "
      "VALUES (");
  sql << workspace << ", " << seal.revision << ", " << seal.attempt << ", " << seal.parts << ", "
      << seal.digest << ", " << seal.content << ", " << seal_seal(workspace, seal) << ")";
  return sql;
}

Answer<Seal> read_seal(const std::string& workspace, const Row& row) {
  Seal seal;
  if (row.size() != 6 || !read_number(row[0], seal.revision))
    return damaged(0, "a snapshot's seal");
  const bool read = read_number(row[1], seal.attempt) && read_number(row[2], seal.parts) &&
                    read_digest(row[3], seal.digest) && read_digest(row[4], seal.content) &&
                    row[5] == seal_seal(workspace, seal);
  if (!read) return damaged(seal.revision, "the seal of the snapshot");
  return seal;
}

}  // namespace millrace::journal::mysql
