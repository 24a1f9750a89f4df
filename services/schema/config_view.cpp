#include "services/schema/config_view.hpp"

#include <map>
#include <set>
#include <utility>

#include "services/schema/config_types.hpp"

namespace millrace::schema_service {

using schema::config_name;

namespace {

// The value that a module is given, as its type has it, or why it is not given it.
ContextConfig given(const State& state, const schema::Index& types, const std::string& module,
                    const schema::Config& config) {
  ContextConfig out{config.name, {}, 0, {}};
  const ConfigValue* value = state.config_of(module, config.name);
  if (value == nullptr) return out;
  out.revision = value->revision;
  auto fitted = canonical_value(types, config.type, value->json);
  if (fitted) {
    out.json = *std::move(fitted);
    return out;
  }
  for (const std::string& line : lines_of(config_name(module, config.name), fitted.error()))
    out.problem += (out.problem.empty() ? "" : ", ") + line;
  return out;
}

void note_value(ConfigEntry& entry, const ConfigValue& value) {
  entry.revision = value.revision;
  entry.author = value.author;
  entry.time_ms = value.time_ms;
}

ConfigEntry entry_of(const ConfigValue& value) {
  ConfigEntry entry;
  entry.module = value.module;
  entry.name = value.name;
  entry.json = value.json;
  note_value(entry, value);
  return entry;
}

ConfigEntry entry_of(const State& state, const schema::Index& types, const std::string& module,
                     const schema::Config& config) {
  ConfigEntry entry;
  entry.module = module;
  entry.name = config.name;
  entry.type = to_string(config.type);
  const ConfigValue* value = state.config_of(module, config.name);
  if (value == nullptr) return entry;
  ContextConfig given_value = given(state, types, module, config);
  // One that does not fit is shown as it was set.
  entry.json = given_value.json ? std::move(given_value.json) : value->json;
  entry.problem = std::move(given_value.problem);
  entry.from_global = value->module.empty();
  note_value(entry, *value);
  return entry;
}

}  // namespace

std::vector<ConfigEntry> list_config(const State& state, const std::string& module) {
  std::vector<ConfigEntry> declared;
  std::set<ConfigKey> seen;
  std::map<std::string, std::vector<std::string>> users;  // of values for all
  for (const Deployment* deployment : all_declaring(state)) {
    if (deployment->schema->configs.empty()) continue;
    const schema::Index types = types_around(state, *deployment);
    for (const schema::Config& config : deployment->schema->configs) {
      seen.insert({deployment->module(), config.name});
      ConfigEntry entry = entry_of(state, types, deployment->module(), config);
      if (entry.from_global) users[config.name].push_back(deployment->module());
      if (module.empty() || module == deployment->module()) declared.push_back(std::move(entry));
    }
  }
  std::vector<ConfigEntry> all;
  std::vector<ConfigEntry> left_over;
  for (const auto& [key, value] : state.config()) {
    if (seen.contains(key)) continue;
    ConfigEntry entry = entry_of(value);
    if (key.first.empty()) entry.used_by = users[key.second];
    if (module.empty() || module == key.first)
      (key.first.empty() ? all : left_over).push_back(std::move(entry));
  }
  all.insert(all.end(), std::make_move_iterator(declared.begin()),
             std::make_move_iterator(declared.end()));
  all.insert(all.end(), std::make_move_iterator(left_over.begin()),
             std::make_move_iterator(left_over.end()));
  return all;
}

namespace {

SecretEntry entry_of(const std::string& module, const std::string& name,
                     const SecretValue* secret) {
  SecretEntry entry;
  entry.module = module;
  entry.name = name;
  if (secret == nullptr) return entry;
  entry.set = true;
  entry.from_global = secret->module != module;
  entry.version = secret->revision;
  entry.fingerprint = secret->fingerprint;
  entry.key_id = secret->key_id;
  entry.author = secret->author;
  entry.time_ms = secret->time_ms;
  return entry;
}

}  // namespace

std::vector<SecretEntry> list_secrets(const State& state, const std::string& module) {
  std::vector<SecretEntry> declared;
  std::set<ConfigKey> seen;
  std::map<std::string, std::vector<std::string>> users;
  for (const Deployment* deployment : all_declaring(state)) {
    const std::string& owner = deployment->module();
    for (const schema::Secret& secret : deployment->schema->secrets) {
      seen.insert({owner, secret.name});
      SecretEntry entry = entry_of(owner, secret.name, state.secret_of(owner, secret.name));
      entry.type = to_string(secret.type);
      if (entry.from_global) users[secret.name].push_back(owner);
      if (module.empty() || module == owner) declared.push_back(std::move(entry));
    }
  }
  std::vector<SecretEntry> all;
  std::vector<SecretEntry> left_over;
  for (const auto& [key, secret] : state.secrets()) {
    if (seen.contains(key) || (!module.empty() && module != key.first)) continue;
    SecretEntry entry = entry_of(key.first, key.second, &secret);
    if (key.first.empty()) entry.used_by = users[key.second];
    (key.first.empty() ? all : left_over).push_back(std::move(entry));
  }
  all.insert(all.end(), declared.begin(), declared.end());
  all.insert(all.end(), left_over.begin(), left_over.end());
  return all;
}

std::optional<DeploymentContext> context_of(const State& state, const std::string& key,
                                            bool with_secrets) {
  const Deployment* deployment = state.deployment(key);
  if (deployment == nullptr) return std::nullopt;
  DeploymentContext context{deployment->module(), {}, {}};
  for (const schema::Secret& secret : deployment->schema->secrets) {
    if (!with_secrets) break;
    const SecretValue* value = state.secret_of(context.module, secret.name);
    context.secrets.push_back({secret.name, {}, value == nullptr ? 0 : value->revision, {}});
  }
  if (deployment->schema->configs.empty()) return context;
  const schema::Index types = types_around(state, *deployment);
  for (const schema::Config& config : deployment->schema->configs)
    context.configs.push_back(given(state, types, context.module, config));
  return context;
}

std::vector<std::string> sources_of(const State& state, const Deployment& deployment,
                                    bool with_secrets) {
  std::vector<std::string> sources;
  for (const schema::Config& config : deployment.schema->configs) {
    const ConfigValue* value = state.config_of(deployment.module(), config.name);
    sources.push_back(value == nullptr ? ""
                                       : value->module + "@" + std::to_string(value->revision));
  }
  for (const schema::Secret& secret : deployment.schema->secrets) {
    if (!with_secrets) break;
    const SecretValue* value = state.secret_of(deployment.module(), secret.name);
    sources.push_back(value == nullptr ? ""
                                       : value->module + "#" + std::to_string(value->revision));
  }
  // Types may come from other modules, and these from others again; few deploys touch any.
  std::set<std::string> seen{deployment.module()};
  std::vector<std::string> todo = schema::imports(*deployment.schema);
  while (!sources.empty() && !todo.empty()) {
    const std::string name = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(name).second) continue;
    const Deployment* other = state.canonical(name);
    if (other == nullptr) continue;
    sources.push_back(other->key);
    const std::vector<std::string> more = schema::imports(*other->schema);
    todo.insert(todo.end(), more.begin(), more.end());
  }
  return sources;
}

}  // namespace millrace::schema_service
