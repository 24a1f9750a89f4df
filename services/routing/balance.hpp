// How one of several endpoints is chosen, and when a failing one is left out for a while. Pure:
// randomness and time are arguments. Used by the pool under its lock; nothing here is journalled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "statekit/clock.hpp"

namespace millrace::routing {

using statekit::MonoMs;

// One endpoint as the choice sees it.
struct Candidate {
  std::uint32_t in_flight = 0;  // calls that were sent to it and are not answered
  bool out = false;             // ejected, or tried by this call already
};

// The less loaded of two random candidates that are not out; where all are out, of all of them,
// since a doubtful endpoint is better than none. REQUIRES: not empty. `random` is uniform over 64
// bits.
std::size_t choose(std::span<const Candidate> candidates, std::uint64_t random);

struct EjectionLimits {
  std::uint32_t failures_max = 3;  // in a row
  std::int64_t out_ms_min = 500;   // doubled with each ejection in a row
  std::int64_t out_ms_max = 30'000;
};

// The health of one endpoint as this router sees it: what cannot be reached several times in a row
// is left out, then tried again; one more failure leaves it out for twice as long, one answer
// forgives.
class Ejection {
 public:
  void answered() { *this = Ejection{}; }
  void failed(MonoMs now, const EjectionLimits& limits);
  bool out(MonoMs now) const { return now < out_until_; }

 private:
  std::uint32_t failures_ = 0;
  std::uint32_t ejections_ = 0;
  MonoMs out_until_ = 0;
};

}  // namespace millrace::routing
