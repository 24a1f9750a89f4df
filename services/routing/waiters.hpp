// RevisionWaiters: calls that wait until the router's state has reached a revision
// (`millrace-min-revision`), each with its own deadline, without a thread of its own. Bounded.
// Thread safe; calls are resumed on this object's one thread, never on the feed's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "services/routing/state.hpp"
#include "services/routing/transport.hpp"
#include "statekit/projection.hpp"

namespace millrace::routing {

class RevisionWaiters {
 public:
  // `projection` outlives this.
  RevisionWaiters(const statekit::Projection<RouteState>& projection, std::size_t waiting_max);
  ~RevisionWaiters();
  RevisionWaiters(const RevisionWaiters&) = delete;
  RevisionWaiters& operator=(const RevisionWaiters&) = delete;

  // Calls `resume` once: when the revision is reached, at the deadline, or at stop(); it looks for
  // itself which it was. 0: too many wait already, `resume` is not called.
  std::uint64_t wait(Revision wanted, Instant deadline, std::function<void()> resume);

  // Resumes that call now. No harm when it went on already.
  void wake(std::uint64_t id);

  std::size_t waiting() const;
  void stop();  // resumes all; idempotent

 private:
  struct Shared;
  const statekit::Projection<RouteState>& projection_;
  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace millrace::routing
