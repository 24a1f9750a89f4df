#include "journal/verify.hpp"

#include <map>

#include "rules.hpp"
#include "statekit/envelope.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

using Digests = std::map<Revision, Digest>;

tl::unexpected<JournalError> bad(Revision revision, const std::string& what) {
  return refuse(JournalFault::corrupt,
                "revision " + std::to_string(revision) + ": " + what + ": restore a backup", {},
                revision);
}

// Reads every snapshot through, from the newest to the oldest; what each says of the journal's
// digest goes into `claimed`.
JournalResult<void> read_snapshots(Journal& journal, Verified& found, Digests& claimed) {
  for (Revision at_most = found.head.last; at_most > 0;) {
    auto reader = journal.load_snapshot(at_most);
    if (!reader) return tl::unexpected(reader.error());
    if (!*reader) return {};
    for (;;) {
      const auto part = (*reader)->next();
      if (!part) return tl::unexpected(part.error());
      if (!*part) break;
      found.snapshot_bytes += (*part)->size();
    }
    ++found.snapshots;
    claimed[(*reader)->revision()] = (*reader)->digest();
    at_most = (*reader)->revision() - 1;
  }
  return {};
}

JournalResult<void> check_claim(const Digests& claimed, Revision revision, const Digest& digest) {
  const auto claim = claimed.find(revision);
  if (claim == claimed.end() || claim->second == digest) return {};
  return bad(revision, "the snapshot belongs to other commits");
}

JournalResult<void> walk(Journal& journal, Verified& found, const Digests& claimed,
                         const VerifyProgress& progress) {
  const Head& head = found.head;
  Revision last = head.first - 1;
  Digest digest = head.before_first;
  if (auto good = check_claim(claimed, last, digest); !good) return good;
  while (last < head.last) {
    const auto some = journal.read(last, 1000, 4'000'000);
    if (!some) return tl::unexpected(some.error());
    if (some->empty()) return bad(last + 1, "the commit is missing");
    for (const Entry& entry : *some) {
      if (entry.revision != last + 1) return bad(last + 1, "the commit is missing");
      last = entry.revision;
      const Result<Digest> next = chain(digest, last, entry.commit);
      if (!next || *next != entry.digest) return bad(last, "the commit does not match its digest");
      digest = *next;
      if (auto good = check_claim(claimed, last, digest); !good) return good;
      if (last == head.last && digest != head.digest)
        return bad(last, "the head has another digest");
      if (last > head.last) break;
      ++found.entries;
      found.entry_bytes += entry.commit.size();
    }
    if (progress) progress(last, head.last);
  }
  return {};
}

}  // namespace

JournalResult<Verified> verify(Journal& journal, const VerifyProgress& progress) {
  const JournalResult<Head> head = journal.head();
  if (!head) return tl::unexpected(head.error());
  Verified found{*head};
  Digests claimed;
  if (auto good = read_snapshots(journal, found, claimed); !good)
    return tl::unexpected(good.error());
  if (head->first > 1 && !claimed.contains(head->first - 1))
    return bad(head->first - 1, "the snapshot on which the journal rests is missing");
  if (auto good = walk(journal, found, claimed, progress); !good)
    return tl::unexpected(good.error());
  return found;
}

}  // namespace millrace::journal
