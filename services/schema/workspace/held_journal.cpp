#include "services/schema/workspace/held_journal.hpp"

#include <cstdio>
#include <utility>

#include "journal/http_wire.hpp"

namespace millrace::workspace {

using namespace statekit;

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

tl::unexpected<JournalError> refused(JournalFault fault, std::string message,
                                     std::optional<Head> head = {}) {
  return tl::unexpected(JournalError{fault, std::move(message), std::move(head), 0});
}

}  // namespace

// Parts wait in a file without a name: a snapshot is seen only once its last part is here, and what
// is not finished goes with the process.
struct HeldJournal::Upload {
  std::string name;
  Revision revision = 0;
  Digest digest;
  std::vector<std::uint32_t> sizes;
  std::uint64_t octets = 0;
  File file;

  bool add(const Bytes& part) {
    sizes.push_back(static_cast<std::uint32_t>(part.size()));
    octets += part.size();
    return std::fwrite(part.data(), 1, part.size(), file.get()) == part.size();
  }
};

HeldJournal::HeldJournal(Revision id, std::unique_ptr<Journal> journal,
                         std::uint64_t quota_bytes_max, bool filling)
    : id_(id), journal_(std::move(journal)), quota_bytes_max_(quota_bytes_max), filling_(filling) {}

HeldJournal::~HeldJournal() { journal_->close(); }

std::uint64_t HeldJournal::octets() const {
  std::uint64_t sum = entries_octets_;
  for (const auto& [revision, octets] : snapshots_) sum += octets;
  return sum;
}

// Once: the snapshots that are there. Later ones are weighed as they come.
JournalResult<void> HeldJournal::weigh_snapshots(const Head& head) {
  for (Revision at_most = head.last; at_most > 0;) {
    auto reader = journal_->load_snapshot(at_most);
    if (!reader) return tl::unexpected(reader.error());
    if (*reader == nullptr) break;
    std::uint64_t octets = 0;
    for (;;) {
      const auto part = (*reader)->next();
      if (!part) return tl::unexpected(part.error());
      if (!*part) break;
      octets += (*part)->size();
    }
    snapshots_[(*reader)->revision()] = octets;
    at_most = (*reader)->revision() - 1;
  }
  weighed_ = true;
  return {};
}

// REQUIRES: writing_ is held. Reads what came since the last time, also by other processes.
JournalResult<void> HeldJournal::weigh(const Head& head) {
  if (!weighed_)
    if (auto done = weigh_snapshots(head); !done) return done;
  while (!sizes_.empty() && first_ < head.first) {
    entries_octets_ -= sizes_.front();
    sizes_.pop_front();
    ++first_;
  }
  if (sizes_.empty()) first_ = head.first;
  for (Revision after = first_ + sizes_.size() - 1; after < head.last;) {
    const auto some = journal_->read(after, append_entries_max, std::size_t{4} << 20);
    if (!some) return tl::unexpected(some.error());
    if (some->empty()) break;
    for (const Entry& each : *some) {
      sizes_.push_back(static_cast<std::uint32_t>(each.commit.size()));
      entries_octets_ += each.commit.size();
    }
    after = some->back().revision;
  }
  std::erase_if(snapshots_, [&](const auto& each) { return each.first + 1 < head.first; });
  return {};
}

JournalResult<HeldJournal::Appended> HeldJournal::append(Revision last, const Digest& digest,
                                                         const std::vector<Entry>& entries,
                                                         std::int64_t deadline_ms) {
  const std::lock_guard lock(writing_);
  auto head = journal_->head();
  if (!head) return tl::unexpected(head.error());
  if (head->last != last || head->digest != digest)
    return refused(JournalFault::conflict,
                   "the journal stands at revision " + std::to_string(head->last), *head);
  if (auto weighed = weigh(*head); !weighed) return tl::unexpected(weighed.error());
  std::uint64_t more = 0;
  for (const Entry& each : entries) more += each.commit.size();
  if (octets() + more > quota_bytes_max_) return Appended{true, *head};
  const auto appended = journal_->append(last, entries, {deadline_ms});
  if (!appended) return tl::unexpected(appended.error());
  for (const Entry& each : entries) {
    sizes_.push_back(static_cast<std::uint32_t>(each.commit.size()));
    entries_octets_ += each.commit.size();
  }
  head->last = entries.back().revision;
  head->digest = entries.back().digest;
  return Appended{false, *head};
}

// The upload that the message continues, or begins; null where it does neither.
HeldJournal::Upload* HeldJournal::upload_of(const SnapshotMessage& message) {
  for (const auto& each : uploads_)
    if (each->name == message.upload) {
      const bool follows = each->revision == message.revision && each->digest == message.digest &&
                           each->sizes.size() == message.from;
      return follows ? each.get() : nullptr;
    }
  if (message.from != 0) return nullptr;
  auto made = std::make_unique<Upload>();
  made->name = message.upload;
  made->revision = message.revision;
  made->digest = message.digest;
  made->file.reset(std::tmpfile());
  if (!made->file) return nullptr;
  if (uploads_.size() == snapshot_uploads_max) uploads_.pop_front();
  uploads_.push_back(std::move(made));
  return uploads_.back().get();
}

