// The threads of gRPC's callback API.
#pragma once

namespace millrace::statekit {

// Keeps them for as long as the process lives. gRPC 1.51 ends them with the last channel or server
// that uses callbacks, and aborts now and then when an event is still under way then. Idempotent;
// called before the first server or channel.
void keep_grpc_callbacks();

}  // namespace millrace::statekit
