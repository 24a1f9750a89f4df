#include "journal/memory.hpp"

#include <atomic>
#include <chrono>

#include "memory_store.hpp"
#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

Head MemoryStore::head() const {
  return {incarnation, compacted + 1, last(), before_first,
          entries.empty() ? before_first : entries.back().digest};
}

const Digest* MemoryStore::digest_at(Revision revision) const {
  if (revision == compacted) return &before_first;
  if (revision < compacted || revision > last()) return nullptr;
  return &entries[revision - compacted - 1].digest;
}

void MemoryStore::store(std::span<const Entry> batch) {
  entries.insert(entries.end(), batch.begin(), batch.end());
  changed.notify_all();
}

void MemoryStore::land_late() {
  if (!late) return;
  const std::vector<Entry> batch = *std::exchange(late, std::nullopt);
  if (check_append(head(), batch.front().revision - 1, batch)) store(batch);
}

namespace {

class MemorySnapshotReader : public SnapshotReader {
 public:
  MemorySnapshotReader(Revision revision, MemorySnapshot snapshot)
      : revision_(revision), snapshot_(std::move(snapshot)) {}

  Revision revision() const override { return revision_; }
  Digest digest() const override { return snapshot_.digest; }
  JournalResult<std::optional<Bytes>> next() override {
    if (next_ == snapshot_.parts->size()) return std::optional<Bytes>();
    return std::optional<Bytes>((*snapshot_.parts)[next_++]);
  }

 private:
  Revision revision_;
  MemorySnapshot snapshot_;
  std::size_t next_ = 0;
};

class MemoryJournal : public Journal {
 public:
  MemoryJournal(std::shared_ptr<MemoryStore> store, std::shared_ptr<Faults> faults)
      : store_(std::move(store)), faults_(std::move(faults)) {}
  ~MemoryJournal() override { close_now(); }

  JournalResult<Head> open(const JournalOptions& options) override {
    if (faults_->unavailable()) return unavailable();
    const std::lock_guard lock(store_->mutex);
    if (!store_->created) {
      if (!options.create)
        return refuse(JournalFault::unavailable, "there is no store in memory yet");
      if (auto good = check_incarnation(options.incarnation_if_new); !good)
        return tl::unexpected(good.error());
      store_->created = true;
      store_->incarnation = options.incarnation_if_new;
      store_->filling = options.fill;
    }
    if (store_->filling && !options.fill) return refuse_half(named);
    if (options.fill && !options.read_only && !store_->filling) {
      if (auto good = check_fill(store_->head(), options, named); !good)
        return tl::unexpected(good.error());
      store_->incarnation = head_to_fill(store_->head(), options).incarnation;
      store_->filling = true;
    }
    fill_ = options.fill;
    open_ = true;
    return store_->head();
  }

  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline) override {
    if (auto good = check_batch(expected_last, entries); !good) return tl::unexpected(good.error());
    faults_->pause();
    if (auto good = usable(); !good) return tl::unexpected(good.error());
    const AppendFault fault = faults_->take(expected_last, entries);
    const std::lock_guard lock(store_->mutex);
    store_->land_late();
    if (store_->filling && !fill_) return refuse_half(named);
    if (auto failed = fail_early(fault); !failed) return tl::unexpected(failed.error());
    if (auto good = check_append(store_->head(), expected_last, entries); !good)
      return tl::unexpected(good.error());
    if (fault == AppendFault::late_write)
      store_->late.emplace(entries.begin(), entries.end());
    else
      store_->store(entries);
    if (fault != AppendFault::none)
      return refuse(JournalFault::unknown, "the answer to the append was lost");
    return entries.back().revision;
  }

