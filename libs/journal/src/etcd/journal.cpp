#include <algorithm>
#include <atomic>
#include <chrono>

#include "../rules.hpp"
#include "journal/etcd.hpp"
#include "snapshots.hpp"
#include "store.hpp"

namespace millrace::journal {

using namespace statekit;

namespace etcd {

namespace {

constexpr int appends_max = 4;  // when the head's record moves under us without being passed
constexpr std::size_t read_entries_max = 1000;
constexpr std::size_t read_entries_min = 32;
constexpr std::size_t read_bytes_usual = 1024;

class EtcdJournal : public Journal {
 public:
  EtcdJournal(EtcdAddress address, const EtcdTuning& tuning)
      : address_(std::move(address)), tuning_(tuning) {}
  ~EtcdJournal() override { close(); }

  JournalResult<Head> open(const JournalOptions& options) override {
    if (options.create)
      if (auto good = check_incarnation(options.incarnation_if_new); !good)
        return tl::unexpected(good.error());
    auto client = make_client(address_, tuning_);
    if (!client) return tl::unexpected(client.error());
    auto store = std::make_shared<Store>(address_, tuning_, std::move(*client));
    if (options.fill) store->allow(Filling::also);
    auto root = find(*store);
    if (root && !*root) {
      if (!options.create)
        return refuse(JournalFault::unavailable,
                      "etcd: there is no journal in the workspace " + address_.workspace);
      root = create(*store, options);
    }
    if (root && options.fill && !options.read_only) root = mark(*store, **root, options);
    if (!root) return tl::unexpected(root.error());
    store->learn(**root);
    store->tend();
    const std::lock_guard lock(mutex_);
    store_ = std::move(store);
    return (*root)->head;
  }

  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    if (auto good = check_batch(expected_last, entries); !good) return tl::unexpected(good.error());
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline.ms);
    Root root = (*store)->known();
    // What is known may be old: only what etcd says now is an answer.
    if (!check_append(root.head, expected_last, entries)) {
      const auto now = (*store)->read(std::min<std::int64_t>(deadline.ms, tuning_.call_ms_max));
      if (!now) return tl::unexpected(now.error());
      root = *now;
    }
    for (int i = 0; i < appends_max; ++i) {
      if (auto good = check_append(root.head, expected_last, entries); !good)
        return tl::unexpected(good.error());
      const auto held = write(**store, root, entries, end);
      if (!held) return tl::unexpected(held.error());
      if (*held) return entries.back().revision;
    }
    return refuse(JournalFault::unavailable, "etcd: the head changes under us: try again");
  }

