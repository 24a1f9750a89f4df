// What the mysql driver keeps in which table, and how each row is read and written. Pure; called by
// the driver's own files. Every table is shared by the workspaces of a database:
//   millrace_journal    a row a workspace: where its journal begins and ends, each with a seal
//   millrace_commits    one commit: the digest before it, the digest after it, its bytes
//   millrace_snapshots  the seal that makes a snapshot visible
//   millrace_parts      a part of a snapshot, with its SHA-256
//   millrace_presence   see statekit/presence.hpp
//   millrace_syncs      written so that what was written before it is on the disk
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "client.hpp"
#include "sql.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal::mysql {

// In the order in which they are made: the one that is looked for comes last.
std::vector<Sql> tables();

// A journal's row. The seals change with what they speak for, so a write compares them.
struct Root {
  statekit::Head head;
  Bytes begin_seal, head_seal;
  bool filling = false;  // a copy is written into it, which its format says
};
std::uint64_t format_of(bool filling);

Root new_root(const std::string& workspace, const statekit::Incarnation& incarnation);
// With the seals that belong to its head.
Root sealed(const std::string& workspace, const statekit::Head& head);

// The columns of a root in a row that begins with them.
inline constexpr std::size_t root_columns = 8;
Sql select_root(const std::string& workspace);
// The root and behind it, a row each, the commits of (after, up_to]: no commit is one row of NULLs.
Sql select_commits(const std::string& workspace, Revision after, Revision up_to);
// wrong_format or corrupt when it is not as it must be, half_filled when it is being filled, unless
// that is `also`.
enum class Filling { refused, also };
Answer<Root> read_root(const std::string& workspace, const Row& row,
                       Filling filling = Filling::refused);

struct StoredCommit {
  Digest before;
  statekit::Entry entry;
};
// From a row of select_commits. `corrupt` when it does not close its own link of the chain, or is
// not the one of `revision`.
Answer<StoredCommit> read_commit(Revision revision, const Row& row);
bool has_commit(const Row& row);

struct Seal {
  Revision revision = 0;
  std::uint64_t attempt = 0;
  std::uint64_t parts = 0;
  Digest digest;   // the journal's
  Digest content;  // of the digests of all parts
};
Sql select_seal(const std::string& workspace, Revision at_most);
Sql insert_seal(const std::string& workspace, const Seal& seal);
Answer<Seal> read_seal(const std::string& workspace, const Row& row);

tl::unexpected<statekit::JournalError> damaged(Revision revision, const std::string& what);

}  // namespace millrace::journal::mysql
