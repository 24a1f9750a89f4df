// What a changeset would do, without doing it.
#include <utility>

#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;

namespace {

std::vector<std::string> lines_of(const State& state, const CreateChangeset& command) {
  std::vector<std::string> lines;
  for (const NewModule& module : command.modules) {
    const std::string& name = module.schema->name;
    if (const Deployment* joined = deployment_to_join(state, module))
      lines.push_back("module " + name + " stays: this build is deployed as " + joined->key);
    else if (const Deployment* canonical = state.canonical(name))
      lines.push_back("module " + name + " changes: a new deployment replaces " + canonical->key);
    else
      lines.push_back("module " + name + " is new");
  }
  for (const std::string& key : command.reinstated) {
    const std::string& name = state.deployment(key)->module();
    const Deployment* canonical = state.canonical(name);
    lines.push_back("module " + name + " comes back: " + key +
                    (canonical == nullptr ? " is kept" : " replaces " + canonical->key));
  }
  for (const std::string& name : command.removed_modules)
    lines.push_back("module " + name + " is removed with " + state.canonical(name)->key);
  return lines;
}

}  // namespace

Result<Plan> plan(const State& state, const CommandMeta& meta, const CreateChangeset& command) {
  // What it breaks is told, whether that is accepted or not.
  CreateChangeset accepting = command;
  accepting.allow_breaking = true;
  accepting.accepted_breaks.clear();
  Result<Events> events = decide_create(state, meta, accepting);
  if (!events) return fail(std::move(events.error()));
  std::vector<std::string> kept = command.reinstated;
  for (const NewModule& module : command.modules) {
    if (const Deployment* joined = deployment_to_join(state, module)) kept.push_back(joined->key);
  }
  return Plan{lines_of(state, command), judge(state, coming(state, command), command),
              *std::move(events), std::move(kept)};
}

Result<Plan> plan(const State& state, const CommandMeta& meta, const RollbackTo& command) {
  const Result<std::optional<CreateChangeset>> request = way_back(state, command);
  if (!request) return fail(request.error());
  return *request ? plan(state, meta, **request) : Plan{};
}

}  // namespace millrace::schema_service