  JournalResult<Head> head() override {
    if (auto good = usable(); !good) return tl::unexpected(good.error());
    const std::lock_guard lock(store_->mutex);
    if (store_->filling && !fill_) return refuse_half(named);
    return store_->head();
  }

  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    if (auto good = usable(); !good) return tl::unexpected(good.error());
    const std::lock_guard lock(store_->mutex);
    if (auto good = check_readable(store_->head(), after); !good)
      return tl::unexpected(good.error());
    std::vector<Entry> found;
    std::size_t bytes = 0;
    for (Revision next = after; next < store_->last(); ++next) {
      const Entry& entry = store_->entries[next - store_->compacted];
      bytes += entry.commit.size();
      if (!found.empty() && (found.size() >= max_entries || bytes > max_bytes)) break;
      found.push_back(entry);
    }
    return found;
  }

  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline.ms);
    {
      std::unique_lock lock(store_->mutex);
      store_->changed.wait_until(lock, end, [&] { return closed_ || store_->last() > after; });
    }
    return head();
  }

  JournalResult<void> save_snapshot(SnapshotSource source) override {
    if (auto good = may_save(source.revision, source.digest); !good) return good;
    auto parts = std::make_shared<std::vector<Bytes>>();
    while (std::optional<Bytes> part = source.next()) {
      if (auto good = check_part(*part); !good) return good;
      if (auto good = usable(); !good) return good;
      if (faults_->disk_full()) return disk_full();
      parts->push_back(std::move(*part));
    }
    if (auto good = may_save(source.revision, source.digest); !good) return good;
    const std::lock_guard lock(store_->mutex);
    if (store_->last() == 0) {
      store_->compacted = source.revision;
      store_->before_first = source.digest;
      store_->changed.notify_all();
    }
    store_->snapshots[source.revision] = {source.digest, std::move(parts)};
    return {};
  }

  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    if (auto good = usable(); !good) return tl::unexpected(good.error());
    const std::lock_guard lock(store_->mutex);
    auto past = store_->snapshots.upper_bound(at_most);
    if (past == store_->snapshots.begin()) return std::unique_ptr<SnapshotReader>();
    --past;
    return std::unique_ptr<SnapshotReader>(
        std::make_unique<MemorySnapshotReader>(past->first, past->second));
  }

  JournalResult<void> compact(Revision up_to) override {
    if (auto good = usable(); !good) return good;
    if (faults_->disk_full()) return disk_full();
    const std::lock_guard lock(store_->mutex);
    if (up_to <= store_->compacted) return {};
    auto kept = store_->snapshots.upper_bound(up_to);
    if (kept == store_->snapshots.begin())
      return refuse(JournalFault::invalid, "there is no snapshot at or before revision " +
                                               std::to_string(up_to) + " to compact to");
    --kept;
    store_->before_first = kept->second.digest;
    store_->entries.erase(
        store_->entries.begin(),
        store_->entries.begin() + static_cast<std::ptrdiff_t>(kept->first - store_->compacted));
    store_->compacted = kept->first;
    store_->snapshots.erase(store_->snapshots.begin(), kept);
    return {};
  }

  JournalResult<void> filled() override {
    if (auto good = usable(); !good) return good;
    if (faults_->disk_full()) return disk_full();
    const std::lock_guard lock(store_->mutex);
    store_->filling = false;
    return {};
  }

  void close() override { close_now(); }

 private:
  void close_now() {
    closed_ = true;
    const std::lock_guard lock(store_->mutex);
    store_->changed.notify_all();
  }

  static tl::unexpected<JournalError> unavailable() {
    return refuse(JournalFault::unavailable, "the store in memory cannot be reached");
  }
  static tl::unexpected<JournalError> disk_full() {
    return refuse(JournalFault::unavailable, "the disk is full: free some space");
  }

  JournalResult<void> usable() const {
    if (!open_ || closed_)
      return refuse(JournalFault::unavailable, "this handle of the journal is not open");
    if (faults_->unavailable()) return unavailable();
    return {};
  }

  // The faults that leave the store as it is. With the store's lock held.
  JournalResult<void> fail_early(AppendFault fault) const {
    switch (fault) {
      case AppendFault::before_write:
        return refuse(JournalFault::unknown, "the answer to the append was lost");
      case AppendFault::conflict:
        return refuse(JournalFault::conflict, "somebody else appended first", store_->head());
      case AppendFault::unavailable: return unavailable();
      case AppendFault::disk_full: return disk_full();
      case AppendFault::none:
      case AppendFault::after_write:
      case AppendFault::late_write: break;
    }
    return {};
  }

  JournalResult<void> may_save(Revision revision, const Digest& digest) {
    if (auto good = usable(); !good) return good;
    const std::lock_guard lock(store_->mutex);
    return check_snapshot(store_->head(), revision, digest, store_->digest_at(revision));
  }

  static constexpr const char* named = "the store in memory";

  std::shared_ptr<MemoryStore> store_;
  std::shared_ptr<Faults> faults_;
  std::atomic<bool> fill_{false};
  std::atomic<bool> open_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace

std::shared_ptr<MemoryStore> make_memory_store() { return std::make_shared<MemoryStore>(); }

std::unique_ptr<Journal> make_memory_journal(std::shared_ptr<MemoryStore> store,
                                             std::shared_ptr<Faults> faults) {
  if (!store) store = make_memory_store();
  if (!faults) faults = std::make_shared<Faults>();
  return std::make_unique<MemoryJournal>(std::move(store), std::move(faults));
}

}  // namespace millrace::journal
