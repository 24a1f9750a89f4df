// Creating a changeset: what it asks for is held against the canonical schema and against what
// other changesets are about to change. Nothing canonical changes here.
#include <algorithm>
#include <set>

#include "services/schema/breaks.hpp"
#include "services/schema/concerned.hpp"
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

using Modules = std::vector<std::shared_ptr<const schema::Module>>;

Status check_module(const NewModule& module) {
  const std::string& name = module.schema->name;
  if (!schema::is_ident(name))
    return fail(Code::invalid_argument, "`" + name + "` is no name for a module");
  if (module.build.empty())
    return fail(Code::invalid_argument, "module " + name + " comes without a build: name one");
  if (module.replicas < 1 || module.replicas > replicas_max)
    return fail(Code::invalid_argument, "replicas of " + name + " must be 1 to " +
                                            std::to_string(replicas_max) + ", not " +
                                            std::to_string(module.replicas));
  if (!module.fixed_endpoint.empty() && module.replicas > 1)
    return fail(Code::invalid_argument, "module " + name +
                                            " has one fixed endpoint, so it cannot have " +
                                            std::to_string(module.replicas) + " replicas");
  return {};
}

Status check_times(const CreateChangeset& command) {
  if (command.deadline_ms < 1 || command.deadline_ms > deadline_ms_longest)
    return fail(Code::invalid_argument, "the deadline must be between 1 ms and 24 h");
  if (command.drain_ms_max < 0 || command.drain_ms_max > deadline_ms_longest)
    return fail(Code::invalid_argument, "the time to drain must be between 0 and 24 h");
  if (command.canary_percent > 100)
    return fail(Code::invalid_argument,
                "a canary takes 0 to 100 percent, not " + std::to_string(command.canary_percent));
  return {};
}

// What can be said without the state.
Status check_request(const CreateChangeset& command) {
  const std::size_t count =
      command.modules.size() + command.removed_modules.size() + command.reinstated.size();
  if (count == 0)
    return fail(Code::invalid_argument, "a changeset deploys or removes at least one module");
  if (count > changeset_modules_max)
    return fail(Code::invalid_argument,
                "a changeset of " + std::to_string(count) + " modules is over the limit of " +
                    std::to_string(changeset_modules_max) + ": deploy in several");
  std::set<std::string> seen;
  for (const NewModule& module : command.modules) {
    if (Status checked = check_module(module); !checked) return checked;
    if (!seen.insert(module.schema->name).second)
      return fail(Code::invalid_argument, "module " + module.schema->name + " comes twice");
  }
  for (const std::string& name : command.removed_modules) {
    if (!seen.insert(name).second)
      return fail(Code::invalid_argument,
                  "module " + name + " cannot be named twice, nor deployed and removed at once");
  }
  return check_times(command);
}

Status check_removals(const State& state, const CreateChangeset& command) {
  for (const std::string& name : command.removed_modules) {
    if (state.canonical(name) == nullptr)
      return fail(Code::not_found, "module " + name + " is not deployed, so it cannot be removed");
  }
  return {};
}

// Deployments that come back are known by their keys; their modules count like any other.
Status check_reinstated(const State& state, const CreateChangeset& command) {
  std::set<std::string> seen(command.removed_modules.begin(), command.removed_modules.end());
  for (const NewModule& module : command.modules) seen.insert(module.schema->name);
  for (const std::string& key : command.reinstated) {
    const Deployment* deployment = state.deployment(key);
    if (deployment == nullptr || !is_kept_for_rollback(*deployment))
      return fail(Code::failed_precondition,
                  "deployment " + key + " is not kept for a rollback: start its build again");
    if (!seen.insert(deployment->module()).second)
      return fail(Code::invalid_argument, "module " + deployment->module() + " comes twice");
  }
  return {};
}

Status check_free(const State& state, const std::string& module) {
  const Changeset* holder = state.holder_of(module);
  if (holder == nullptr) return {};
  return fail(Code::aborted, "module " + module + " is held by changeset " + holder->key +
                                 ", which is " + std::string(name_of(holder->phase)) +
                                 ": try again when it is done, or `millrace changeset rollback " +
                                 holder->key + "`");
}

Status check_build(const State& state, const NewModule& module) {
  const SupersededBuild* superseded =
      state.superseded({module.schema->name, module.digest, module.build});
  if (superseded == nullptr) return {};
  return fail(Code::failed_precondition,
              "build " + module.build + " of " + module.schema->name +
                  " was replaced at revision " + std::to_string(superseded->revision) +
                  " and is not deployed again by itself: start the newer build, or say "
                  "--redeploy to make this one canonical again");
}

// The modules that are not deployed already, each free to be changed.
Result<std::vector<const NewModule*>> fresh_modules(const State& state,
                                                    const CreateChangeset& command) {
  std::vector<const NewModule*> fresh;
  for (const NewModule& module : command.modules) {
    if (deployment_to_join(state, module) != nullptr) continue;
    if (Status free = check_free(state, module.schema->name); !free) return fail(free.error());
    if (!command.redeploy) {
      if (Status current = check_build(state, module); !current) return fail(current.error());
    }
    fresh.push_back(&module);
  }
  for (const std::string& name : command.removed_modules) {
    if (Status free = check_free(state, name); !free) return fail(free.error());
  }
  for (const std::string& key : command.reinstated) {
    const std::string& name = state.deployment(key)->module();
    if (Status free = check_free(state, name); !free) return fail(free.error());
  }
  return fresh;
}

Modules with_changeset(const State& state, Modules modules, const Changeset& changeset) {
  for (const std::string& key : changeset.deployments) {
    if (const Deployment* deployment = state.deployment(key)) modules.push_back(deployment->schema);
  }
  return modules;
}

