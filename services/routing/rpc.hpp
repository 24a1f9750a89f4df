// RoutingService on gRPC's callback API: bytes in, bytes out. Nothing here decides anything: it
// turns a gRPC call into an Arrival and an Answer into a gRPC status. gRPC's own threads call it.
#pragma once

#include <memory>

#include "services/routing/service.hpp"

namespace grpc {
class Service;
}

namespace millrace::routing {

// `service` outlives it.
std::unique_ptr<grpc::Service> make_rpc(CallService& service);

}  // namespace millrace::routing
