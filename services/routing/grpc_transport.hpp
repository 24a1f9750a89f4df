// Transport over gRPC's library: one channel an endpoint, the method
// /millrace.v2alpha1.VerbService/Call with bytes in and out. Thread safe.
#pragma once

#include <memory>

#include "services/routing/transport.hpp"

namespace millrace::tls {
class Credentials;
}

namespace millrace::routing {

// Answers over `message_bytes_max` fail. With credentials the endpoints speak TLS.
std::unique_ptr<Transport> make_grpc_transport(
    int message_bytes_max, std::shared_ptr<tls::Credentials> credentials = nullptr);

}  // namespace millrace::routing
