// gRPC's own log lines, which would otherwise go to standard error in a format of their own.
#pragma once

namespace millrace::statekit {

// They become debug events of our log. Idempotent; called before the first server or channel.
void quieten_grpc();

}  // namespace millrace::statekit
