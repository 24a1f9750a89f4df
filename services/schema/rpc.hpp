// The methods of SchemaService over gRPC's callback API: each turns a message into a call of
// Service and its answer into a message. Made and owned by server.cpp.
#pragma once

#include <memory>

#include "statekit/io/channel.hpp"

#include "statekit/clock.hpp"

namespace grpc {
class Service;
}
namespace millrace::statekit {
class GrpcFeed;
}

namespace millrace::access {
class Gate;
}

namespace millrace::schema_service {

class Service;

// All outlive it. `gate` is told of what is refused only here; null: nobody is asked who they are.
std::unique_ptr<grpc::Service> make_rpc(Service& service, statekit::GrpcFeed& feed,
                                        const statekit::Clock& clock,
                                        const statekit::ChannelOptions& peers = {},
                                        access::Gate* gate = nullptr);

}  // namespace millrace::schema_service
