// The listener of the state protocol (port 8896), made by main.cpp and by `millrace serve` beside
// the schema service. Start and stop from one thread.
#pragma once

#include <memory>
#include <string>

#include "services/schema/server.hpp"

namespace millrace::workspace {

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // host:port as bound
  // Answers what is in hand, then closes the workspaces. Idempotent.
  virtual void stop() = 0;
};

// Opens nothing until the first request, so that a store that cannot be opened is told to who asks.
statekit::Result<std::unique_ptr<Server>> start(const schema_service::Settings& settings,
                                                const schema_service::Wiring& wiring);

}  // namespace millrace::workspace
