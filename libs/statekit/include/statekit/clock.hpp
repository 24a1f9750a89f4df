// The clock seam. Only edges hold a Clock; pure code is handed times as arguments.
// Implementations: SystemClock (statekit/io), ManualClock (tests/support). Thread safe.
#pragma once

#include <cstdint>

namespace millrace::statekit {

using WallMs = std::int64_t;  // milliseconds since 1970-01-01T00:00:00Z
using MonoMs =
    std::int64_t;  // milliseconds on a clock that never goes back; its zero means nothing

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallMs wall_ms() const = 0;
  virtual MonoMs mono_ms() const = 0;
};

}  // namespace millrace::statekit
