// The console as a running thing: it follows the schema service and the timeline, and serves the
// page and its data over HTTP. Made and stopped by main or `millrace serve`, from one thread; the
// rest is thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/console/settings.hpp"
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

namespace millrace::console {

// What the console stands on; all of it outlives the server.
struct Wiring {
  std::vector<statekit::Channel> schema;  // of the replicas, tried in turn
  statekit::Channel timeline;             // none: no calls and requests are shown
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
  virtual std::string address() const = 0;  // host:port of the page, as bound
  virtual void stop() = 0;                  // idempotent
};

// A port in use is Code::unavailable and names the setting that changes it.
statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring);

}  // namespace millrace::console
