// CallService: what RoutingService does, without gRPC. A call is read (wire.hpp), waits for the
// revision it asks for, is routed by the projected state, handed to an endpoint, and its answer
// handed back, the body untouched. One object a process, called by the adapter from any thread;
// nothing here blocks. Who stops it first stops the adapter, so that no call is left.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/caller.hpp"
#include "services/routing/answer.hpp"
#include "services/routing/call_metrics.hpp"
#include "services/routing/pool.hpp"
#include "services/routing/state.hpp"
#include "services/routing/transport.hpp"
#include "statekit/clock.hpp"
#include "statekit/feed.hpp"
#include "statekit/io/revision_waiters.hpp"
#include "statekit/projection.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::routing {

struct CallLimits {
  std::size_t calls_max = 10'000;   // in flight; more: overloaded
  std::size_t waiting_max = 1'000;  // for a revision; more: overloaded
  std::size_t attempts_max = 3;     // endpoints tried when one cannot be reached
  std::int64_t deadline_ms_default = 30'000;
  std::int64_t deadline_ms_max = 600'000;
  EjectionLimits ejection;
};

// A call as the adapter took it in.
struct Arrival {
  Payload request;
  std::optional<Instant> deadline;
  Headers headers;
  std::optional<access::Caller> caller = std::nullopt;  // none: nobody is asked who they are
  std::string from = {};                                // the address that it came from
};

struct Readiness {
  bool ready = false;
  std::vector<std::string> reasons;
};

class CallService {
 public:
  // What it works with; all of it outlives the service.
  struct Parts {
    const statekit::Projection<RouteState>* projection = nullptr;
    std::function<std::optional<statekit::Position>()> position;
    Transport* transport = nullptr;
    const statekit::Clock* clock = nullptr;
    CallMetrics* metrics = nullptr;
    std::function<void(statekit::TimelineEvent)> publish;  // must not wait
    std::function<std::uint64_t()> random;                 // uniform over 64 bits; thread safe
    std::function<std::string()> request_id;               // a fresh one; thread safe
    // Is told of a verified caller's call that was refused; may be empty.
    std::function<void(const Arrival&, const std::string& verb, const std::string& why)> denied;
  };

  CallService(Parts parts, CallLimits limits);
  ~CallService();
  CallService(const CallService&) = delete;
  CallService& operator=(const CallService&) = delete;

  // `done` is called exactly once, perhaps before this returns. The handle cancels the call.
  std::shared_ptr<Pending> call(Arrival arrival, std::function<void(Answer)> done);

  Readiness ready() const;

  // Lets go of the connections to endpoints that are no longer registered; called now and then.
  void tidy();

  // Calls in flight to deployments that get no new ones. After a commit was applied nobody is left
  // who was routed by the state before it and is not counted.
  statekit::DrainingCalls draining() const;

  std::size_t in_flight() const { return in_flight_.load(); }
  const EndpointPool& pool() const { return pool_; }
  const statekit::RevisionWaiters& waiters() const { return waiters_; }

  // Ends every wait for a revision. Idempotent.
  void stop() { waiters_.stop(); }

 private:
  friend class Call;
  const Parts parts_;
  const CallLimits limits_;
  EndpointPool pool_;
  statekit::RevisionWaiters waiters_;
  std::atomic<std::size_t> in_flight_{0};
};

}  // namespace millrace::routing
