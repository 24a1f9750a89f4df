// The token that this process shows, put into the metadata of each call by an interceptor of the
// channel: gRPC's own call credentials ask for TLS, which a channel inside the process has not.
#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <vector>

namespace millrace::statekit {

// None where no token is shown. `outside`: the channel leads out of the process.
std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
token_interceptors(bool wanted, bool outside);

}  // namespace millrace::statekit
