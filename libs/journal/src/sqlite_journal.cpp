#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "disk_room.hpp"
#include "journal/sqlite.hpp"
#include "rules.hpp"
#include "sqlite_database.hpp"
#include "sqlite_format.hpp"
#include "sqlite_lock.hpp"
#include "sqlite_snapshots.hpp"
#include "sqlite_wal.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

using std::chrono::steady_clock;

// A connection that is opened when it is first needed and again after it failed. Locked while used.
class Door {
 public:
  std::mutex mutex;

  // REQUIRES: `mutex` is held.
  JournalResult<Database*> connected(const std::string& path, const SqliteFormat& format,
                                     const SqliteTuning& tuning, bool read_only) {
    if (!database_) {
      auto known = recognize(path, tuning.vfs);
      if (known && *known != &format)
        return refuse(JournalFault::unavailable,
                      path +
                          ": the store is gone or was replaced: restore a backup, or open it "
                          "again");
      if (!known) return tl::unexpected(known.error());
      auto opened = open_store(path, format, tuning, read_only);
      if (!opened) return tl::unexpected(opened.error());
      database_ = std::move(*opened);
      failed_ = false;
    }
    database_->wait_at_most(Deadline{}.ms);
    return database_.get();
  }

  // That it is shut because of a failure. REQUIRES: `mutex` is held.
  bool has_failed() const { return failed_; }

  // After a call failed. REQUIRES: `mutex` is held, no statement is under way.
  void after_failure() {
    if (!database_ || !database_->must_reopen()) return;
    database_.reset();
    failed_ = true;
  }

  void shut() {
    const std::lock_guard lock(mutex);
    database_.reset();
  }

 private:
  std::unique_ptr<Database> database_;
  bool failed_ = false;
};

// What the handle and its snapshot readers share.
struct Shared {
  std::string path;
  SqliteTuning tuning;
  const SqliteFormat* format = nullptr;
  bool read_only = false;
  std::atomic<bool> fill{false};
  std::shared_ptr<StoreLock> store_lock;
  std::weak_ptr<StoreLock> lock_to_ask;  // never changed once it is open
  Door writing;
  Door reading;
  std::atomic<bool> open{false};
  std::atomic<bool> closed{false};
  DiskRoom room;

  void note_room(bool written, const Database& database) {
    if (written) room.was_there();
    if (!written && database.disk_was_full()) room.was_missing(path);
  }

  template <class Work>
  auto with(Door& door, Work work) -> decltype(work(std::declval<Database&>())) {
    const std::lock_guard lock(door.mutex);
    if (!open || closed)
      return refuse(JournalFault::unavailable, path + ": this handle of the journal is not open");
    if (read_only && &door == &writing)
      return refuse(JournalFault::invalid, path + ": it was opened for reading only");
    // After a failed write no connection of ours is kept: closing the last one makes SQLite put the
    // log away, and with it what the failed write may have left there.
    if (&door == &writing && door.has_failed()) reading.shut();
    JournalResult<Database*> database = door.connected(path, *format, tuning, read_only);
    if (!database) return tl::unexpected(database.error());
    auto result = work(**database);
    if (&door == &writing) note_room(result.has_value(), **database);
    if (!result) door.after_failure();
    return result;
  }
};

class SqliteSnapshotReader : public SnapshotReader {
 public:
  SqliteSnapshotReader(std::shared_ptr<Shared> shared, StoredSnapshot snapshot)
      : shared_(std::move(shared)), snapshot_(std::move(snapshot)) {}

  Revision revision() const override { return snapshot_.revision; }
  Digest digest() const override { return snapshot_.digest; }
  JournalResult<std::optional<Bytes>> next() override {
    return shared_->with(shared_->reading, [&](Database& database) {
      return next_part(*shared_->format, database, snapshot_);
    });
  }

 private:
  std::shared_ptr<Shared> shared_;
  StoredSnapshot snapshot_;
};

