#include <algorithm>
#include <chrono>

#include "../rules.hpp"
#include "faults.hpp"
#include "journal/mysql.hpp"
#include "snapshots.hpp"
#include "store.hpp"

namespace millrace::journal {

using namespace statekit;

namespace mysql {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int appends_max = 4;  // when the head moves under us without being passed
constexpr Revision read_entries_first = 16;
constexpr Revision read_entries_max = 1000;

std::int64_t ms_until(steady_clock::time_point end) {
  return std::chrono::duration_cast<milliseconds>(end - steady_clock::now()).count();
}

// What is read of the commits behind a revision, row by row.
struct Reading {
  const std::string& workspace;
  Filling filling;
  Revision after;
  std::size_t bytes_max;
  std::optional<Root> root;
  std::vector<Entry> found;
  std::optional<JournalError> fault;
  std::size_t bytes = 0;
  bool full = false;
  Digest before;

  void begin() {
    root.reset();
    found.clear();
    fault.reset();
    bytes = 0;
    full = false;
  }

  bool stop(JournalError error) {
    fault = std::move(error);
    return false;
  }

  // False: enough.
  bool take(const Row& row) {
    if (!root) {
      auto read = read_root(workspace, row, filling);
      if (!read) return stop(read.error());
      root = std::move(*read);
      before = root->head.before_first;
      if (auto good = check_readable(root->head, after); !good) return stop(good.error());
    }
    if (!has_commit(row)) return true;
    const Revision next = after + found.size() + 1;
    auto stored = read_commit(next, row);
    if (!stored) return stop(stored.error());
    const bool linked = (found.empty() && next != root->head.first) || stored->before == before;
    if (!linked || next > root->head.last) return stop(damaged(next, "the commit").value());
    bytes += stored->entry.commit.size();
    before = stored->entry.digest;
    found.push_back(std::move(stored->entry));
    full = bytes >= bytes_max;
    return !full;
  }

  // What is missing at the end, of `wanted` commits.
  JournalResult<void> check_end(Revision wanted) const {
    const Revision last = after + found.size();
    if (!full && found.size() < wanted && last < root->head.last)
      return damaged(last + 1, "the commit");
    if (!found.empty() && last == root->head.last && before != root->head.digest)
      return damaged(last, "the commit");
    return {};
  }
};

class MysqlJournal : public Journal {
 public:
  MysqlJournal(MysqlAddress address, const MysqlTuning& tuning)
      : address_(std::move(address)), tuning_(tuning) {}
  ~MysqlJournal() override { MysqlJournal::close(); }

  JournalResult<Head> open(const JournalOptions& options) override {
    if (options.create)
      if (auto good = check_incarnation(options.incarnation_if_new); !good)
        return tl::unexpected(good.error());
    auto store = std::make_shared<Store>(address_, tuning_, options.read_only);
    if (options.fill) store->allow(Filling::also);
    auto root = find(*store);
    if (root && !*root) {
      if (!options.create || options.read_only)
        return refuse(JournalFault::unavailable, "mysql: there is no journal in the workspace " +
                                                     address_.workspace + " of the database " +
                                                     address_.database);
      root = create(*store, options);
    }
    if (root && options.fill && !options.read_only) root = mark(*store, **root, options);
    if (!root) return tl::unexpected(root.error());
    const std::lock_guard lock(mutex_);
    store_ = std::move(store);
    return (*root)->head;
  }

  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    if (auto good = check_batch(expected_last, entries); !good) return tl::unexpected(good.error());
    const auto end = steady_clock::now() + milliseconds(deadline.ms);
    Root root = (*store)->known();
    // What is known may be old: only what the server says now is an answer.
    bool asked = false;
    for (int i = 0; i < appends_max; ++i) {
      if (asked || !check_append(root.head, expected_last, entries)) {
        const auto now = (*store)->read(std::min<std::int64_t>(ms_until(end), tuning_.call_ms_max));
        if (!now) return tl::unexpected(now.error());
        root = *now;
        if (auto good = check_append(root.head, expected_last, entries); !good)
          return tl::unexpected(good.error());
      }
      const auto written = write(**store, root, entries, ms_until(end));
      if (!written) return tl::unexpected(written.error());
      if (*written) return entries.back().revision;
      asked = true;
    }
    return refuse(JournalFault::unavailable, "mysql: the head changes under us: try again");
  }

  JournalResult<Head> head() override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    const auto root = (*store)->read(tuning_.call_ms_max);
    if (!root) return tl::unexpected(root.error());
    return root->head;
  }

