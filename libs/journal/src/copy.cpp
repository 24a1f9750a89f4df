#include "journal/copy.hpp"

#include <algorithm>

#include "journal/verify.hpp"
#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

JournalResult<void> store_snapshot(Journal& to, SnapshotReader& reader) {
  std::optional<JournalError> failed;
  const auto saved =
      to.save_snapshot({reader.revision(), reader.digest(), [&]() -> std::optional<Bytes> {
                          if (failed) return std::nullopt;
                          auto part = reader.next();
                          if (part) return std::move(*part);
                          failed = part.error();
                          // Too large for any driver: what was read so far must not be sealed.
                          return Bytes(snapshot_part_bytes_max + 1, '\0');
                        }});
  if (failed) return tl::unexpected(*failed);
  return saved;
}

JournalResult<Digest> digest_of(Journal& journal, const Head& head, Revision revision) {
  if (revision == head.last) return head.digest;
  if (revision + 1 == head.first) return head.before_first;
  const auto entry = journal.read(revision - 1, 1, 1);
  if (!entry) return tl::unexpected(entry.error());
  if (!entry->empty()) return entry->front().digest;
  return refuse(JournalFault::corrupt, "the commit is missing", {}, revision);
}

// Whether `there` is a beginning of `head`'s history.
JournalResult<void> check_target(Journal& from, const Head& head, const Head& there) {
  if (there.last == 0) return {};
  const auto other = [&] {
    return refuse(JournalFault::invalid,
                  "the target is not empty: it holds other commits, up to revision " +
                      std::to_string(there.last) + ": name an empty one");
  };
  if (there.first != head.first || there.before_first != head.before_first ||
      there.last > head.last || there.last + 1 < head.first)
    return other();
  const auto digest = digest_of(from, head, there.last);
  if (!digest) return tl::unexpected(digest.error());
  if (*digest != there.digest) return other();
  return {};
}

JournalResult<void> copy_base(Journal& from, Journal& to, const Head& head) {
  const Revision base = head.first - 1;
  if (base == 0) return {};
  auto reader = from.load_snapshot(base);
  if (!reader) return tl::unexpected(reader.error());
  if (!*reader || (*reader)->revision() != base)
    return refuse(JournalFault::compacted,
                  "the source was compacted while it was read: begin again");
  return store_snapshot(to, **reader);
}

JournalResult<void> copy_entries(Journal& from, Journal& to, Revision after, Copied& copied,
                                 const OnCopy& progress) {
  const Head& head = copied.head;
  while (after < head.last) {
    const auto count = std::min<Revision>(append_entries_max, head.last - after);
    const auto some = from.read(after, static_cast<std::size_t>(count), append_bytes_max);
    if (!some) return tl::unexpected(some.error());
    if (some->empty()) return refuse(JournalFault::corrupt, "the commit is missing", {}, after + 1);
    const auto done = to.append(after, *some, {});
    if (!done) return tl::unexpected(done.error());
    after = *done;
    for (const Entry& entry : *some) copied.entry_bytes += entry.commit.size();
    if (progress) progress({after, head.first, head.last, copied.entry_bytes});
  }
  return {};
}

// The snapshots after the base, from the newest on.
JournalResult<void> copy_snapshots(Journal& from, Journal& to, Copied& copied) {
  for (Revision at_most = copied.head.last; at_most >= copied.head.first;) {
    auto reader = from.load_snapshot(at_most);
    if (!reader) return tl::unexpected(reader.error());
    if (!*reader || (*reader)->revision() < copied.head.first) break;
    at_most = (*reader)->revision() - 1;
    const auto there = to.load_snapshot((*reader)->revision());
    if (!there) return tl::unexpected(there.error());
    ++copied.snapshots;
    if (*there && (*there)->revision() == (*reader)->revision()) continue;
    if (auto done = store_snapshot(to, **reader); !done) return done;
  }
  return {};
}

}  // namespace

JournalResult<Copied> copy(Journal& from, Journal& to, const OnCopy& progress) {
  const JournalResult<Head> head = from.head();
  if (!head) return tl::unexpected(head.error());
  const JournalResult<Head> there = to.head();
  if (!there) return tl::unexpected(there.error());
  if (auto good = check_target(from, *head, *there); !good) return tl::unexpected(good.error());
  Copied copied{*head, head->last + 1 - head->first, 0, head->first > 1 ? 1U : 0U};
  if (there->last == 0)
    if (auto done = copy_base(from, to, *head); !done) return tl::unexpected(done.error());
  const Revision after = there->last == 0 ? head->first - 1 : there->last;
  if (auto done = copy_entries(from, to, after, copied, progress); !done)
    return tl::unexpected(done.error());
  if (auto done = copy_snapshots(from, to, copied); !done) return tl::unexpected(done.error());
  return copied;
}

JournalResult<void> check_continues(Journal& from, Journal& to) {
  const JournalResult<Head> head = from.head();
  if (!head) return tl::unexpected(head.error());
  const JournalResult<Head> there = to.head();
  if (!there) return tl::unexpected(there.error());
  return check_target(from, *head, *there);
}

JournalResult<void> check_copy(Journal& copy, const Head& head) {
  const JournalResult<Verified> whole = verify(copy);
  if (!whole) return tl::unexpected(whole.error());
  const Head& now = whole->head;
  const bool same = now.first == head.first && now.before_first == head.before_first &&
                    now.last == head.last && now.digest == head.digest &&
                    whole->entries == head.last + 1 - head.first;
  if (same) return {};
  return refuse(JournalFault::corrupt,
                "the copy is not the same as the source: it holds revisions " +
                    std::to_string(now.first) + " to " + std::to_string(now.last) + " instead of " +
                    std::to_string(head.first) + " to " + std::to_string(head.last));
}

}  // namespace millrace::journal
