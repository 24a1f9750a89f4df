#include "store.hpp"

#include <algorithm>
#include <chrono>

#include "../rules.hpp"
#include "upkeep.hpp"

namespace millrace::journal::etcd {

using namespace statekit;

namespace {

constexpr std::chrono::milliseconds pause_between_watches{100};
// How often etcd is looked at while nothing can be written, so that its recovery shows.
constexpr std::int64_t stopped_ms = 1'000;

}  // namespace

Store::Store(const EtcdAddress& address, const EtcdTuning& tuning, std::shared_ptr<Client> client)
    : keys_(address.workspace),
      tuning_(tuning),
      quota_bytes_(address.quota_bytes),
      client_(std::move(client)) {}

Store::~Store() {
  close();
  if (follower_.joinable()) follower_.join();
  if (keeper_.joinable()) keeper_.join();
}

Answer<Root> Store::read(std::int64_t deadline_ms) {
  Txn txn;
  txn.ranges = {keys_.root()};
  const auto answer = client_->txn(txn, deadline_ms);
  if (!answer) return tl::unexpected(answer.error());
  auto root = root_in(answer->found.front());
  if (!root) return tl::unexpected(root.error());
  if (!*root) return damaged(0, "every record of " + keys_.prefix());
  learn(**root);
  return **root;
}

Root Store::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

void Store::learn(const Root& root) {
  const std::lock_guard lock(mutex_);
  if (root.begin_mod >= known_.begin_mod) {
    known_.begin_mod = root.begin_mod;
    known_.head.first = root.head.first;
    known_.head.before_first = root.head.before_first;
  }
  if (root.head_mod >= known_.head_mod) {
    known_.head_mod = root.head_mod;
    known_.head.incarnation = root.head.incarnation;
    known_.head.last = root.head.last;
    known_.head.digest = root.head.digest;
  }
  changed_.notify_all();
}

bool Store::wait(Revision after, std::int64_t ms) {
  std::unique_lock lock(mutex_);
  if (!follower_.joinable() && !closed_) follower_ = std::thread([this] { follow(); });
  changed_.wait_for(lock, std::chrono::milliseconds(ms),
                    [&] { return closed_ || known_.head.last > after; });
  return !closed_;
}

void Store::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  client_->close();
}

bool Store::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

// A watch from the newest root on; whatever ends it, the same begins again. `wait` looks by itself
// now and then, so that a watch which is down or silent costs time and nothing else.
void Store::follow() {
  for (;;) {
    follow_once();
    look_soon();  // whatever ended it may be worth a warning
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, pause_between_watches, [&] { return closed_; })) return;
  }
}

void Store::follow_once() {
  Txn txn;
  txn.ranges = {keys_.root()};
  const auto answer = client_->txn(txn, tuning_.call_ms_max);
  if (!answer) return;
  const auto root = root_in(answer->found.front());
  if (!root || !*root) return;
  learn(**root);
  Root now = **root;
  const auto changed = [&](const std::vector<KeyValue>& events) {
    bool good = true;
    for (const KeyValue& each : events) good = update_root(keys_, each, now) && good;
    // Something that is no record of ours is judged by whoever reads next.
    if (good) learn(now);
  };
  const auto ended = client_->watch({keys_.root(), answer->revision + 1}, changed);
  (void)ended;
}

void Store::tend() {
  const std::lock_guard lock(mutex_);
  if (!keeper_.joinable() && !closed_) keeper_ = std::thread([this] { keep_watch(); });
}

void Store::keep_watch() {
  Upkeep upkeep(keys_, quota_bytes_);
  for (;;) {
    std::vector<JournalWarning> found = upkeep.look(*client_, tuning_.call_ms_max);
    std::unique_lock lock(mutex_);
    warnings_ = std::move(found);
    const bool stopped = std::any_of(warnings_.begin(), warnings_.end(),
                                     [](const auto& each) { return each.stops_writes; });
    const auto pause = stopped ? std::min<std::int64_t>(stopped_ms, tuning_.upkeep_ms)
                               : std::int64_t{tuning_.upkeep_ms};
    changed_.wait_for(lock, std::chrono::milliseconds(pause), [&] { return closed_ || look_; });
    if (closed_) return;
    look_ = false;
  }
}

void Store::look_soon() {
  const std::lock_guard lock(mutex_);
  look_ = true;
  changed_.notify_all();
}

std::vector<JournalWarning> Store::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

}  // namespace millrace::journal::etcd