  // A few at first, then as many as their size so far lets expect.
  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    if (after + 1 == 0) return std::vector<Entry>();
    std::vector<Entry> all;
    std::size_t bytes = 0;
    for (Revision wanted = read_entries_first;;) {
      const std::size_t left = max_entries > all.size() ? max_entries - all.size() : 1;
      wanted = std::min<Revision>(wanted, left);
      auto some = read_some(**store, after + all.size(), wanted, max_bytes - bytes);
      if (!some) return tl::unexpected(some.error());
      for (Entry& each : *some) {
        if (!all.empty() && bytes + each.commit.size() > max_bytes) return all;
        bytes += each.commit.size();
        all.push_back(std::move(each));
      }
      if (some->size() < wanted || all.size() >= max_entries || bytes >= max_bytes) return all;
      const std::size_t usual = bytes / all.size() + 1;
      wanted = std::clamp<Revision>((max_bytes - bytes) / usual, 1, read_entries_max);
    }
  }

  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    const auto end = steady_clock::now() + milliseconds(deadline.ms);
    for (;;) {
      if (!(*store)->wait(after, std::clamp<std::int64_t>(ms_until(end) + 1, 0, tuning_.poll_ms)))
        return closed();
      if (const Head known = (*store)->known().head; known.last > after) return known;
      const bool over = steady_clock::now() >= end;
      if (!over && !(*store)->may_look()) continue;
      const auto root = (*store)->read(tuning_.call_ms_max);
      if ((*store)->closed()) return closed();
      if (root && (over || root->head.last > after)) return root->head;
      if (!root && (over || steady_clock::now() >= end)) return tl::unexpected(root.error());
    }
  }

  JournalResult<void> save_snapshot(SnapshotSource source) override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    return mysql::save_snapshot(**store, std::move(source));
  }

  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    return mysql::load_snapshot(*store, at_most);
  }

  JournalResult<void> compact(Revision up_to) override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    return mysql::compact(**store, up_to);
  }

  JournalResult<void> filled() override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    Sql sql("UPDATE millrace_journal SET format = ");
    sql << format_of(false) << " WHERE workspace = " << (*store)->workspace()
        << " AND format = " << format_of(true);
    auto done = (*store)->client().ask(sql, tuning_.call_ms_max);
    // It does no harm when it happens twice, or late.
    if (!done && done.error().fault == JournalFault::unknown)
      done.error().fault = JournalFault::unavailable;
    if (!done) return tl::unexpected(done.error());
    (*store)->allow(Filling::refused);
    return {};
  }

  std::vector<JournalWarning> warnings() const override {
    const auto store = usable();
    return store ? (*store)->client().warnings() : std::vector<JournalWarning>();
  }

  void close() override {
    if (const auto store = usable()) (*store)->close();
  }

 private:
  static tl::unexpected<JournalError> closed() {
    return refuse(JournalFault::unavailable, "this handle of the journal is not open");
  }

  JournalResult<std::shared_ptr<Store>> usable() const {
    const std::lock_guard lock(mutex_);
    if (!store_ || store_->closed()) return closed();
    return store_;
  }

  JournalResult<std::shared_ptr<Store>> writable() const {
    auto store = usable();
    if (store && (*store)->read_only())
      return refuse(JournalFault::invalid, "mysql: this handle was opened for reading only");
    return store;
  }

  // The root, unless there are no tables yet, or no row of this workspace.
  JournalResult<std::optional<Root>> find(Store& store) const {
    Sql look(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = "
        "'millrace_journal'");
    const auto found = store.client().ask(look, tuning_.call_ms_max);
    if (!found) return tl::unexpected(found.error());
    if (found->rows.empty()) return std::optional<Root>();
    return store.find(tuning_.call_ms_max);
  }

  JournalResult<std::optional<Root>> create(Store& store, const JournalOptions& options) const {
    for (const Sql& each : tables())
      if (const auto made = store.client().ask(each, tuning_.call_ms_max); !made)
        return tl::unexpected(made.error());
    const std::string& workspace = store.workspace();
    const Root root = new_root(workspace, options.incarnation_if_new);
    // Whoever was first: what is there then is read.
    Sql insert(
        "INSERT INTO millrace_journal (workspace, format, first_rev, before_first, "
        "begin_seal, incarnation, rev, digest, head_seal, attempts) VALUES (");
    insert << workspace << ", " << format_of(options.fill) << ", " << root.head.first << ", "
           << root.head.before_first << ", " << root.begin_seal << ", " << root.head.incarnation
           << ", " << root.head.last << ", " << root.head.digest << ", " << root.head_seal
           << ", 0) ON DUPLICATE KEY UPDATE attempts = attempts";
    if (const auto made = store.client().ask(insert, tuning_.call_ms_max); !made)
      return tl::unexpected(made.error());
    auto found = store.find(tuning_.call_ms_max);
    if (found && !*found) return damaged(0, "the row of " + workspace + " in millrace_journal");
    return found;
  }

  // The mark, and with it the incarnation of a journal that held nothing.
  JournalResult<std::optional<Root>> mark(Store& store, Root root,
                                          const JournalOptions& options) const {
    const std::string& workspace = store.workspace();
    for (int i = 0; i < appends_max && !root.filling; ++i) {
      if (auto good = check_fill(root.head, options, "mysql: the workspace " + workspace); !good)
        return tl::unexpected(good.error());
      const Root next = sealed(workspace, head_to_fill(root.head, options));
      Sql sql("UPDATE millrace_journal SET format = ");
      sql << format_of(true) << ", incarnation = " << next.head.incarnation
          << ", head_seal = " << next.head_seal << " WHERE workspace = " << workspace
          << " AND head_seal = " << root.head_seal;
      const auto done = store.client().ask(sql, tuning_.call_ms_max);
      if (!done && done.error().fault != JournalFault::unknown) return tl::unexpected(done.error());
      const auto now = store.read(tuning_.call_ms_max);
      if (!now) return tl::unexpected(now.error());
      root = *now;
    }
    if (root.filling) return std::optional(std::move(root));
    return refuse(JournalFault::unavailable, "mysql: somebody writes to the workspace " +
                                                 workspace + ": stop the schema services first");
  }

  // One transaction: the head moves on from where it is believed to be, and the commits behind it
  // are put. False: the head has moved. Whoever waits for the row's lock comes after whoever has
  // it, so commits become visible in the order of their revisions.
  JournalResult<bool> write(Store& store, const Root& root, std::span<const Entry> entries,
                            std::int64_t ms) const {
    const std::string& workspace = store.workspace();
    Head moved = root.head;
    moved.last = entries.back().revision;
    moved.digest = entries.back().digest;
    const Root next = sealed(workspace, moved);
    Sql head("UPDATE millrace_journal SET rev = rev + ");
    head << std::uint64_t{entries.size()} << ", digest = " << moved.digest
         << ", head_seal = " << next.head_seal << " WHERE workspace = " << workspace
         << " AND rev = " << root.head.last << " AND head_seal = " << root.head_seal
         << " AND format = " << format_of(store.filling() == Filling::also);
    Sql commits(
        "INSERT INTO millrace_commits (workspace, revision, before_digest, digest, octets) "
        "VALUES ");
    Digest before = root.head.digest;
    bool first = true;
    for (const Entry& each : entries) {
      if (!std::exchange(first, false)) commits << ", ";
      commits << "(" << workspace << ", " << each.revision << ", " << before << ", " << each.digest
              << ", " << each.commit << ")";
      before = each.digest;
    }
    bool taken = false;
    const auto work = [&](const Run& run) -> Tried<bool> {
      const auto held = run(head);
      if (!held) return tl::unexpected(held.error());
      if (held->changed == 0) return false;
      const auto put = run(commits);
      taken = !put && is_duplicate(put.error());
      if (!put && !taken) return tl::unexpected(put.error());
      return !taken;
    };
    const auto done = store.client().transact(work, ms);
    if (taken) return damaged(root.head.last + 1, "the end of the journal");
    if (done && *done) store.learn_written(next);
    return done;
  }

  // The next commits, at most `wanted`, and how the journal stands, at one moment.
  JournalResult<std::vector<Entry>> read_some(Store& store, Revision after, Revision wanted,
                                              std::size_t bytes_max) const {
    const Revision up_to = after + std::min(wanted, ~Revision{0} - after);
    Reading reading{store.workspace(), store.filling(), after, bytes_max, {}, {}, {}, 0, false, {}};
    const auto answer = store.client().ask(
        select_commits(store.workspace(), after, up_to), tuning_.call_ms_max,
        [&](const Row& row) { return reading.take(row); }, [&] { reading.begin(); });
    if (!answer) return tl::unexpected(answer.error());
    if (reading.fault) return tl::unexpected(*reading.fault);
    if (!reading.root)
      return damaged(0, "the row of " + store.workspace() + " in millrace_journal");
    if (auto good = reading.check_end(wanted); !good) return tl::unexpected(good.error());
    if (auto good = store.settle(*reading.root, tuning_.call_ms_max); !good)
      return tl::unexpected(good.error());
    return std::move(reading.found);
  }

  const MysqlAddress address_;
  const MysqlTuning tuning_;
  mutable std::mutex mutex_;
  std::shared_ptr<Store> store_;
};

}  // namespace

}  // namespace mysql

std::unique_ptr<Journal> make_mysql_journal(MysqlAddress address, MysqlTuning tuning) {
  return std::make_unique<mysql::MysqlJournal>(std::move(address), tuning);
}

}  // namespace millrace::journal
