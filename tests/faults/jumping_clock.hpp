// A clock that a test moves from outside: the machine's own, plus offsets that stand in a small
// file which both sides map. The wall jumps either way, the monotonic clock only forward.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "statekit/io/clock.hpp"

namespace millrace::test {

struct ClockOffsets {
  std::atomic<std::int64_t> wall_ms{0};
  std::atomic<std::int64_t> mono_ms{0};
};

// The offsets in `path`, made where they are missing; null where they cannot be mapped. Never
// unmapped.
inline ClockOffsets* map_offsets(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(ClockOffsets)) != 0) return nullptr;
  void* at = mmap(nullptr, sizeof(ClockOffsets), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return at == MAP_FAILED ? nullptr : static_cast<ClockOffsets*>(at);
}

class JumpingClock final : public statekit::Clock {
 public:
  explicit JumpingClock(const ClockOffsets* offsets) : offsets_(offsets) {}
  statekit::WallMs wall_ms() const override { return clock_.wall_ms() + offsets_->wall_ms; }
  statekit::MonoMs mono_ms() const override { return clock_.mono_ms() + offsets_->mono_ms; }

 private:
  statekit::SystemClock clock_;
  const ClockOffsets* offsets_;
};

}  // namespace millrace::test
