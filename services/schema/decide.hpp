// The rules of deploying: which events a command leads to, or why it is refused. Called by Machine
// (decide) and by the service (plan); the clockwork asks `due` before it sends a command. Pure,
// free of threads.
//
// Refusals: InvalidArgument (the request or the schema is wrong; a diagnostic a detail),
// NotFound, FailedPrecondition (not in this phase; a superseded build; deployed
// callers would break, a break a detail), Aborted (another changeset
// holds a module: try again when it is done), ResourceExhausted (over a limit).
#pragma once

#include <string>
#include <vector>

#include "services/schema/breaks.hpp"
#include "services/schema/commands.hpp"
#include "services/schema/state.hpp"
#include "statekit/machine_parts.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

using Decision = statekit::Decision<schema::Event>;

statekit::Result<Decision> decide(const State& state, const statekit::CommandMeta& meta,
                                  const Command& command);

// What a changeset would do; refused as `decide` would, except for what it breaks.
struct Plan {
  std::vector<std::string> lines;  // one for each module
  Judged judged;
  std::vector<schema::Event> events;  // that it would begin with; none: nothing has to change
  std::vector<std::string> kept;      // deployments there are already: joined, or brought back
};
statekit::Result<Plan> plan(const State& state, const statekit::CommandMeta& meta,
                            const CreateChangeset& command);
statekit::Result<Plan> plan(const State& state, const statekit::CommandMeta& meta,
                            const RollbackTo& command);

// What a change of config values would do: one line for each value that would change. Refused as
// `decide` would.
statekit::Result<std::vector<std::string>> plan(const State& state, const ChangeConfig& command);
// The same of secrets.
statekit::Result<std::vector<std::string>> plan(const State& state, const ChangeSecrets& command);

// True when `decide` would have an event for these facts.
bool due(const State& state, const Advance& facts);

// The deployment that an instance of this build joins: canonical, or about to be. Null: none.
const Deployment* deployment_to_join(const State& state, const NewModule& module);

// One that was replaced by another, but is kept with its endpoints for a while.
bool is_kept_for_rollback(const Deployment& deployment);

// True when it has its wanted number of live endpoints, or needs none.
bool is_ready(const State& state, const Deployment& deployment);

}  // namespace millrace::schema_service
