// The page that every binary serves for those who watch it: /healthz (alive), /readyz (200, or 503
// with the reasons), /metrics (Prometheus text). main.cpp starts it first and stops it last.
#pragma once

#include <memory>
#include <string>

#include "httpkit/server.hpp"
#include "statekit/io/health.hpp"
#include "statekit/io/metrics.hpp"
#include "statekit/io/program.hpp"
#include "statekit/result.hpp"

namespace millrace::httpkit {

// `health` and `metrics` outlive the server. `setting` names the setting that `listen` came from.
// With TLS it asks nobody for a certificate: those who probe have none.
statekit::Result<std::unique_ptr<Server>> serve_health(const std::string& listen,
                                                       const std::string& setting,
                                                       const statekit::Health& health,
                                                       const statekit::Metrics& metrics,
                                                       tls::Doors doors = {});

// The same as the next part of a program.
void add_health_page(statekit::Program& program, const std::string& listen,
                     const std::string& setting, const statekit::Health& health,
                     const statekit::Metrics& metrics, const tls::Doors& doors);

// What it answers; without sockets.
Response answer_health(const Request& request, const statekit::Health& health,
                       const statekit::Metrics& metrics);

}  // namespace millrace::httpkit
