// The ingress service as a running thing: it follows the schema service, serves HTTP, has the
// routing service carry the calls and tells the timeline. Made and stopped by main or `millrace
// serve`, from one thread; the rest is thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/ingress/settings.hpp"
#include "statekit/clock.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/follower.hpp"
#include "statekit/io/health.hpp"
#include "statekit/io/metrics.hpp"
#include "statekit/result.hpp"
#include "tls/doors.hpp"

namespace millrace::ingress {

// What the service stands on; all of it outlives the server.
struct Wiring {
  std::vector<statekit::Channel> schema;   // of the replicas, tried in turn
  std::vector<statekit::Channel> routing;  // calls are spread over those that are there
  statekit::Channel timeline;              // none: events are not sent
  const statekit::Clock* clock = nullptr;
  statekit::Metrics* metrics = nullptr;
  statekit::Health* health = nullptr;  // may be null
  tls::Doors doors = {};               // of its listeners, and of the clients that it makes itself
  // Instead of `schema`, where a test brings a feed of its own.
  std::function<std::unique_ptr<statekit::FeedTransport>()> feed;
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // host:port as bound
  // Takes no more requests, lets those in hand end for ingress.stop_timeout. Idempotent.
  virtual void stop() = 0;
};

// To each address that `ingress.routing` names, with commas between.
std::vector<statekit::Channel> connect_routing(const Settings& settings,
                                               const statekit::ChannelOptions& options = {});

statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring);

}  // namespace millrace::ingress
