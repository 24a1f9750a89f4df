// A few threads for reads that block on storage or wait for a revision, so that gRPC's own threads
// do not. Bounded: a full queue refuses. Thread safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::schema_service {

class Workers {
 public:
  Workers(std::size_t threads, std::size_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False when too many wait already, or after stop: then `job` is never run.
  bool run(std::function<void()> job);
  // Runs what waits, then ends the threads. Idempotent.
  void stop();

 private:
  void work();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::schema_service
