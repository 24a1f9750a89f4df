#include "statekit/machine_parts.hpp"

#include <algorithm>

#include "statekit/envelope.hpp"

namespace millrace::statekit {

void PositionTrail::reset(const SnapshotHeader& at) {
  std::lock_guard lock(mutex_);
  trail_.assign(1, at);
}

void PositionTrail::advance(const SnapshotHeader& at) {
  std::lock_guard lock(mutex_);
  trail_.push_back(at);
  if (trail_.size() > trail_max) trail_.pop_front();
}

SnapshotHeader PositionTrail::current() const {
  std::lock_guard lock(mutex_);
  return trail_.back();
}

std::optional<SnapshotHeader> PositionTrail::at(Revision revision) const {
  std::lock_guard lock(mutex_);
  const Revision oldest = trail_.front().position.revision;
  if (revision < oldest || revision > trail_.back().position.revision) return std::nullopt;
  return trail_[revision - oldest];
}

namespace {

tl::unexpected<Error> rewound(const std::string& why) {
  return fail(Code::failed_precondition,
              "journal rewound: " + why +
                  ". If that is intended (a restore from backup), run `millrace storage "
                  "accept-rewind`");
}

}  // namespace

Status check_same_history(Journal& journal, const Head& head, const Position& known) {
  if (head.incarnation != known.incarnation)
    return rewound("it is another incarnation now (" + head.incarnation + ", was " +
                   known.incarnation + ")");
  if (head.last < known.revision)
    return rewound("it ends at revision " + std::to_string(head.last) + " but held revision " +
                   std::to_string(known.revision));
  Digest there = head.digest;
  if (head.last > known.revision) {
    if (known.revision + 1 < head.first) return {};  // compacted: cannot be compared any more
    if (known.revision + 1 == head.first) {
      there = head.before_first;
    } else {
      const auto entries = journal.read(known.revision - 1, 1, entry_bytes_max);
      if (!entries) return fail(to_error(entries.error()));
      if (entries->empty()) return fail(Code::unavailable, "the journal's head moved meanwhile");
      there = entries->front().digest;
    }
  }
  if (there != known.digest)
    return rewound("revision " + std::to_string(known.revision) + " has another digest now");
  return {};
}

Result<std::optional<std::vector<Bytes>>> read_snapshot(Journal& journal, Revision at_most) {
  const std::string doing = "reading the newest snapshot";
  JournalResult<std::unique_ptr<SnapshotReader>> reader = journal.load_snapshot(at_most);
  if (!reader) return fail(within(doing, to_error(reader.error())));
  if (*reader == nullptr) return std::optional<std::vector<Bytes>>();
  std::vector<Bytes> parts;
  for (;;) {
    JournalResult<std::optional<Bytes>> part = (*reader)->next();
    if (!part) return fail(within(doing, to_error(part.error())));
    if (!*part) break;
    parts.push_back(std::move(**part));
  }
  if (parts.empty()) return fail(Code::data_loss, doing + ": it has no parts");
  const Result<SnapshotHeader> header = decode_snapshot_header(parts.front());
  if (!header) return fail(within(doing, header.error()));
  if (header->position.revision != (*reader)->revision() ||
      header->position.digest != (*reader)->digest())
    return fail(Code::data_loss, doing + ": its header and its record disagree on the revision");
  return std::optional(std::move(parts));
}

std::size_t bytes_of(const std::vector<Bytes>& parts) {
  std::size_t bytes = 0;
  for (const Bytes& part : parts) bytes += part.size();
  return bytes;
}

Status save_parts(Journal& journal, const SnapshotParts& parts) {
  std::size_t at = 0;
  const auto next = [&]() -> std::optional<Bytes> {
    if (at == parts.parts.size()) return std::nullopt;
    return *parts.parts[at++];
  };
  const JournalResult<void> saved =
      journal.save_snapshot({parts.position.revision, parts.position.digest, next});
  if (!saved) return fail(within("saving a snapshot", to_error(saved.error())));
  return {};
}

Status check_chain(const Position& previous, const Entry& entry) {
  if (entry.revision != previous.revision + 1)
    return fail(Code::data_loss, "the journal has revision " + std::to_string(entry.revision) +
                                     " right after " + std::to_string(previous.revision));
  const Result<Digest> expected = chain(previous.digest, entry.revision, entry.commit);
  if (!expected) return fail(within("checking the journal", expected.error()));
  if (*expected != entry.digest)
    return fail(Code::data_loss, "revision " + std::to_string(entry.revision) +
                                     " of the journal does not match its digest");
  return {};
}

bool is_fatal(const Error& error) {
  return error.code == Code::failed_precondition || error.code == Code::unimplemented ||
         error.code == Code::data_loss;
}

}  // namespace millrace::statekit
