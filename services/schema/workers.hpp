// A few threads for reads that block on storage, so that gRPC's own threads do not. Bounded: a full
// queue refuses. Thread safe, but for stop. Nothing may wait here for what is not yet there: two
// such reads would hold up all others.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::schema_service {

// What a read is told that the end of this process cuts short.
statekit::Status stopping_status();

class Workers {
 public:
  Workers(std::size_t threads, std::size_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Calls `job` once: with ok on a worker, at once with ResourceExhausted when too many wait, with
  // Unavailable when it still waits at stop or comes later.
  using Job = std::function<void(const statekit::Status&)>;
  void run(Job job);
  // Answers what waits, finishes what is under way and ends the threads. Idempotent.
  void stop();

 private:
  void work();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::schema_service
