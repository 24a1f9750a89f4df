// Projection<State>: many readers, one writer, nobody waits for a reader's lock ("left-right": two
// copies of the state, the same commits applied to both). Readers never wait and never see half a
// commit (promise G2). What changes it comes from one thread; `read` and the rest from any.
//
//   auto state = projection.read();      // a guard; keep it short-lived, never across I/O
//   state->endpoint_of("echo", ...);
//
// A writer that decides on what is not durable yet uses the copy that no reader looks at for it:
//
//   projection.draft(commit);            // ... and more, decided on projection.drafted()
//   projection.show();                   // once they are durable; or projection.discard()
//   projection.follow(commits);          // the same to the copy that readers have left
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "statekit/state.hpp"

namespace millrace::statekit {

// Each reading thread counts itself in a slot of its own cache line, so that readers on several
// cores do not fight over one counter.
inline constexpr std::size_t reader_slots = 8;
inline std::size_t reader_slot() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % reader_slots;
  return mine;
}

template <class State>
class Projection {
 public:
  class Reader {
   public:
    Reader(const State* state, std::atomic<std::int64_t>* readers)
        : state_(state), readers_(readers) {}
    Reader(Reader&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)),
          readers_(std::exchange(other.readers_, nullptr)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Reader& operator=(Reader&&) = delete;
    ~Reader() {
      if (readers_ != nullptr) readers_->fetch_sub(1, std::memory_order_release);
    }
    const State* operator->() const { return state_; }
    const State& operator*() const { return *state_; }

   private:
    const State* state_;
    std::atomic<std::int64_t>* readers_;
  };

  Projection() = default;
  Projection(const Projection&) = delete;
  Projection& operator=(const Projection&) = delete;
  ~Projection() { close(); }

  // Wait-free. REQUIRES: the writer's thread holds no Reader while it applies or restores.
  Reader read() const {
    const std::size_t side = side_.load();
    std::atomic<std::int64_t>* readers = &readers_[side][reader_slot()].count;
    readers->fetch_add(1);
    return Reader(&states_[active_.load()], readers);
  }

  // REQUIRES: nothing is drafted; commit.meta.revision == revision() + 1.
  void apply(const Commit<typename State::Event>& commit) {
    check(commit.meta.revision == revision() + 1, "a projection applies each revision in order");
    draft(commit);
    show();
    follow({&commit, 1});
  }

  // Replaces everything, drafts too; the revision may go back (another incarnation).
  void restore(const typename State::Snapshot& snapshot) {
    check(level_, "a projection's copies are level before anything else changes");
    states_[idle()].restore(snapshot);
    show();
    wait_for_old_readers();
    states_[idle()].restore(snapshot);
    level_ = true;
  }

  // The published state, and what was drafted on top of it. For the writer's thread.
  const State& drafted() const { return states_[idle()]; }

  // REQUIRES: commit.meta.revision == drafted().revision() + 1, and both copies are level.
  void draft(const Commit<typename State::Event>& commit) {
    check(level_, "a projection's copies are level before anything else changes");
    check(commit.meta.revision == drafted().revision() + 1,
          "a projection drafts each revision in order");
    states_[idle()].apply(commit);
  }

  // Readers see from now on what was drafted. Not until `follow` may anything else change.
  void show() {
    const std::size_t next = idle();
    level_ = false;
    active_.store(next);
    {
      std::lock_guard lock(mutex_);
      revision_.store(states_[next].revision(), std::memory_order_release);
    }
    wake();
  }

  // What was shown, to the other copy too, once no reader looks at it any more.
  // REQUIRES: exactly the commits that were drafted.
  void follow(std::span<const Commit<typename State::Event>> commits) {
    wait_for_old_readers();
    for (const auto& commit : commits) states_[idle()].apply(commit);
    level_ = true;
    check(drafted().revision() == revision(), "a projection's copies follow each other");
  }

  // Drops what was drafted.
  void discard() {
    check(level_, "a projection's copies are level before anything else changes");
    if (drafted().revision() != revision()) states_[idle()] = states_[active_.load()];
  }

  // The revision that every later `read` shows at least.
  Revision revision() const { return revision_.load(std::memory_order_acquire); }

  // Blocks until revision() >= wanted or `ms` milliseconds are over or `close` was called; true
  // when reached.
  bool wait_for(Revision wanted, std::int64_t ms) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(ms),
                      [&] { return closed_ || revision() >= wanted; });
    return revision() >= wanted;
  }

  // Calls `done` exactly once: with true as soon as revision() >= wanted (at once if it is so now,
  // else on the writer's thread, so it must not block), with false at `close`. Returns a number for
  // `forget`; the caller keeps its own deadline and bounds how many it leaves waiting.
  std::uint64_t when(Revision wanted, std::function<void(bool reached)> done) const {
    {
      std::lock_guard lock(mutex_);
      if (revision() < wanted && !closed_) {
        waiting_.emplace(wanted, Waiting{++last_id_, std::move(done)});
        return last_id_;
      }
    }
    done(revision() >= wanted);
    return 0;
  }

  // True when `done` will not be called any more; false when it was, or is being called.
  bool forget(std::uint64_t id) const {
    std::lock_guard lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
      if (it->second.id != id) continue;
      waiting_.erase(it);
      return true;
    }
    return false;
  }

  // Ends every wait; reading goes on working. Idempotent.
  void close() {
    std::multimap<Revision, Waiting> ended;
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      ended.swap(waiting_);
    }
    changed_.notify_all();
    for (auto& [wanted, waiting] : ended) waiting.done(revision() >= wanted);
  }

 private:
  struct Waiting {
    std::uint64_t id;
    std::function<void(bool)> done;
  };
  struct alignas(64) Slot {
    std::atomic<std::int64_t> count{0};
  };
  using Side = std::array<Slot, reader_slots>;

  std::size_t idle() const { return 1 - active_.load(); }

  // A reader that counted itself on either side may still look at the copy that was active. New
  // readers go to the other side, so each wait is only for readers that exist already.
  void wait_for_old_readers() {
    const std::size_t side = side_.load();
    wait_until_empty(readers_[1 - side]);
    side_.store(1 - side);
    wait_until_empty(readers_[side]);
  }

  static void wait_until_empty(const Side& side) {
    for (const Slot& slot : side)
      for (int turn = 0; slot.count.load() != 0; ++turn) {
        if (turn < 64)
          std::this_thread::yield();
        else
          std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
  }

  void wake() {
    std::vector<Waiting> reached;
    {
      std::lock_guard lock(mutex_);
      const auto end = waiting_.upper_bound(revision());
      for (auto it = waiting_.begin(); it != end; ++it) reached.push_back(std::move(it->second));
      waiting_.erase(waiting_.begin(), end);
    }
    changed_.notify_all();
    for (Waiting& waiting : reached) waiting.done(true);
  }

  std::array<State, 2> states_{};
  bool level_ = true;                   // both copies hold the same, but for what is drafted
  std::atomic<std::size_t> active_{0};  // which copy readers look at
  std::atomic<std::size_t> side_{0};    // on which side new readers count themselves
  mutable std::array<Side, 2> readers_{};
  std::atomic<Revision> revision_{0};

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::multimap<Revision, Waiting> waiting_;
  mutable std::uint64_t last_id_ = 0;
  bool closed_ = false;
};

}  // namespace millrace::statekit