// The head after it.
JournalResult<Head> append_to(const Shared& shared, Database& database, Revision expected_last,
                              std::span<const Entry> entries, Deadline deadline) {
  const SqliteFormat& format = *shared.format;
  database.wait_at_most(deadline.ms);
  Transaction transaction(database);
  if (auto done = transaction.begin_write(); !done) return tl::unexpected(done.error());
  JournalResult<Head> head = read_head(database, format);
  if (!head) return tl::unexpected(head.error());
  const auto filling = is_filling(database, format);
  if (!filling) return tl::unexpected(filling.error());
  if (*filling && !shared.fill) return refuse_half(shared.path);
  if (auto good = check_append(*head, expected_last, entries); !good)
    return tl::unexpected(good.error());
  if (auto done = format.insert(database, entries); !done) return tl::unexpected(done.error());
  head->last = entries.back().revision;
  head->digest = entries.back().digest;
  if (auto done = write_head(database, format, *head); !done) return tl::unexpected(done.error());
  if (auto done = format.tidy(database, *head, shared.tuning); !done)
    return tl::unexpected(done.error());
  auto done = transaction.commit();
  if (done) return head;
  // The commit mark may have reached the disk, although SQLite could not make sure of it.
  if (!database.surely_unwritten()) done.error().fault = JournalFault::unknown;
  return tl::unexpected(done.error());
}

JournalResult<std::vector<Entry>> read_from(const SqliteFormat& format, Database& database,
                                            Revision after, std::size_t max_entries,
                                            std::size_t max_bytes) {
  Transaction transaction(database);
  if (auto done = transaction.begin_read(); !done) return tl::unexpected(done.error());
  const JournalResult<Head> head = read_head(database, format);
  if (!head) return tl::unexpected(head.error());
  if (auto good = check_readable(*head, after); !good) return tl::unexpected(good.error());
  if (after >= head->last) return std::vector<Entry>();
  return format.read(database, *head, after, max_entries, max_bytes);
}

class SqliteJournal : public Journal {
 public:
  SqliteJournal(std::string path, SqliteTuning tuning) {
    shared_->path = std::move(path);
    shared_->tuning = std::move(tuning);
  }
  ~SqliteJournal() override { close_now(); }

