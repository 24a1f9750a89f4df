// The guard in front of every gRPC port of a process: gRPC 1.51 keeps what a client sends as
// headers without end, and takes resets and pings as fast as they come. The guard sees the bytes of
// each accepted connection as gRPC's library reads them, and ends the connection that goes past a
// limit. docs/decisions/0090 says how and why. Thread safe.
#pragma once

#include <cstdint>

#include "statekit/io/grpc_server.hpp"
#include "statekit/result.hpp"

namespace millrace::statekit {

// For connections that are accepted from now on. Unavailable when gRPC's reads do not pass through
// here, so that no port is opened that is not guarded.
Status guard_grpc_connections(const GrpcGuardLimits& limits);

// From here on the clients of this port are held to its limit, and who is turned away is told;
// until the port is let go.
void guard_clients_of(int port, const GrpcGuardLimits& limits);
void let_clients_go(int port);

struct GrpcGuardCounts {
  std::int64_t open = 0;    // connections now
  std::uint64_t ended = 0;  // since the start, for what they sent
};
GrpcGuardCounts guard_counts();

}  // namespace millrace::statekit
