// Waits for a condition instead of sleeping: true as soon as it holds, false at the deadline, which
// a busy machine must not reach.
#pragma once

#include <chrono>
#include <thread>

namespace millrace::test {

template <class Condition>
bool eventually(const Condition& condition,
                std::chrono::milliseconds deadline = std::chrono::milliseconds(60'000)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace millrace::test
