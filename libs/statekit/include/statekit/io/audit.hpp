// What is told of who saw or tried what, whatever level the log has: a line of the log, and a log
// event of the timeline with the source `audit`. Called by services before they answer. Thread
// safe.
#pragma once

#include <string_view>

#include "statekit/io/log.hpp"

namespace millrace::statekit {

// `event` begins with "audit.". Fields never hold a secret; those that come from outside are cut.
void audit(std::string_view event, LogFields fields);

}  // namespace millrace::statekit
