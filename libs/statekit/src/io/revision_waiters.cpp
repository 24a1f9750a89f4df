#include "statekit/io/revision_waiters.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace millrace::statekit {

// The feed's thread may still be about to say that a revision is reached when the waiters are gone,
// so it holds this and not the object.
struct RevisionWaiters::Shared {
  struct Waiting {
    Deadline deadline;
    std::function<void()> resume;
    std::uint64_t notice = 0;  // the projection's number for it
  };

  const Source source;
  const std::size_t waiting_max;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, Waiting> waiting;
  std::set<std::uint64_t> ready;
  std::uint64_t last_id = 0;
  bool stopped = false;

  Shared(Source watched, std::size_t max) : source(std::move(watched)), waiting_max(max) {}

  void wake(std::uint64_t id) {
    {
      std::lock_guard lock(mutex);
      if (!waiting.contains(id)) return;
      ready.insert(id);
    }
    changed.notify_one();
  }

  // What is ready or late now, taken out.
  std::vector<Waiting> take_due() {
    std::vector<Waiting> due;
    const Deadline now = std::chrono::steady_clock::now();
    for (auto at = waiting.begin(); at != waiting.end();) {
      if (!stopped && !ready.contains(at->first) && at->second.deadline > now) {
        ++at;
        continue;
      }
      due.push_back(std::move(at->second));
      at = waiting.erase(at);
    }
    ready.clear();
    return due;
  }

  Deadline next_deadline() const {
    Deadline next = std::chrono::steady_clock::now() + std::chrono::hours(1);
    for (const auto& [id, each] : waiting) next = std::min(next, each.deadline);
    return next;
  }

  void run() {
    std::unique_lock lock(mutex);
    while (!stopped || !waiting.empty()) {
      std::vector<Waiting> due = take_due();
      if (due.empty()) {
        if (!stopped) changed.wait_until(lock, next_deadline());
        continue;
      }
      lock.unlock();
      for (Waiting& each : due) {
        source.forget(each.notice);
        each.resume();
      }
      lock.lock();
    }
  }
};

RevisionWaiters::RevisionWaiters(Source source, std::size_t waiting_max)
    : shared_(std::make_shared<Shared>(std::move(source), waiting_max)),
      thread_([shared = shared_] { shared->run(); }) {}

RevisionWaiters::~RevisionWaiters() { stop(); }

std::uint64_t RevisionWaiters::wait(Revision wanted, Deadline deadline,
                                    std::function<void()> resume) {
  std::uint64_t id = 0;
  {
    std::lock_guard lock(shared_->mutex);
    if (shared_->stopped || shared_->waiting.size() >= shared_->waiting_max) return 0;
    id = ++shared_->last_id;
    shared_->waiting.emplace(id, Shared::Waiting{deadline, std::move(resume), 0});
  }
  shared_->changed.notify_one();  // the thread may sleep past this deadline
  const std::uint64_t notice =
      shared_->source.when(wanted, [shared = shared_, id](bool) { shared->wake(id); });
  std::unique_lock lock(shared_->mutex);
  const auto found = shared_->waiting.find(id);
  if (found != shared_->waiting.end()) {
    found->second.notice = notice;
  } else {
    lock.unlock();
    shared_->source.forget(notice);
  }
  return id;
}

void RevisionWaiters::wake(std::uint64_t id) { shared_->wake(id); }

std::size_t RevisionWaiters::waiting() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->waiting.size();
}

void RevisionWaiters::stop() {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
  }
  shared_->changed.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace millrace::statekit
