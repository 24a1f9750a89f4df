// Projection<State>: many readers, one writer, nobody waits for a reader's lock ("left-right": two
// copies of the state, the same commits applied to both). Readers never wait and never see half a
// commit (promise G2). `apply` and `restore` come from one thread; `read` and the rest from any.
//
//   auto state = projection.read();      // a guard; keep it short-lived, never across I/O
//   state->endpoint_of("echo", ...);
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "statekit/state.hpp"

namespace millrace::statekit {

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

  // Wait-free.
  Reader read() const;

  // REQUIRES: commit.meta.revision == revision() + 1.
  void apply(const Commit<typename State::Event>& commit);
  void restore(const typename State::Snapshot& snapshot);

  // The revision that every later `read` shows at least.
  Revision revision() const { return revision_.load(std::memory_order_acquire); }

  // Blocks until revision() >= wanted or `ms` milliseconds are over or `close` was called; true
  // when reached.
  bool wait_for(Revision wanted, std::int64_t ms) const;
  void close();
};

}  // namespace millrace::statekit