  JournalResult<Head> head() override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    const auto root = (*store)->read(tuning_.call_ms_max);
    if (!root) return tl::unexpected(root.error());
    return root->head;
  }

  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    if (after + 1 == 0) return std::vector<Entry>();
    std::vector<Entry> found;
    std::size_t bytes = 0;
    std::size_t limit = std::min(read_entries_min + max_bytes / read_bytes_usual, read_entries_max);
    for (;;) {
      const auto more = read_some(**store, after + found.size(), limit);
      if (!more && more.error().fault == JournalFault::too_large && limit > 1) {
        limit /= 2;
        continue;
      }
      if (!more) return tl::unexpected(more.error());
      for (const Entry& each : *more) {
        bytes += each.commit.size();
        if (!found.empty() && (found.size() >= max_entries || bytes > max_bytes)) return found;
        found.push_back(each);
      }
      if (more->size() < limit) return found;
    }
  }

  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline.ms);
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                            end - std::chrono::steady_clock::now())
                            .count() +
                        1;
      const std::int64_t some = std::clamp<std::int64_t>(left, 0, tuning_.poll_ms);
      if (!(*store)->wait(after, some)) return closed();
      if (const Head known = (*store)->known().head; known.last > after) return known;
      const auto root = (*store)->read(tuning_.call_ms_max);
      if ((*store)->closed()) return closed();
      const bool over = std::chrono::steady_clock::now() >= end;
      if (root && (over || root->head.last > after)) return root->head;
      if (!root && over) return tl::unexpected(root.error());
    }
  }

  JournalResult<void> save_snapshot(SnapshotSource source) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    return etcd::save_snapshot(**store, std::move(source));
  }

  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    return etcd::load_snapshot(*store, at_most);
  }

  JournalResult<void> compact(Revision up_to) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    return etcd::compact(**store, up_to);
  }

  JournalResult<void> filled() override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    const Keys& keys = (*store)->keys();
    for (int i = 0; i < appends_max; ++i) {
      const auto root = (*store)->read(tuning_.call_ms_max);
      if (!root) return tl::unexpected(root.error());
      if (!root->filling) {
        (*store)->allow(Filling::refused);
        return {};
      }
      Txn txn;
      txn.when = {{keys.format(), root->format_mod}};
      txn.writes = {{keys.format(), format_value()}};
      const auto answer = (*store)->client().txn(txn, tuning_.call_ms_max);
      if (!answer && answer.error().fault != JournalFault::unknown)
        return tl::unexpected(answer.error());
    }
    return refuse(JournalFault::unavailable,
                  "etcd: it cannot be told that " + keys.prefix() + " is filled: try again");
  }

  std::vector<JournalWarning> warnings() const override {
    const auto store = usable();
    return store ? (*store)->warnings() : std::vector<JournalWarning>();
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

  // The root, unless the workspace is empty; foreign keys where it should be are refused.
  JournalResult<std::optional<Root>> find(Store& store) const {
    Txn txn;
    const Bytes& prefix = store.keys().prefix();
    Bytes past = prefix;
    past.back() = '/' + 1;
    txn.ranges = {store.keys().root(), {prefix, past, 1, true}};
    const auto answer = store.client().txn(txn, tuning_.call_ms_max);
    if (!answer) return tl::unexpected(answer.error());
    const bool empty = answer->found[0].empty() && answer->found[1].empty();
    return store.root_in(empty                      ? answer->found[0]
                         : answer->found[0].empty() ? answer->found[1]
                                                    : answer->found[0]);
  }

  JournalResult<std::optional<Root>> create(Store& store, const JournalOptions& options) const {
    const Keys& keys = store.keys();
    const Head head{options.incarnation_if_new, 1, 0, {}, {}};
    Txn txn;
    txn.when = {{keys.begin(), 0}, {keys.format(), 0}, {keys.head(), 0}};
    txn.writes = {{keys.begin(), begin_value(head)},
                  {keys.format(), format_value(options.fill)},
                  {keys.head(), head_value(head)}};
    auto made = store.client().txn(txn, tuning_.call_ms_max);
    if (!made && made.error().fault != JournalFault::unknown) return tl::unexpected(made.error());
    // Whoever was first: this is what is there now.
    auto root = find(store);
    if (root && !*root) return refuse(JournalFault::unavailable, made.error().message);
    return root;
  }

  // The mark goes with a new head, so that whoever has the journal open loses the next append.
  JournalResult<std::optional<Root>> mark(Store& store, Root root,
                                          const JournalOptions& options) const {
    const Keys& keys = store.keys();
    for (int i = 0; i < appends_max && !root.filling; ++i) {
      if (auto good = check_fill(root.head, options, "etcd " + keys.prefix()); !good)
        return tl::unexpected(good.error());
      Txn txn;
      txn.when.push_back({keys.head(), root.head_mod});
      txn.writes = {{keys.format(), format_value(true)},
                    {keys.head(), head_value(head_to_fill(root.head, options))}};
      const auto answer = store.client().txn(txn, tuning_.call_ms_max);
      if (!answer && answer.error().fault != JournalFault::unknown)
        return tl::unexpected(answer.error());
      const auto now = store.read(tuning_.call_ms_max);
      if (!now) return tl::unexpected(now.error());
      root = *now;
    }
    if (root.filling) return std::optional(std::move(root));
    return refuse(JournalFault::unavailable,
                  "etcd: somebody writes to " + keys.prefix() + ": stop the schema services first");
  }

  // False: the head has moved, and `root` is what it is now.
  JournalResult<bool> write(Store& store, Root& root, std::span<const Entry> entries,
                            std::chrono::steady_clock::time_point end) const {
    const Keys& keys = store.keys();
    Root next = root;
    next.head.last = entries.back().revision;
    next.head.digest = entries.back().digest;
    Txn txn;
    txn.when = {{keys.head(), root.head_mod}};
    Digest before = root.head.digest;
    for (const Entry& each : entries) {
      txn.writes.push_back({keys.commit(each.revision), commit_value(before, each)});
      before = each.digest;
    }
    txn.writes.push_back({keys.head(), head_value(next.head)});
    txn.otherwise = {keys.root()};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    const auto answer = store.client().txn(txn, left.count());
    // In etcd's own words; one that cannot be reached has nothing to say of itself.
    if (!answer && answer.error().message.find("NOSPACE") != Bytes::npos) store.look_soon();
    if (!answer) return tl::unexpected(answer.error());
    if (answer->held) {
      next.head_mod = answer->revision;
      store.learn(next);
      return true;
    }
    const auto now = store.root_in(answer->found.front());
    if (!now) return tl::unexpected(now.error());
    if (!*now) return damaged(0, "every record of " + keys.prefix());
    root = **now;
    store.learn(root);
    return false;
  }

  // The next entries, at most `limit`, and how the journal stands, at one moment.
  JournalResult<std::vector<Entry>> read_some(Store& store, Revision after,
                                              std::size_t limit) const {
    const Keys& keys = store.keys();
    Txn txn;
    txn.ranges = {
        keys.root(),
        {keys.commit(after + 1), keys.commit(~Revision{0}), static_cast<std::int64_t>(limit)}};
    const auto answer = store.client().txn(txn, tuning_.call_ms_max);
    if (!answer) return tl::unexpected(answer.error());
    const auto root = store.root_in(answer->found[0]);
    if (!root) return tl::unexpected(root.error());
    if (!*root) return damaged(0, "every record of " + keys.prefix());
    const Head& head = (*root)->head;
    if (auto good = check_readable(head, after); !good) return tl::unexpected(good.error());
    std::vector<Entry> found;
    Digest before = head.before_first;
    for (const KeyValue& each : answer->found[1]) {
      const Revision next = after + found.size() + 1;
      auto stored = read_commit(next, each.value);
      const bool linked =
          (found.empty() && next != head.first) || (stored && stored->before == before);
      if (each.key != keys.commit(next) || !stored || !linked || next > head.last)
        return damaged(next, "the commit");
      before = stored->entry.digest;
      found.push_back(std::move(stored->entry));
    }
    const Revision last = after + found.size();
    if (found.size() < limit && last < head.last) return damaged(last + 1, "the commit");
    if (!found.empty() && last == head.last && before != head.digest)
      return damaged(last, "the commit");
    return found;
  }

  const EtcdAddress address_;
  const EtcdTuning tuning_;
  mutable std::mutex mutex_;
  std::shared_ptr<Store> store_;
};

}  // namespace

}  // namespace etcd

std::unique_ptr<Journal> make_etcd_journal(EtcdAddress address, EtcdTuning tuning) {
  return std::make_unique<etcd::EtcdJournal>(std::move(address), tuning);
}

}  // namespace millrace::journal
