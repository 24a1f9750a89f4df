// Back to what was canonical at an earlier revision, as a new changeset: what is kept with its
// endpoints returns at once, what needs no process is deployed anew, the rest must be started.
#include <set>

#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;

namespace {

bool is_build(const Deployment& deployment, const NewModule& module) {
  return deployment.schema_digest == module.digest && deployment.build == module.build &&
         deployment.fixed_endpoint == module.fixed_endpoint;
}

// The one to bring back; null when no instance of that build is left that could answer.
const Deployment* kept(const State& state, const NewModule& module) {
  for (const Deployment* deployment : state.deployments_of(module.schema->name)) {
    if (is_kept_for_rollback(*deployment) && is_build(*deployment, module) &&
        is_ready(state, *deployment))
      return deployment;
  }
  return nullptr;
}

// Nobody has to start a program for it: it has no verbs, or a fixed address that is probed.
bool needs_no_start(const NewModule& module) {
  return module.schema->verbs.empty() || !module.fixed_endpoint.empty();
}

std::string what_to_start(const State& state, const NewModule& module, Revision revision) {
  const std::string& name = module.schema->name;
  std::string why = "it is no longer kept";
  for (const Deployment* deployment : state.deployments_of(name)) {
    if (is_kept_for_rollback(*deployment) && is_build(*deployment, module))
      why = deployment->key + " has " + std::to_string(state.live_endpoints_of(deployment->key)) +
            " of " + std::to_string(deployment->replicas) + " live endpoints";
  }
  return "module " + name + ": start build " + module.build + " again (" + why +
         "): `millrace schema get " + name + " --at " + std::to_string(revision) +
         "` prints its schema, `millrace run FILE --build " + module.build +
         " --redeploy -- CMD` starts it";
}

}  // namespace

Result<std::optional<CreateChangeset>> way_back(const State& state, const RollbackTo& command) {
  CreateChangeset request = command.request;
  request.modules.clear();
  request.redeploy = true;
  request.back_to = command.revision;
  std::set<std::string> wanted;
  std::vector<std::string> to_start;
  for (const NewModule& module : command.request.modules) {
    const std::string& name = module.schema->name;
    wanted.insert(name);
    const Deployment* canonical = state.canonical(name);
    if (canonical != nullptr && is_build(*canonical, module)) continue;
    if (const Deployment* deployment = kept(state, module))
      request.reinstated.push_back(deployment->key);
    else if (needs_no_start(module))
      request.modules.push_back(module);
    else
      to_start.push_back(what_to_start(state, module, command.revision));
  }
  for (const auto& [name, key] : state.canonical_keys())
    if (!wanted.contains(name)) request.removed_modules.push_back(name);
  if (!to_start.empty())
    return fail(Code::failed_precondition,
                "what was canonical at revision " + std::to_string(command.revision) +
                    " cannot answer calls at present",
                std::move(to_start));
  if (request.modules.empty() && request.reinstated.empty() && request.removed_modules.empty())
    return std::nullopt;
  return request;
}

Result<Events> decide_rollback_to(const State& state, const CommandMeta& meta,
                                  const RollbackTo& command) {
  const Result<std::optional<CreateChangeset>> request = way_back(state, command);
  if (!request) return fail(request.error());
  return *request ? decide_create(state, meta, **request) : Events{};
}

}  // namespace millrace::schema_service
