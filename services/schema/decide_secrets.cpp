// Changing secrets. They come sealed: what can be said of a value was said before, by the service,
// which holds the keys; here it is seen to that what it was held against still stands.
#include <algorithm>
#include <set>
#include <utility>

#include "schema/suggest.hpp"
#include "services/schema/config_types.hpp"
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using schema::config_name;
using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

std::vector<std::string_view> names_of(const std::vector<const Deployment*>& deployments,
                                       const std::string& module) {
  std::vector<std::string_view> names;
  for (const Deployment* deployment : deployments) {
    if (!module.empty() && deployment->module() != module) continue;
    for (const schema::Secret& secret : deployment->schema->secrets) names.push_back(secret.name);
  }
  return names;
}

// Why a name is not known; empty: somebody declares it.
std::string unknown(const State& state, const SecretChange& change) {
  const std::vector<const Deployment*> all = all_declaring(state);
  if (!change.module.empty() && declaring(state, change.module) == nullptr) {
    std::vector<std::string_view> modules;
    for (const Deployment* deployment : all) modules.push_back(deployment->schema->name);
    return config_name(change.module, change.name) + ": no module " + change.module +
           " is deployed" + schema::did_you_mean(change.module, modules);
  }
  const std::vector<std::string_view> names = names_of(all, change.module);
  if (std::find(names.begin(), names.end(), change.name) != names.end()) return {};
  const std::string who = change.module.empty() ? "no module that is deployed declares"
                                                : "module " + change.module + " declares no";
  return config_name(change.module, change.name) + ": " + who +
         (change.module.empty() ? " a secret " : " secret ") + change.name +
         schema::did_you_mean(change.name, names);
}

statekit::Status check_revision(const State& state, const ChangeSecrets& command) {
  std::vector<Standing> standing;
  for (const SecretChange& change : command.changes) {
    const SecretValue* secret = state.secret({change.module, change.name});
    standing.push_back({config_name(change.module, change.name), secret ? secret->revision : 0,
                        secret ? secret->author : std::string()});
  }
  return check_seen(state, command.if_revision, standing, state.secret_unset_revision(), "secrets");
}

struct PlanLine {
  const State& state;

  std::string operator()(const schema::SecretSet& event) const {
    const std::string name = config_name(event.secret.module, event.secret.name);
    const SecretValue* before = state.secret({event.secret.module, event.secret.name});
    if (before == nullptr) return name + ": set";
    return name + ": version " + std::to_string(before->revision) + " of " + before->author +
           " is replaced";
  }
  std::string operator()(const schema::SecretUnset& event) const {
    const SecretValue* before = state.secret({event.module, event.name});
    return config_name(event.module, event.name) + ": version " + std::to_string(before->revision) +
           " is unset";
  }
  template <class Other>
  std::string operator()(const Other& event) const {
    return schema::describe(event);
  }
};

}  // namespace

std::vector<const Deployment*> declaring_secret(const State& state, const std::string& module,
                                                const std::string& name) {
  std::vector<const Deployment*> found;
  for (const Deployment* deployment : all_declaring(state)) {
    const bool asked = module.empty() || deployment->module() == module;
    if (asked && schema::find_secret(*deployment->schema, name) != nullptr)
      found.push_back(deployment);
  }
  return found;
}

Result<Events> decide_secrets(const State& state, const ChangeSecrets& command) {
  Events events;
  std::vector<std::string> lines;
  std::set<std::string> declared;
  std::set<ConfigKey> seen;
  if (command.changes.empty()) return fail(Code::invalid_argument, "names no secret to change");
  if (command.changes.size() > config_changes_max)
    return fail(Code::resource_exhausted,
                std::to_string(command.changes.size()) + " changes are over the limit of " +
                    std::to_string(config_changes_max) + ": change them in several steps");
  if (statekit::Status fresh = check_revision(state, command); !fresh) return fail(fresh.error());
  for (const SecretChange& change : command.changes) {
    const ConfigKey key{change.module, change.name};
    if (!seen.insert(key).second)
      return fail(Code::invalid_argument,
                  "secret " + config_name(change.module, change.name) + " comes twice");
    const bool stored = state.secret(key) != nullptr;
    std::string line = unknown(state, change);
    // What is left over of a module that is gone can always be unset.
    if (!line.empty() && (change.secret || !stored)) lines.push_back(std::move(line));
    for (const Deployment* deployment : declaring_secret(state, change.module, change.name))
      declared.insert(deployment->key);
    if (change.secret)
      events.push_back(schema::SecretSet{*change.secret});
    else if (stored)
      events.push_back(schema::SecretUnset{change.module, change.name});
  }
  if (!lines.empty())
    return fail(Code::not_found, "no such secret, so nothing was done", std::move(lines));
  if (!std::equal(declared.begin(), declared.end(), command.checked.begin(), command.checked.end()))
    return fail(Code::aborted,
                "the modules that declare these secrets changed meanwhile: try again");
  return events;
}

Result<std::vector<std::string>> plan(const State& state, const ChangeSecrets& command) {
  const Result<Events> events = decide_secrets(state, command);
  if (!events) return fail(events.error());
  std::vector<std::string> lines;
  for (const schema::Event& event : *events) lines.push_back(std::visit(PlanLine{state}, event));
  return lines;
}

Events decide_rewrap(const State& state, const RewrapSecrets& command) {
  Events events;
  for (const schema::SecretRewrapped& each : command.secrets) {
    const SecretValue* secret = state.secret({each.module, each.name});
    if (secret != nullptr && secret->id == each.id && secret->key_id != each.key_id)
      events.push_back(each);
  }
  return events;
}

}  // namespace millrace::schema_service
