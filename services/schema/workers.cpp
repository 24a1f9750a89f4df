#include "services/schema/workers.hpp"

#include <string>
#include <utility>

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;
using statekit::Status;

Status stopping_status() {
  return fail(Code::unavailable, "the schema service is stopping: read from another one");
}

Workers::Workers(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() { stop(); }

void Workers::run(Job job) {
  Status refused;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refused = stopping_status();
    } else if (jobs_.size() >= queue_max_) {
      refused = fail(Code::resource_exhausted, "too many reads of the past are waiting (" +
                                                   std::to_string(queue_max_) +
                                                   ", schema.reads_max): try again later");
    } else {
      jobs_.push_back(std::move(job));
    }
  }
  if (!refused) return job(refused);
  wake_.notify_one();
}

void Workers::stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  wake_.notify_all();
  for (const Job& job : dropped) job(stopping_status());
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job({});
    lock.lock();
  }
}

}  // namespace millrace::schema_service
