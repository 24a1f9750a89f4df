// What the etcd driver keeps under which key, and how each value is laid out. Pure; called by the
// driver's own files. All keys begin with /<workspace>/:
//   begin  format  head    where the journal begins, its format, where it ends
//   <revision, 20 digits>  one commit: the digest before it, the digest after it, its bytes
//   part/<revision>/<attempt>/<number>    a part of a snapshot: its SHA-256, its bytes
//   presence/...                          see statekit/presence.hpp
//   snapshot/<revision>                   the seal that makes a snapshot visible
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "client.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal::etcd {

class Keys {
 public:
  explicit Keys(const std::string& workspace) : prefix_("/" + workspace + "/") {}
  const Bytes& prefix() const { return prefix_; }
  Bytes begin() const { return prefix_ + "begin"; }
  Bytes format() const { return prefix_ + "format"; }
  Bytes head() const { return prefix_ + "head"; }
  Bytes commit(Revision revision) const;
  Bytes snapshot(Revision revision) const;
  Bytes parts_of(Revision revision) const;
  Bytes parts_of(Revision revision, std::int64_t attempt) const;
  Bytes part(Revision revision, std::int64_t attempt, std::int64_t number) const;
  // A key whose only use is that writing it yields a number that nobody else gets.
  Bytes attempts() const { return prefix_ + "attempts"; }
  // begin, format and head in one range, since nothing else lies between them.
  Range root() const { return {begin(), head() + '\0'}; }

 private:
  Bytes prefix_;
};

// begin, format and head, with the revisions of etcd at which they were written.
struct Root {
  statekit::Head head;
  std::int64_t begin_mod = 0;
  std::int64_t head_mod = 0;
  std::int64_t format_mod = 0;
  bool filling = false;
};

// `filling`: for a journal that a copy is written into.
Bytes format_value(bool filling = false);
Bytes begin_value(const statekit::Head& head);
Bytes head_value(const statekit::Head& head);
// Nullopt when there is none of them; wrong_format or corrupt when they are not as they must be,
// half_filled when it is being filled, unless that is `also`.
enum class Filling { refused, also };
statekit::JournalResult<std::optional<Root>> read_root(const Keys& keys,
                                                       const std::vector<KeyValue>& found,
                                                       Filling filling = Filling::refused);
// One of them, as a watch reports it; false when it is damaged, and then nothing has changed.
bool update_root(const Keys& keys, const KeyValue& changed, Root& root);

Bytes commit_value(const statekit::Digest& before, const statekit::Entry& entry);
struct StoredCommit {
  statekit::Digest before;
  statekit::Entry entry;
};
// `corrupt` when it does not close its own link of the chain.
statekit::JournalResult<StoredCommit> read_commit(Revision revision, const Bytes& value);

struct Seal {
  Revision revision = 0;
  std::int64_t attempt = 0;
  std::int64_t parts = 0;
  statekit::Digest digest;   // the journal's
  statekit::Digest content;  // of the digests of all parts
};
Bytes seal_value(const Seal& seal);
statekit::JournalResult<Seal> read_seal(const Keys& keys, const KeyValue& found);

Bytes part_value(const Bytes& part);
std::optional<Bytes> read_part(const Bytes& value);

tl::unexpected<statekit::JournalError> damaged(Revision revision, const std::string& what);

}  // namespace millrace::journal::etcd
