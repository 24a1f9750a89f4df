// RoutingService as `millrace call` sees it, and VerbService as `millrace run` probes it. Blocking
// calls with a deadline. Thread safe.
#pragma once

#include <cstdint>
#include <string>

#include "cli/client/reports.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// `addresses`: of one routing service, or of several with commas between; the first that can be
// connected to is asked.
statekit::Result<Pong> ping_routing(const std::string& addresses, std::int64_t deadline_ms);
statekit::Result<CallAnswer> call(const std::string& addresses, const CallOrder& order,
                                  std::int64_t deadline_ms);

// True when the program at `address` takes calls: VerbService.Ping says that it is ready, or
// grpc.health.v1 that it serves.
bool answers(const std::string& address, std::int64_t deadline_ms);

}  // namespace millrace::cli
