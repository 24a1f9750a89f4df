// gRPC's buffers and metadata as Payload and Headers, and back. For this folder's gRPC adapters
// only.
#pragma once

#include <map>

#include "services/routing/transport.hpp"

namespace grpc {
class ByteBuffer;
class string_ref;
}  // namespace grpc

namespace millrace::routing {

// Shares the buffer's octets.
Payload to_payload(const grpc::ByteBuffer& buffer);
// Copies what is small, shares what is not.
grpc::ByteBuffer to_buffer(const Payload& payload);

// The metadata that users set: without what gRPC and HTTP/2 use themselves.
Headers to_headers(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

}  // namespace millrace::routing
