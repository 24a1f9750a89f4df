// Counts the connections that a port did not let in, for its metrics. Made by a service's server,
// handed to GrpcServer or to httpkit.
#pragma once

#include <string>

#include "statekit/client_connections.hpp"
#include "statekit/io/metrics.hpp"

namespace millrace::statekit {

// `port`: which it is, such as "schema". What it returns outlives no `metrics`.
TurnedAway count_turned_away(Metrics& metrics, const std::string& port);

}  // namespace millrace::statekit
