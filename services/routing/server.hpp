// The routing service as a running thing: it follows the schema service, serves RoutingService over
// gRPC (with health and reflection) and tells the timeline. Made and stopped by main or `millrace
// serve`, from one thread; the rest is thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/routing/settings.hpp"
#include "statekit/clock.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/follower.hpp"
#include "statekit/io/health.hpp"
#include "statekit/io/metrics.hpp"
#include "statekit/result.hpp"
#include "tls/doors.hpp"

namespace millrace::access {
struct Trusted;
}

namespace millrace::routing {

// What the service stands on; all of it outlives the server.
struct Wiring {
  std::vector<statekit::Channel> schema;  // of the replicas, tried in turn
  statekit::Channel timeline;             // none: events are not sent
  const statekit::Clock* clock = nullptr;
  statekit::Metrics* metrics = nullptr;
  statekit::Health* health = nullptr;
  tls::Doors doors = {};  // of its listeners, and of the clients that it makes itself
  // Instead of `schema`, where a test brings a feed of its own.
  std::function<std::unique_ptr<statekit::FeedTransport>()> feed;
  const access::Trusted* trusted = nullptr;  // of callers; null: nobody is asked who they are
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // host:port as bound
  virtual statekit::Channel in_process() const = 0;
  // Takes no more calls, lets those in flight end for a while, then cancels them. Idempotent.
  virtual void stop() = 0;
};

statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring);

}  // namespace millrace::routing
