#include "journal/memory.hpp"

namespace millrace::journal {

using namespace statekit;

void Faults::next(AppendFault fault, std::size_t times) {
  const std::lock_guard lock(mutex_);
  queue_.insert(queue_.end(), times, fault);
}

void Faults::choose(Chooser chooser) {
  const std::lock_guard lock(mutex_);
  chooser_ = std::move(chooser);
}

void Faults::slow(std::function<void()> pause) {
  const std::lock_guard lock(mutex_);
  pause_ = std::move(pause);
}

void Faults::set_unavailable(bool unavailable) {
  const std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

void Faults::set_disk_full(bool full) {
  const std::lock_guard lock(mutex_);
  disk_full_ = full;
}

AppendFault Faults::take(Revision expected_last, std::span<const Entry> entries) {
  const std::lock_guard lock(mutex_);
  if (disk_full_) return AppendFault::disk_full;
  if (queue_.empty()) return chooser_ ? chooser_(expected_last, entries) : AppendFault::none;
  const AppendFault fault = queue_.front();
  queue_.pop_front();
  return fault;
}

void Faults::pause() const {
  std::function<void()> pause;
  {
    const std::lock_guard lock(mutex_);
    pause = pause_;
  }
  if (pause) pause();
}

bool Faults::unavailable() const {
  const std::lock_guard lock(mutex_);
  return unavailable_;
}

bool Faults::disk_full() const {
  const std::lock_guard lock(mutex_);
  return disk_full_;
}

}  // namespace millrace::journal
