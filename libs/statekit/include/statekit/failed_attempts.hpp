// FailedAttempts: how long whoever failed to prove who they are waits before the next try, by peer.
// A few failures cost nothing, each further one more, up to a limit; a quiet while is forgiven. It
// remembers so many peers at most, and lets go of the one that has been quiet the longest. Pure:
// time is an argument. One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "statekit/clock.hpp"

namespace millrace::statekit {

struct FailedAttemptsLimits {
  std::size_t peers_max = 1'024;
  std::int64_t free_max = 5;  // failures that cost nothing
  std::int64_t step_ms = 100;
  std::int64_t wait_ms_max = 2'000;
  std::int64_t forgiven_after_ms = 60'000;
};

class FailedAttempts {
 public:
  explicit FailedAttempts(const FailedAttemptsLimits& limits = {}) : limits_(limits) {}

  void failed(const std::string& peer, MonoMs now) {
    if (peers_.size() >= limits_.peers_max && !peers_.contains(peer)) forget_quietest();
    Peer& each = peers_[peer];
    if (now - each.last > limits_.forgiven_after_ms) each.failures = 0;
    ++each.failures;
    each.last = now;
  }

  void succeeded(const std::string& peer) { peers_.erase(peer); }

  std::int64_t wait_ms(const std::string& peer, MonoMs now) const {
    const auto found = peers_.find(peer);
    if (found == peers_.end() || now - found->second.last > limits_.forgiven_after_ms) return 0;
    const std::int64_t over = std::max<std::int64_t>(found->second.failures - limits_.free_max, 0);
    return std::min(over * limits_.step_ms, limits_.wait_ms_max);
  }

  // How much of that is still to come, counted from the last failure.
  std::int64_t rest_ms(const std::string& peer, MonoMs now) const {
    const std::int64_t wait = wait_ms(peer, now);
    if (wait == 0) return 0;
    return std::max<std::int64_t>(peers_.at(peer).last + wait - now, 0);
  }

  std::size_t size() const { return peers_.size(); }

 private:
  struct Peer {
    std::int64_t failures = 0;
    MonoMs last = 0;
  };

  void forget_quietest() {
    const auto quietest = std::min_element(
        peers_.begin(), peers_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
    if (quietest != peers_.end()) peers_.erase(quietest);
  }

  FailedAttemptsLimits limits_;
  std::unordered_map<std::string, Peer> peers_;
};

}  // namespace millrace::statekit
