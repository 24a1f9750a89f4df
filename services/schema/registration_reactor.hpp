// One RegisterEndpoint stream over gRPC: messages go to a Registration, its advice comes back. The
// newest advice replaces one that is not sent yet. The reactor deletes itself when the stream is
// over.
#pragma once

#include <cstdint>

#include "services/schema/registrations.hpp"

namespace grpc {
class CallbackServerContext;
template <class Request, class Response>
class ServerBidiReactor;
}  // namespace grpc

namespace millrace::v2alpha1 {
class RegisterEndpointRequest;
class RegisterEndpointResponse;
}  // namespace millrace::v2alpha1

namespace millrace::access {
class Gate;
}

namespace millrace::schema_service {

// What SchemaService.RegisterEndpoint returns. `registrations` and `gate` outlive the stream; a
// null gate: nobody is asked whose endpoints they may register.
grpc::ServerBidiReactor<v2alpha1::RegisterEndpointRequest, v2alpha1::RegisterEndpointResponse>*
serve_registration(Registrations& registrations, grpc::CallbackServerContext* context,
                   std::int64_t lease_ms, access::Gate* gate = nullptr);

}  // namespace millrace::schema_service
