// Whose events somebody may tell: the platform's own services tell whatever happened; others, such
// as what serves a module, tell the lines of their own deployments. So nobody writes into the audit
// what did not happen, nor calls of others. Pure function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/caller.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::timeline {

// Why not, of the first that may not be told; nothing: all of them may.
std::optional<std::string> not_theirs(const access::Caller& caller,
                                      const std::vector<statekit::TimelineEvent>& events);

// The sources of the lines among them, each once: which modules they would be of.
std::vector<std::string> sources_of(const std::vector<statekit::TimelineEvent>& events);

}  // namespace millrace::timeline
