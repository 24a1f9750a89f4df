// TLS for gRPC: what is current in tls::Credentials, for each new connection of a server or client.
// Seen by this library only, since it shows gRPC. Thread safe.
#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include "tls/doors.hpp"

namespace millrace::statekit {

// In clear where the doors have no certificate. Must outlive the server.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const tls::Doors& doors);

// In clear where there are no credentials.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(
    const std::shared_ptr<tls::Credentials>& credentials);

}  // namespace millrace::statekit
