// The seam between routing and the wire: how a call reaches an endpoint. Implementations: gRPC's
// library (grpc_transport.hpp), a fake in the tests; frames through a library of their own can join
// later. Everything is thread safe; nothing blocks; `done` is called exactly once, from any thread,
// perhaps before `call` returns.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/routing/payload.hpp"
#include "statekit/result.hpp"

namespace millrace::routing {

using Instant = std::chrono::steady_clock::time_point;
// Metadata of the transport itself (in gRPC: headers), beside the metadata inside a message.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Outgoing {
  Payload request;  // a CallRequest
  Instant deadline;
  Headers headers;
};

enum class Delivery : std::uint8_t {
  answered,   // `response` is what the endpoint said
  unsent,     // the endpoint was never reached: the call may go to another
  failed,     // it may have been reached; what it did is not known
  refused,    // it was reached and answered with an error of the transport's
  timed_out,  // the deadline passed
  cancelled,  // by cancel()
};

struct Outcome {
  Delivery how = Delivery::failed;
  std::string message;  // for people; empty when answered
  Payload response;     // a CallResponse
  Headers leading;
  Headers trailing;
};

// A call on its way.
class Pending {
 public:
  virtual ~Pending() = default;
  virtual void cancel() = 0;  // idempotent; `done` is still called
};

// A way to one endpoint, kept for as long as it is registered. Dropped while calls are on their
// way, it lives until they are done.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual std::shared_ptr<Pending> call(Outgoing outgoing, std::function<void(Outcome)> done) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Connects when first used. `address` is host:port.
  virtual std::shared_ptr<Connection> connect(const std::string& address) = 0;
};

}  // namespace millrace::routing