std::vector<std::string> with_removed(std::vector<std::string> removed,
                                      const Changeset& changeset) {
  removed.insert(removed.end(), changeset.removed_modules.begin(), changeset.removed_modules.end());
  return removed;
}

bool is_in_flight(const Changeset& changeset) {
  return changeset.phase == ChangesetPhase::preparing ||
         changeset.phase == ChangesetPhase::prepared;
}

// Against the canonical schema, and against it as each changeset in flight would leave it.
Status check_schema(const State& state, const Modules& modules,
                    const std::vector<std::string>& removed) {
  Status alone = check_change(state, modules, removed);
  // Most have nothing to do with each other, which is seen without judging both.
  for (const Changeset* other : Concerned(state, modules, removed).touched()) {
    if (!is_in_flight(*other)) continue;
    const Status together =
        check_change(state, with_changeset(state, modules, *other), with_removed(removed, *other));
    if (!alone && together) {
      statekit::Error error = alone.error();
      error.details.push_back("changeset " + other->key +
                              " would make it right but is not committed yet: wait for it");
      return fail(std::move(error));
    }
    if (alone && !together)
      return fail(Code::aborted,
                  "does not go together with changeset " + other->key + ", which is " +
                      std::string(name_of(other->phase)) + ": try again when it is done",
                  together.error().details);
  }
  return alone;
}

Deployment deployment_of(const CreateChangeset& command, const NewModule& module) {
  Deployment deployment;
  deployment.key = module.deployment;
  deployment.schema = module.schema;
  deployment.schema_digest = module.digest;
  deployment.build = module.build;
  deployment.replicas = module.replicas;
  deployment.changeset = command.key;
  deployment.fixed_endpoint = module.fixed_endpoint;
  return deployment;
}

// Not healthy until it has answered a probe.
schema::EndpointRegistered fixed_endpoint_of(const NewModule& module) {
  Endpoint endpoint;
  endpoint.id = module.endpoint;
  endpoint.deployment = module.deployment;
  endpoint.address = module.fixed_endpoint;
  endpoint.instance = "fixed";
  endpoint.leased = false;
  endpoint.healthy = false;
  return {std::move(endpoint)};
}

Events events_of(const CommandMeta& meta, const CreateChangeset& command,
                 const std::vector<const NewModule*>& fresh, std::vector<std::string> accepted) {
  schema::ChangesetCreated created;
  Changeset& changeset = created.changeset;
  changeset.key = command.key;
  changeset.removed_modules = command.removed_modules;
  // A share that ends as soon as it begins would show nothing: a canary waits for its commit.
  changeset.hold = command.hold || command.canary_percent > 0;
  changeset.canary_percent = command.canary_percent;
  changeset.deadline_ms = command.deadline_ms;
  changeset.drain_ms_max = command.drain_ms_max;
  changeset.allow_breaking = command.allow_breaking;
  changeset.accepted_breaks = std::move(accepted);
  changeset.author = meta.principal;
  changeset.reason = meta.reason;
  for (const NewModule* module : fresh) {
    changeset.deployments.push_back(module->deployment);
    created.deployments.push_back(deployment_of(command, *module));
  }
  changeset.deployments.insert(changeset.deployments.end(), command.reinstated.begin(),
                               command.reinstated.end());
  Events events{std::move(created)};
  for (const NewModule* module : fresh) {
    if (!module->fixed_endpoint.empty()) events.push_back(fixed_endpoint_of(*module));
  }
  return events;
}

Status check_keys(const State& state, const CreateChangeset& command) {
  bool taken = state.changeset(command.key) != nullptr;
  for (const NewModule& module : command.modules)
    taken = taken || state.deployment(module.deployment) != nullptr ||
            state.endpoint(module.endpoint) != nullptr;
  if (taken) return fail(Code::aborted, "a key that was drawn is taken: try again");
  return {};
}

}  // namespace

const Deployment* deployment_to_join(const State& state, const NewModule& module) {
  for (const Deployment* deployment : state.standing_of(module.schema->name)) {
    const Changeset* changeset = state.changeset(deployment->changeset);
    const bool fails = changeset != nullptr && changeset->phase == ChangesetPhase::rolling_back;
    if (!fails && deployment->schema_digest == module.digest && deployment->build == module.build &&
        deployment->fixed_endpoint == module.fixed_endpoint)
      return deployment;
  }
  return nullptr;
}

Modules coming(const State& state, const CreateChangeset& command) {
  Modules modules;
  for (const NewModule& module : command.modules)
    if (deployment_to_join(state, module) == nullptr) modules.push_back(module.schema);
  for (const std::string& key : command.reinstated)
    modules.push_back(state.deployment(key)->schema);
  return modules;
}

Result<Events> decide_create(const State& state, const CommandMeta& meta,
                             const CreateChangeset& command) {
  if (Status checked = check_request(command); !checked) return fail(checked.error());
  if (Status checked = check_removals(state, command); !checked) return fail(checked.error());
  if (Status checked = check_reinstated(state, command); !checked) return fail(checked.error());
  const Result<std::vector<const NewModule*>> fresh = fresh_modules(state, command);
  if (!fresh) return fail(fresh.error());
  if (fresh->empty() && command.removed_modules.empty() && command.reinstated.empty())
    return Events{};
  const Modules modules = coming(state, command);
  if (Status checked = check_schema(state, modules, command.removed_modules); !checked)
    return fail(checked.error());
  Result<std::vector<std::string>> accepted = accepted_breaks(state, modules, command);
  if (!accepted) return fail(accepted.error());
  if (Status checked = check_keys(state, command); !checked) return fail(checked.error());
  return events_of(meta, command, *fresh, *std::move(accepted));
}

}  // namespace millrace::schema_service
