// One journal that is kept for others over the journal protocol: its handle, what it weighs against
// the quota, and the snapshots that are on their way in. Used by the journals and their service on
// workers; blocks on storage. Thread safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "statekit/journal.hpp"

namespace millrace::workspace {

using statekit::Bytes;
using statekit::Digest;
using statekit::Entry;
using statekit::Head;
using statekit::JournalResult;
using statekit::Revision;

inline constexpr std::size_t snapshot_uploads_max = 4;  // of one journal; the oldest makes room

// A message with parts of a snapshot.
struct SnapshotMessage {
  Revision revision = 0;
  Digest digest;
  std::string upload;
  std::uint64_t from = 0;  // parts that were sent before
  bool last = false;
  std::vector<Bytes> parts;
};

// Some parts of a snapshot on its way out.
struct SnapshotPiece {
  Revision revision = 0;
  Digest digest;
  std::vector<Bytes> parts;
  bool more = false;  // there are parts behind them
};

// What a message led to.
enum class SnapshotTaken { kept, visible, out_of_order, over_quota };

class HeldJournal {
 public:
  // `journal` is open, with `fill` where it is `filling`. `quota_bytes_max`: of all entries and
  // snapshots.
  HeldJournal(Revision id, std::unique_ptr<statekit::Journal> journal,
              std::uint64_t quota_bytes_max, bool filling = false);
  ~HeldJournal();

  Revision id() const { return id_; }
  statekit::Journal& journal() { return *journal_; }

  struct Appended {
    bool over_quota = false;
    Head head;
  };
  // `conflict` unless the journal ends with (last, digest).
  JournalResult<Appended> append(Revision last, const Digest& digest,
                                 const std::vector<Entry>& entries, std::int64_t deadline_ms);
  JournalResult<SnapshotTaken> take_snapshot(SnapshotMessage message);
  // Of the newest snapshot at or before a revision the parts from `from` on, as many as fit but one
  // at least; nullopt: there is none. Whoever asks for one piece after the other is not read to
  // from the beginning each time.
  JournalResult<std::optional<SnapshotPiece>> snapshot(Revision at_most, std::uint64_t from,
                                                       std::size_t octets_max);
  JournalResult<Head> compact(Revision up_to);

  // Whether it is for whoever fills it alone.
  bool filling() const { return filling_; }
  JournalResult<Head> filled();

 private:
  struct Upload;
  // A reader, and the part that it gave last, which nobody has yet.
  struct Download {
    std::unique_ptr<statekit::SnapshotReader> reader;
    std::uint64_t at = 0;  // the number of `ahead`
    std::optional<Bytes> ahead;
  };

  JournalResult<void> weigh(const Head& head);
  JournalResult<void> weigh_snapshots(const Head& head);
  std::uint64_t octets() const;
  bool make_room(const SnapshotMessage& message);
  JournalResult<SnapshotTaken> store(SnapshotMessage& message);
  Upload* upload_of(const SnapshotMessage& message);

  const Revision id_;
  const std::unique_ptr<statekit::Journal> journal_;
  const std::uint64_t quota_bytes_max_;
  std::atomic<bool> filling_;

  std::mutex reading_;  // of download_
  Download download_;   // where whoever asked last may go on

  std::mutex writing_;  // of all that follows; held while storage is written
  bool weighed_ = false;
  Revision first_ = 1;               // sizes_[0] is that of this revision
  std::deque<std::uint32_t> sizes_;  // of the entries
  std::uint64_t entries_octets_ = 0;
  std::map<Revision, std::uint64_t> snapshots_;  // their sizes
  std::deque<std::unique_ptr<Upload>> uploads_;
};

}  // namespace millrace::workspace
