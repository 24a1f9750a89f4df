// A clock that stands still until it is told to go on. Thread safe.
#pragma once

#include <atomic>

#include "statekit/clock.hpp"

namespace millrace::test {

class ManualClock final : public statekit::Clock {
 public:
  statekit::WallMs wall_ms() const override { return wall_; }
  statekit::MonoMs mono_ms() const override { return mono_; }
  void advance(std::int64_t ms) {
    wall_ += ms;
    mono_ += ms;
  }
  void set_wall(statekit::WallMs wall) { wall_ = wall; }

 private:
  std::atomic<statekit::WallMs> wall_{1'700'000'000'000};
  std::atomic<statekit::MonoMs> mono_{1'000};
};

}  // namespace millrace::test
