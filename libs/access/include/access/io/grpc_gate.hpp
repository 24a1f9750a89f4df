// The gate in front of gRPC services: each is wrapped in one that has the same methods, and asks
// the gate before it hands a call on. What is refused is not even decoded. Made by a service's
// server before GrpcServer::start. docs/decisions/0170 says why it is done there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "access/io/gate.hpp"
#include "statekit/result.hpp"

namespace grpc {
class Service;
}

namespace millrace::access {

// Keys of metadata between Millrace's own services.
inline constexpr const char* on_behalf_key = "millrace-on-behalf-of";
inline constexpr const char* on_behalf_roles_key = "millrace-on-behalf-of-roles";

// All of `gate` and `inner` outlive it; it outlives the server. `name` is the service's full one.
// Internal where one of its methods has no rule: such a service must not start.
statekit::Result<std::unique_ptr<grpc::Service>> guard(Gate& gate, grpc::Service& inner,
                                                       const std::string& name);

}  // namespace millrace::access
