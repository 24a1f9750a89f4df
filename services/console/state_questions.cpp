#include <algorithm>

#include "services/console/state.hpp"

namespace millrace::console {

using schema::Changeset;
using schema::Deployment;
using schema::DeploymentPhase;
using schema::Endpoint;

std::string_view name_of(ModuleState state) {
  switch (state) {
    case ModuleState::serving: return "serving";
    case ModuleState::no_endpoint: return "no-endpoint";
    case ModuleState::preparing: return "preparing";
    case ModuleState::declared: return "declared";
  }
  return "serving";
}

namespace {

ModuleState state_of(const Deployment& deployment, std::uint32_t healthy) {
  if (deployment.phase == DeploymentPhase::preparing) return ModuleState::preparing;
  if (deployment.schema->verbs.empty()) return ModuleState::declared;
  return healthy > 0 ? ModuleState::serving : ModuleState::no_endpoint;
}

// Whether `candidate` says more about its module than `current`: canonical before preparing, then
// the newer one.
bool better(const Deployment& candidate, const Deployment* current) {
  if (candidate.phase != DeploymentPhase::canonical &&
      candidate.phase != DeploymentPhase::preparing)
    return false;
  if (current == nullptr) return true;
  const bool canonical = candidate.phase == DeploymentPhase::canonical;
  if (canonical != (current->phase == DeploymentPhase::canonical)) return canonical;
  return candidate.created_revision > current->created_revision;
}

}  // namespace

std::vector<ModuleEntry> ConsoleState::modules() const {
  ByKey<const Deployment*> chosen;
  for (const auto& [key, deployment] : deployments_) {
    const auto found = chosen.find(deployment.module());
    const Deployment* current = found == chosen.end() ? nullptr : found->second;
    if (better(deployment, current)) chosen[deployment.module()] = &deployment;
  }
  ByKey<std::string> touched;
  for (const auto& [key, changeset] : changesets_) {
    if (!schema::is_active(changeset.phase)) continue;
    for (const std::string& module : modules_of(changeset)) touched[module] = key;
    for (const std::string& module : changeset.removed_modules) touched[module] = key;
  }
  std::vector<ModuleEntry> entries;
  for (const auto& [name, deployment] : chosen) {
    ModuleEntry entry;
    entry.deployment = deployment;
    for (const Endpoint* endpoint : endpoints_of(deployment->key))
      entry.healthy += endpoint->healthy ? 1 : 0;
    entry.state = state_of(*deployment, entry.healthy);
    const auto in_flight = touched.find(name);
    if (in_flight != touched.end()) entry.changeset = in_flight->second;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<const Endpoint*> ConsoleState::endpoints_of(std::string_view deployment) const {
  std::vector<const Endpoint*> found;
  const auto ids = endpoint_ids_.find(deployment);
  if (ids == endpoint_ids_.end()) return found;
  for (const std::string& id : ids->second) found.push_back(&endpoints_.find(id)->second);
  return found;
}

std::vector<const Changeset*> ConsoleState::newest_changesets() const {
  std::vector<const Changeset*> found;
  for (const auto& [key, changeset] : changesets_) found.push_back(&changeset);
  std::sort(found.begin(), found.end(), [](const Changeset* a, const Changeset* b) {
    if (a->created_revision != b->created_revision)
      return a->created_revision > b->created_revision;
    return a->key < b->key;
  });
  return found;
}

std::vector<std::string> ConsoleState::modules_of(const Changeset& changeset) const {
  std::vector<std::string> names;
  for (const std::string& key : changeset.deployments) {
    const auto found = deployments_.find(key);
    if (found != deployments_.end()) names.push_back(found->second.module());
  }
  std::sort(names.begin(), names.end());
  return names;
}

ConsoleState::Snapshot ConsoleState::snapshot() const {
  Snapshot out;
  out.revision = revision_;
  out.time_ms = time_ms_;
  for (const auto& [key, deployment] : deployments_) out.deployments.push_back(deployment);
  for (const auto& [id, endpoint] : endpoints_) out.endpoints.push_back(endpoint);
  for (const auto& [key, changeset] : changesets_) out.changesets.push_back(changeset);
  for (const auto& [id, token] : book_.tokens()) out.tokens.push_back(token);
  for (const auto& [principal, grant] : book_.grants()) out.grants.push_back(grant);
  for (const auto& [name, value] : configs_) out.config.push_back(value);
  for (const auto& [name, secret] : secrets_) out.secrets.push_back(secret);
  return out;
}

namespace {

template <class Values>
auto given(const Values& values, const std::string& module, const std::string& name) {
  auto found = values.find({module, name});
  if (found == values.end()) found = values.find({"", name});
  return found == values.end() ? nullptr : &found->second;
}

}  // namespace

const schema::ConfigValue* ConsoleState::config_of(const std::string& module,
                                                   const std::string& name) const {
  return given(configs_, module, name);
}

const schema::SecretValue* ConsoleState::secret_of(const std::string& module,
                                                   const std::string& name) const {
  return given(secrets_, module, name);
}

std::string ConsoleState::dump() const {
  std::string out = "revision " + std::to_string(revision_) + "\n";
  for (const ModuleEntry& module : modules()) {
    out += "module " + module.deployment->module() + " " + std::string(name_of(module.state)) +
           " " + std::to_string(module.healthy) + "/" + std::to_string(module.deployment->replicas);
    out += module.changeset.empty() ? "\n" : " in " + module.changeset + "\n";
  }
  for (const auto& [key, deployment] : deployments_) {
    out += "deployment " + key + " " + std::string(schema::name_of(deployment.phase));
    for (const Endpoint* endpoint : endpoints_of(key))
      out += " " + endpoint->id + (endpoint->healthy ? "" : "!");
    out += "\n";
  }
  for (const Changeset* changeset : newest_changesets()) {
    out += "changeset " + changeset->key + " " + std::string(schema::name_of(changeset->phase));
    out += changeset->failure.empty() ? "\n" : " " + changeset->failure + "\n";
  }
  for (const auto& [name, value] : configs_)
    out += "config " + schema::config_name(name.first, name.second) + " " + value.json + "\n";
  for (const auto& [name, secret] : secrets_)
    out +=
        "secret " + schema::config_name(name.first, name.second) + " " + secret.fingerprint + "\n";
  return out;
}

}  // namespace millrace::console
