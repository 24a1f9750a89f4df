// The first half of `millrace run`: the module becomes a deployment. What may pass by itself is
// tried again: modules that it refers to are not deployed yet, another changeset holds it, the
// schema service is not there. Main thread.
#pragma once

#include <functional>
#include <string>

#include "cli/client/schema_client.hpp"
#include "cli/run/signals.hpp"

namespace millrace::cli {

using Say = std::function<void(const std::string&)>;

// What a refused deploy waits for, or nothing where waiting is of no use.
std::string waits_for(const statekit::Error& error);

// Tries for `wait_ms`, saying for whom it waits. Cancelled: a signal came.
statekit::Result<DeployAnswer> deploy_patiently(const SchemaClient& client,
                                                const DeployOrder& order, std::int64_t wait_ms,
                                                const Signals& signals, const Say& say);

}  // namespace millrace::cli
