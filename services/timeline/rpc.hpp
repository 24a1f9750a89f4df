// TimelineService on gRPC's callback API. Nothing here decides anything. gRPC's own threads call
// it.
#pragma once

#include <functional>
#include <memory>

#include "services/timeline/service.hpp"

namespace grpc {
class Service;
}
namespace millrace::access {
class Gate;
}

namespace millrace::timeline {

class Rpc {
 public:
  virtual ~Rpc() = default;
  virtual grpc::Service* service() = 0;
  // Before it is served behind it: it is told of what is refused here.
  virtual void set_gate(access::Gate& gate) = 0;
  // Ends every stream with Unavailable. Before the server stops.
  virtual void end_streams() = 0;
};

// `service` outlives it. `ready` tells whether the feed is followed, for Ping.
std::unique_ptr<Rpc> make_rpc(TimelineService& service, std::function<bool()> ready);

}  // namespace millrace::timeline
