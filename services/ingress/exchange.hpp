// Exchange: one request's way through ingress, from its arrival to its answer: it waits for the
// revision that the request wants, asks the service, makes the call, and tells metrics and
// timeline. Made by the server for each request; it lives as long as somebody holds a part of it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "httpkit/server.hpp"
#include "services/ingress/caller.hpp"
#include "services/ingress/request_metrics.hpp"
#include "services/ingress/service.hpp"
#include "statekit/clock.hpp"
#include "statekit/io/revision_waiters.hpp"
#include "statekit/projection.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::ingress {

// Counts the exchanges that are not over, so that a stop can wait for the last one.
class InFlight {
 public:
  void enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_left_.notify_all();
  }
  bool wait_for_none(std::int64_t ms) {
    std::unique_lock lock(mutex_);
    return none_left_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t count_ = 0;
};

// What exchanges work with; all of it outlives them.
struct Parts {
  std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
  const statekit::Projection<IngressState>* projection = nullptr;
  std::function<std::optional<statekit::Position>()> position;
  IngressService* service = nullptr;
  VerbCaller* caller = nullptr;
  statekit::RevisionWaiters* waiters = nullptr;
  RequestMetrics* metrics = nullptr;
  const statekit::Clock* clock = nullptr;
  std::function<void(statekit::TimelineEvent)> publish;  // must not wait; may be empty
  std::int64_t timeout_ms = 30'000;
};

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(const Parts& parts, Arrival arrival, std::shared_ptr<httpkit::Reply> reply);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();
  void start();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void wait_for(const MinRevision& wanted);
  void proceed();
  void call(VerbCall call);
  void refuse(const Problem& problem);
  void finish(Answer answer);
  void tell(const Answer& answer, std::int64_t duration_us) const;
  std::int64_t left_ms() const;

  const Parts& parts_;
  const Arrival arrival_;
  const std::shared_ptr<httpkit::Reply> reply_;
  const Instant begun_;
  const statekit::WallMs begun_wall_ms_;
  std::atomic<bool> gone_ = false;  // the client
};

}  // namespace millrace::ingress
