// The schema service behind gRPC: made by main.cpp and by `millrace serve`. Start and stop from one
// thread, the rest from any.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "services/schema/settings.hpp"
#include "statekit/clock.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/health.hpp"
#include "statekit/io/metrics.hpp"
#include "statekit/result.hpp"
#include "tls/doors.hpp"

namespace millrace::access {
class Book;
struct Trusted;
}  // namespace millrace::access

namespace millrace::schema_service {

// All outlive the server; none but `trusted` is null.
struct Wiring {
  const statekit::Clock* clock = nullptr;
  statekit::Metrics* metrics = nullptr;
  statekit::Health* health = nullptr;
  tls::Doors doors = {};  // of its listeners, and of the clients that it makes itself
  const access::Trusted* trusted = nullptr;  // of callers; null: nobody is asked who they are
  // Of the states over HTTP only: the grants, as Server::book has them.
  std::function<void(const std::function<void(const access::Book&)>&)> book = {};
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // host:port as bound
  virtual statekit::Channel in_process() const = 0;
  // Calls its argument with who may do what, as it is now.
  virtual void book(const std::function<void(const access::Book&)>& use) const = 0;
  // Ends the feed and the registrations, decides what was taken, writes a snapshot. Idempotent.
  virtual void stop() = 0;
};

// Opens the journal, rebuilds the state, listens. Errors say which file or port, and what to do.
statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring);

}  // namespace millrace::schema_service
