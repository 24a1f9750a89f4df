// The clock of the machine. Made once in main and handed down as a Clock. Thread safe.
#pragma once

#include "statekit/clock.hpp"

namespace millrace::statekit {

class SystemClock final : public Clock {
 public:
  WallMs wall_ms() const override;
  MonoMs mono_ms() const override;
};

}  // namespace millrace::statekit
