// Allowance: so many at once, then so many a second; the measure of what floods. Pure: time is an
// argument. A value; one thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "statekit/clock.hpp"

namespace millrace::statekit {

class Allowance {
 public:
  Allowance(std::int64_t burst_max, std::int64_t per_second_max)
      : left_(burst_max), burst_max_(burst_max), per_second_max_(per_second_max) {}

  // False: nothing is left at `now`. Filled only when it ran out, so that what is quiet costs no
  // arithmetic.
  bool take(MonoMs now) {
    if (!filled_) filled_ = now;
    if (left_ == 0) {
      left_ = std::min((now - *filled_) * per_second_max_ / 1'000, burst_max_);
      if (left_ == 0) return false;
      filled_ = now;
    }
    --left_;
    return true;
  }

 private:
  std::int64_t left_;
  std::int64_t burst_max_;
  std::int64_t per_second_max_;
  std::optional<MonoMs> filled_;
};

}  // namespace millrace::statekit
