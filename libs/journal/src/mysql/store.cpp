#include "store.hpp"

#include <algorithm>
#include <chrono>

#include "../rules.hpp"

namespace millrace::journal::mysql {

using namespace statekit;

Store::Store(const MysqlAddress& address, const MysqlTuning& tuning, bool read_only)
    : workspace_(address.workspace),
      tuning_(tuning),
      read_only_(read_only),
      client_(address, tuning) {}

Answer<std::optional<Root>> Store::find(std::int64_t deadline_ms) {
  const auto answer = client_.ask(select_root(workspace_), deadline_ms);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->rows.empty()) return std::optional<Root>();
  const auto root = read_root(workspace_, answer->rows.front(), filling_);
  if (!root) return tl::unexpected(root.error());
  if (auto good = settle(*root, deadline_ms); !good) return tl::unexpected(good.error());
  return std::optional(*root);
}

Answer<Root> Store::read(std::int64_t deadline_ms) {
  auto root = find(deadline_ms);
  if (!root) return tl::unexpected(root.error());
  if (!*root) return damaged(0, "the row of " + workspace_ + " in millrace_journal");
  return std::move(**root);
}

Answer<void> Store::settle(const Root& root, std::int64_t deadline_ms) {
  {
    const std::lock_guard lock(mutex_);
    if (durable_ == root.head_seal || read_only_) {
      learn(root);
      return {};
    }
  }
  // A transaction of ours that ends now is synced behind all that ended before it.
  if (!client_.facts().tidb) {
    Sql sync("INSERT INTO millrace_syncs (workspace, turns) VALUES (");
    sync << workspace_ << ", 1) ON DUPLICATE KEY UPDATE turns = turns + 1";
    const auto done = client_.ask(sync, deadline_ms);
    if (!done) return tl::unexpected(done.error());
  }
  const std::lock_guard lock(mutex_);
  durable_ = root.head_seal;
  learn(root);
  return {};
}

Root Store::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

void Store::learn_written(const Root& root) {
  const std::lock_guard lock(mutex_);
  durable_ = root.head_seal;
  learn(root);
}

// Answers may come in another order than they were given. REQUIRES: mutex_ is held.
void Store::learn(const Root& root) {
  const bool other = root.head.incarnation != known_.head.incarnation;
  if (other || root.head.first >= known_.head.first) {
    known_.begin_seal = root.begin_seal;
    known_.head.first = root.head.first;
    known_.head.before_first = root.head.before_first;
  }
  if (other || root.head.last >= known_.head.last) {
    known_.head_seal = root.head_seal;
    known_.head.incarnation = root.head.incarnation;
    known_.head.last = root.head.last;
    known_.head.digest = root.head.digest;
  }
  changed_.notify_all();
}

bool Store::wait(Revision after, std::int64_t ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(std::max<std::int64_t>(ms, 0)),
                    [&] { return closed_ || known_.head.last > after; });
  return !closed_;
}

bool Store::may_look() {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (now - looked_ < std::chrono::milliseconds(tuning_.poll_ms)) return false;
  looked_ = now;
  return true;
}

void Store::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  client_.close();
}

}  // namespace millrace::journal::mysql