JournalResult<SnapshotTaken> HeldJournal::take_snapshot(SnapshotMessage message) {
  const std::lock_guard lock(writing_);
  const auto head = journal_->head();
  if (!head) return tl::unexpected(head.error());
  if (auto weighed = weigh(*head); !weighed) return tl::unexpected(weighed.error());
  if (!make_room(message)) return SnapshotTaken::over_quota;
  return store(message);
}

// REQUIRES: writing_ is held. What others sent and did not finish goes before one is refused: who
// sent it may be gone for ever. False: there is no room for it even so, and what was sent of it
// before is forgotten.
bool HeldJournal::make_room(const SnapshotMessage& message) {
  const auto old = snapshots_.find(message.revision);
  std::uint64_t sum = octets() - (old == snapshots_.end() ? 0 : old->second);
  for (const Bytes& part : message.parts) sum += part.size();
  const auto is_its = [&](const auto& each) { return each->name == message.upload; };
  std::uint64_t others = 0;
  for (const auto& each : uploads_) (is_its(each) ? sum : others) += each->octets;
  if (sum > quota_bytes_max_) {
    std::erase_if(uploads_, is_its);
    return false;
  }
  for (auto each = uploads_.begin(); sum + others > quota_bytes_max_;) {
    if (is_its(*each)) {
      ++each;
      continue;
    }
    others -= (*each)->octets;
    each = uploads_.erase(each);
  }
  return true;
}

// REQUIRES: writing_ is held.
JournalResult<SnapshotTaken> HeldJournal::store(SnapshotMessage& message) {
  SnapshotSource source{message.revision, message.digest, {}};
  std::uint64_t octets = 0;
  if (message.from == 0 && message.last) {
    for (const Bytes& part : message.parts) octets += part.size();
    source.next = [&message, at = std::size_t{0}]() mutable -> std::optional<Bytes> {
      if (at == message.parts.size()) return std::nullopt;
      return std::move(message.parts[at++]);
    };
    const auto saved = journal_->save_snapshot(std::move(source));
    if (!saved) return tl::unexpected(saved.error());
    snapshots_[message.revision] = octets;
    return SnapshotTaken::visible;
  }
  Upload* const upload = upload_of(message);
  if (upload == nullptr) return SnapshotTaken::out_of_order;
  bool whole = true;
  for (const Bytes& part : message.parts) whole = upload->add(part) && whole;
  if (whole && !message.last) return SnapshotTaken::kept;
  const auto done = [&] {
    std::erase_if(uploads_, [&](const auto& each) { return each.get() == upload; });
  };
  if (!whole) {
    done();
    return refused(JournalFault::unavailable, "there is no room for the parts of a snapshot");
  }
  std::rewind(upload->file.get());
  source.next = [upload, &whole, at = std::size_t{0}]() mutable -> std::optional<Bytes> {
    if (at == upload->sizes.size() || !whole) return std::nullopt;
    Bytes part(upload->sizes[at++], '\0');
    whole = std::fread(part.data(), 1, part.size(), upload->file.get()) == part.size();
    return part;
  };
  octets = upload->octets;
  const auto saved = journal_->save_snapshot(std::move(source));
  done();
  if (!saved) return tl::unexpected(saved.error());
  snapshots_[message.revision] = octets;
  return SnapshotTaken::visible;
}

JournalResult<Head> HeldJournal::filled() {
  const std::lock_guard lock(writing_);
  if (filling_)
    if (auto done = journal_->filled(); !done) return tl::unexpected(done.error());
  filling_ = false;
  return journal_->head();
}

JournalResult<std::optional<SnapshotPiece>> HeldJournal::snapshot(Revision at_most,
                                                                  std::uint64_t from,
                                                                  std::size_t octets_max) {
  auto newest = journal_->load_snapshot(at_most);
  if (!newest) return tl::unexpected(newest.error());
  if (*newest == nullptr) return std::optional<SnapshotPiece>();
  Download download;
  {
    const std::lock_guard lock(reading_);
    const auto& kept = download_.reader;
    if (kept && download_.at == from && kept->revision() == (*newest)->revision() &&
        kept->digest() == (*newest)->digest())
      download = std::exchange(download_, {});
  }
  const auto advance = [&download]() -> JournalResult<void> {
    auto part = download.reader->next();
    if (!part) return tl::unexpected(part.error());
    download.ahead = std::move(*part);
    return {};
  };
  if (!download.reader) {
    download.reader = std::move(*newest);
    if (auto begun = advance(); !begun) return tl::unexpected(begun.error());
    for (; download.ahead && download.at < from; ++download.at)
      if (auto skipped = advance(); !skipped) return tl::unexpected(skipped.error());
  }
  SnapshotPiece piece{download.reader->revision(), download.reader->digest(), {}, false};
  for (std::size_t octets = 0; download.ahead; ++download.at) {
    octets += download.ahead->size();
    piece.more = !piece.parts.empty() && octets > octets_max;
    if (piece.more) break;
    piece.parts.push_back(std::move(*download.ahead));
    if (auto read = advance(); !read) return tl::unexpected(read.error());
  }
  const std::lock_guard lock(reading_);
  if (piece.more) download_ = std::move(download);
  return std::optional(std::move(piece));
}

JournalResult<Head> HeldJournal::compact(Revision up_to) {
  const std::lock_guard lock(writing_);
  if (auto done = journal_->compact(up_to); !done) return tl::unexpected(done.error());
  return journal_->head();
}

}  // namespace millrace::workspace