  JournalResult<Head> open(const JournalOptions& options) override {
    if (shared_->path.empty()) return refuse(JournalFault::invalid, "a journal needs a file name");
    std::error_code failed;
    // Absolute, so that SQLite reads no meaning into names such as ":memory:".
    shared_->path = std::filesystem::absolute(shared_->path, failed).string();
    shared_->read_only = options.read_only;
    shared_->fill = options.fill;
    const JournalResult<void> ready = prepare(options);
    if (!ready) return tl::unexpected(ready.error());
    shared_->open = true;
    auto checked =
        shared_->with(shared_->reading, [this](Database& database) { return check(database); });
    if (checked && options.fill && !options.read_only)
      checked = shared_->with(shared_->writing, [&](Database& database) {
        return begin_filling(database, *shared_->format, options);
      });
    if (!checked) close_now();
    return checked;
  }

  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    if (auto good = check_batch(expected_last, entries); !good) return tl::unexpected(good.error());
    auto done = shared_->with(shared_->writing, [&](Database& database) {
      return append_to(*shared_, database, expected_last, entries, deadline);
    });
    if (!done) return tl::unexpected(done.error());
    shared_->store_lock->acknowledged(*done);
    wake();
    return done->last;
  }

  std::vector<JournalWarning> warnings() const override {
    std::vector<JournalWarning> all = shared_->room.warnings(shared_->path);
    const auto lock = shared_->lock_to_ask.lock();
    if (const std::string others = lock ? lock->others() : std::string(); !others.empty())
      all.push_back({shared_->path + ": " + others +
                         " has it open as well and they know nothing of each other: stop one, or "
                         "move it with `millrace storage migrate` to the format that one process "
                         "at a time writes",
                     false});
    return all;
  }

  JournalResult<Head> head() override {
    return shared_->with(shared_->reading, [this](Database& database) {
      return read_head(database, *shared_->format);
    });
  }

  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    return shared_->with(shared_->reading, [&](Database& database) {
      return read_from(*shared_->format, database, after, max_entries, max_bytes);
    });
  }

  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    const auto end = steady_clock::now() + std::chrono::milliseconds(deadline.ms);
    const auto poll = std::chrono::milliseconds(shared_->tuning.poll_ms);
    for (;;) {
      std::uint64_t seen = 0;
      {
        const std::lock_guard lock(wake_mutex_);
        seen = wakes_;
      }
      JournalResult<Head> now = head();
      const bool may_recover = !now && now.error().fault == JournalFault::unavailable;
      if (shared_->closed) return head();  // which says so
      if (steady_clock::now() >= end) return now;
      if (now ? now->last > after : !may_recover) return now;
      std::unique_lock lock(wake_mutex_);
      woken_.wait_until(lock, std::min(end, steady_clock::now() + poll),
                        [&] { return wakes_ != seen; });
    }
  }

  JournalResult<void> save_snapshot(SnapshotSource source) override {
    SnapshotDraft draft{source.revision, source.digest, 0, 0, {}};
    auto done = shared_->with(shared_->writing, [&](Database& database) {
      return begin_draft(*shared_->format, database, draft);
    });
    if (!done) return done;
    while (const std::optional<Bytes> part = source.next()) {
      done = shared_->with(shared_->writing, [&](Database& database) {
        return add_part(*shared_->format, database, draft, *part);
      });
      if (!done) return done;
    }
    done = shared_->with(shared_->writing, [&](Database& database) {
      return seal_draft(*shared_->format, database, draft);
    });
    if (done) wake();
    return done;
  }

  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    auto found = shared_->with(shared_->reading, [&](Database& database) {
      return find_snapshot(*shared_->format, database, at_most);
    });
    if (!found) return tl::unexpected(found.error());
    if (!*found) return std::unique_ptr<SnapshotReader>();
    return std::unique_ptr<SnapshotReader>(
        std::make_unique<SqliteSnapshotReader>(shared_, std::move(**found)));
  }

  JournalResult<void> compact(Revision up_to) override {
    auto done = shared_->with(shared_->writing, [&](Database& database) {
      return move_first(*shared_->format, database, up_to);
    });
    if (!done) return done;
    for (;;) {
      const auto more = shared_->with(shared_->writing, [this](Database& database) {
        return sweep(*shared_->format, database);
      });
      if (!more) return tl::unexpected(more.error());
      if (!*more) return {};
    }
  }

  JournalResult<void> filled() override {
    auto done = shared_->with(shared_->writing, [this](Database& database) {
      return end_filling(database, *shared_->format);
    });
    if (done) shared_->fill = false;
    return done;
  }

  void close() override { close_now(); }

 private:
  // What comes before a connection: which format, who else, and what a crash left.
  JournalResult<void> prepare(const JournalOptions& options) {
    JournalResult<const SqliteFormat*> there = recognize(shared_->path, shared_->tuning.vfs);
    if (!there) return tl::unexpected(there.error());
    if (!*there && (!options.create || options.read_only))
      return refuse(JournalFault::unavailable,
                    shared_->path +
                        ": there is no journal: check the name, or start the schema "
                        "service, which makes one");
    const SqliteFormat* wanted = *there ? *there : sqlite_generation(shared_->tuning.format_if_new);
    if (!options.read_only) {
      auto lock = StoreLock::take(shared_->path, wanted->one_writer() || options.fill);
      if (!lock) return tl::unexpected(lock.error());
      shared_->lock_to_ask = *lock;
      shared_->store_lock = std::move(*lock);
    }
    if (*there) return settle(*there);
    if (auto good = check_incarnation(options.incarnation_if_new); !good) return good;
    if (auto made = create_store(shared_->path, options, *wanted, shared_->tuning); !made)
      return made;
    there = recognize(shared_->path, shared_->tuning.vfs);
    if (!there) return tl::unexpected(there.error());
    return settle(*there);
  }

  JournalResult<void> settle(const SqliteFormat* format) {
    shared_->format = format;
    return check_log(shared_->path);
  }

  JournalResult<Head> check(Database& database) {
    // Before the head: what another process appends in between must not look lost.
    const std::optional<Mark> mark = read_mark(shared_->path);
    Transaction transaction(database);
    if (auto done = transaction.begin_read(); !done) return tl::unexpected(done.error());
    JournalResult<Head> head = read_head(database, *shared_->format);
    if (!head) return head;
    const auto filling = is_filling(database, *shared_->format);
    if (!filling) return tl::unexpected(filling.error());
    if (*filling && !shared_->fill) return refuse_half(shared_->path);
    if (auto good = check_end(database, *head); !good) return tl::unexpected(good.error());
    if (shared_->format->one_writer())
      if (auto good = check_mark(shared_->path, mark, *head); !good)
        return tl::unexpected(good.error());
    return head;
  }

  void wake() {
    const std::lock_guard lock(wake_mutex_);
    ++wakes_;
    woken_.notify_all();
  }

  void close_now() {
    shared_->closed = true;
    wake();
    shared_->writing.shut();
    shared_->reading.shut();
    shared_->store_lock.reset();
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::mutex wake_mutex_;
  std::condition_variable woken_;
  std::uint64_t wakes_ = 0;
};

}  // namespace

std::unique_ptr<Journal> make_sqlite_journal(std::string path, SqliteTuning tuning) {
  return std::make_unique<SqliteJournal>(std::move(path), std::move(tuning));
}

}  // namespace millrace::journal
