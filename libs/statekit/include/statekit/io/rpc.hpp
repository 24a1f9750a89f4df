// Errors between our Result and gRPC's Status: the codes have the same numbers. Details travel as
// further lines of the message, so that every client in every language shows them. Adapters call
// it; any thread.
#pragma once

#include "statekit/result.hpp"

namespace grpc {
class Status;
}

namespace millrace::statekit {

grpc::Status to_grpc(const Error& error);
grpc::Status to_grpc(const Status& status);
Error from_grpc(const grpc::Status& status);  // REQUIRES: not OK

}  // namespace millrace::statekit
