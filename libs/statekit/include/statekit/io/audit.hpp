// What is told of who saw, forced or tried what, whatever level the log has: a line of the log, and
// a log event of the timeline, which keeps it apart (statekit/audit_line.hpp). Called by services
// before they answer. Thread safe.
#pragma once

#include <string_view>

#include "statekit/io/log.hpp"

namespace millrace::statekit {

// `event` is one that audit_kind knows: it begins with "audit.", or is access_denied or
// state_forced. Fields never hold a secret; those that come from outside are cut.
void audit(std::string_view event, LogFields fields);

}  // namespace millrace::statekit
