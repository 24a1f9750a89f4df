// What the load generators share: running many clients for so long, percentiles, and the one line
// of JSON that the frame reads. Main thread, but for what is said.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

namespace millrace::bench {

using Clock = std::chrono::steady_clock;

inline double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

// Of this process so far, or of its children that ended.
inline double cpu_seconds(int whose = RUSAGE_SELF) {
  rusage usage{};
  getrusage(whose, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Outcome {
  std::vector<double> took_us;
  std::uint64_t failed = 0;
  double seconds = 0;
};

// `each(client, end)` adds to its own outcome until `end`; called on a thread for each client.
inline Outcome run_clients(int clients, double seconds,
                           const std::function<void(int, Clock::time_point, Outcome&)>& each) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  const auto begun = Clock::now();
  const auto end =
      begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { each(i, end, outcomes[static_cast<std::size_t>(i)]); });
  }
  for (std::thread& thread : threads) thread.join();
  Outcome all;
  all.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  for (const Outcome& one : outcomes) {
    all.took_us.insert(all.took_us.end(), one.took_us.begin(), one.took_us.end());
    all.failed += one.failed;
  }
  std::sort(all.took_us.begin(), all.took_us.end());
  return all;
}

// REQUIRES: sorted. 0 of nothing.
inline double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

inline void print(const Outcome& outcome) {
  std::printf(
      "{\"operations\":%zu,\"per_second\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"failed\":%llu}\n",
      outcome.took_us.size(), static_cast<double>(outcome.took_us.size()) / outcome.seconds,
      percentile(outcome.took_us, 0.5), percentile(outcome.took_us, 0.99),
      static_cast<unsigned long long>(outcome.failed));
}

}  // namespace millrace::bench
