// Signals as something to wait for: SIGINT and SIGTERM ask to end, SIGCHLD tells that the program
// ended. Blocked for the whole process from the first use on. Made before any thread; main thread.
#pragma once

#include <csignal>
#include <cstdint>
#include <ctime>

namespace millrace::cli {

class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int each : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set_, each);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  // SIGINT or SIGTERM, or 0 when `ms` have passed or the program may have ended.
  int wait(std::int64_t ms) const {
    const timespec limit{ms / 1000, (ms % 1000) * 1'000'000};
    const int number = sigtimedwait(&set_, nullptr, &limit);
    return number == SIGINT || number == SIGTERM ? number : 0;
  }

 private:
  sigset_t set_{};
};

}  // namespace millrace::cli
