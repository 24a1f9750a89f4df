// The rules of a workspace: what a command makes of a state, or why not. Pure; called by the
// workspace's MachineCore and, to refuse a large body before it is taken in, by the keeper.
#pragma once

#include "services/schema/workspace/commands.hpp"
#include "services/schema/workspace/state.hpp"
#include "statekit/machine_parts.hpp"

namespace millrace::workspace {

// Refusals carry their Refusal. A repeated command (the answer got lost) decides nothing.
statekit::Result<statekit::Decision<Event>> decide(const WorkspaceState& state,
                                                   const statekit::CommandMeta& meta,
                                                   const Command& command);

// Whether this Write would be taken now, before its body is stored in parts.
statekit::Status admits(const WorkspaceState& state, const Command& command, const Write& write);

// The body is what the newest version holds already.
bool is_current(const WorkspaceState& state, std::uint64_t octets, const Digest& sha256);

}  // namespace millrace::workspace
