#include "schema/change.hpp"

#include <algorithm>

namespace millrace::schema {

namespace {

// The module inside dpl-<module>-<10 characters>; empty when `key` has another shape.
std::string module_of_key(std::string_view key) {
  constexpr std::string_view prefix = "dpl-";
  constexpr std::size_t suffix = 11;
  if (!key.starts_with(prefix) || key.size() <= prefix.size() + suffix) return {};
  return std::string(key.substr(prefix.size(), key.size() - prefix.size() - suffix));
}

std::vector<std::string> modules_of_keys(const std::vector<std::string>& keys) {
  std::vector<std::string> modules;
  for (const std::string& key : keys) modules.push_back(module_of_key(key));
  return modules;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string accepting(const std::vector<std::string>& breaks) {
  constexpr std::size_t shown = 10;
  if (breaks.empty()) return "";
  std::string text = ", accepting that it breaks";
  for (std::size_t i = 0; i < std::min(shown, breaks.size()); ++i)
    text += (i == 0 ? " " : "; ") + breaks[i];
  if (breaks.size() > shown) text += "; and " + std::to_string(breaks.size() - shown) + " more";
  return text;
}

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

// Deployments that were there before: a rollback makes them canonical again.
std::vector<std::string> brought_back(const ChangesetCreated& event) {
  std::vector<std::string> keys;
  for (const std::string& key : event.changeset.deployments) {
    const bool is_new =
        std::any_of(event.deployments.begin(), event.deployments.end(),
                    [&](const Deployment& deployment) { return deployment.key == key; });
    if (!is_new) keys.push_back(key);
  }
  return keys;
}

struct Describe {
  std::string operator()(const ChangesetCreated& event) const {
    std::vector<std::string> parts;
    for (const Deployment& deployment : event.deployments) parts.push_back(deployment.key);
    for (const std::string& key : brought_back(event)) parts.push_back("return of " + key);
    for (const std::string& module : event.changeset.removed_modules)
      parts.push_back("removal of " + module);
    return "changeset " + event.changeset.key + " created with " + joined(parts) +
           accepting(event.changeset.accepted_breaks);
  }
  std::string operator()(const ChangesetPrepared& event) const {
    return "changeset " + event.changeset + " prepared";
  }
  std::string operator()(const ChangesetCommitted& event) const {
    const std::string replaced =
        event.replaced.empty() ? "" : ", replacing " + joined(event.replaced);
    return "changeset " + event.changeset + " committed" + replaced;
  }
  std::string operator()(const ChangesetDrained& event) const {
    return "changeset " + event.changeset + " drained";
  }
  std::string operator()(const ChangesetFinalized& event) const {
    return "changeset " + event.changeset + " finalized";
  }
  std::string operator()(const ChangesetRollingBack& event) const {
    return "changeset " + event.changeset + " rolls back" + because(event.reason);
  }
  std::string operator()(const ChangesetFailed& event) const {
    return "changeset " + event.changeset + " failed" + because(event.reason);
  }
  std::string operator()(const DeploymentsRemoved& event) const {
    return "no longer kept: " + joined(event.deployments);
  }
  std::string operator()(const EndpointRegistered& event) const {
    return "endpoint " + event.endpoint.id + " at " + event.endpoint.address + " serves " +
           event.endpoint.deployment;
  }
  std::string operator()(const EndpointHealthChanged& event) const {
    return "endpoint " + event.endpoint + (event.healthy ? " answers" : " does not answer");
  }
  std::string operator()(const EndpointRemoved& event) const {
    return "endpoint " + event.endpoint + " removed" + because(event.reason);
  }
  // The token itself stays out: it is its caller's.
  std::string operator()(const RequestRemembered& event) const {
    return "request of " + event.principal + " remembered";
  }
  std::string operator()(const FeatureLevelRaised& event) const {
    return "feature level " + std::to_string(event.level);
  }
  std::string operator()(const ConfigSet& event) const {
    return "config " + config_name(event.value.module, event.value.name) + " set to " +
           shown_value(event.value.json);
  }
  std::string operator()(const ConfigUnset& event) const {
    return "config " + config_name(event.module, event.name) + " unset";
  }
  std::string operator()(const SecretSet& event) const {
    return "secret " + config_name(event.secret.module, event.secret.name) + " set, fingerprint " +
           event.secret.fingerprint;
  }
  std::string operator()(const SecretUnset& event) const {
    return "secret " + config_name(event.module, event.name) + " unset";
  }
  std::string operator()(const SecretRewrapped& event) const {
    return "secret " + config_name(event.module, event.name) + " wrapped by key " + event.key_id;
  }
  std::string operator()(const TokenCreated& event) const {
    return "token " + event.token.id + " of " + event.token.principal + " created";
  }
  std::string operator()(const TokenRevoked& event) const {
    return "token " + event.id + " of " + event.principal + " revoked";
  }
  std::string operator()(const RolesSet& event) const {
    return event.grant.principal + " has the roles " + access::text_of(event.grant.roles);
  }
  std::string operator()(const RolesUnset& event) const {
    return event.principal + " has no role any more";
  }
};

struct ModulesOf {
  std::vector<std::string> operator()(const ChangesetCreated& event) const {
    std::vector<std::string> modules = event.changeset.removed_modules;
    for (const Deployment& deployment : event.deployments) modules.push_back(deployment.module());
    for (std::string& module : modules_of_keys(brought_back(event)))
      modules.push_back(std::move(module));
    return modules;
  }
  std::vector<std::string> operator()(const ChangesetCommitted& event) const {
    return modules_of_keys(event.replaced);
  }
  std::vector<std::string> operator()(const DeploymentsRemoved& event) const {
    return modules_of_keys(event.deployments);
  }
  std::vector<std::string> operator()(const EndpointRegistered& event) const {
    return {module_of_key(event.endpoint.deployment)};
  }
  std::vector<std::string> operator()(const ChangesetPrepared&) const { return {}; }
  std::vector<std::string> operator()(const ChangesetDrained&) const { return {}; }
  std::vector<std::string> operator()(const ChangesetFinalized&) const { return {}; }
  std::vector<std::string> operator()(const ChangesetRollingBack&) const { return {}; }
  std::vector<std::string> operator()(const ChangesetFailed&) const { return {}; }
  std::vector<std::string> operator()(const EndpointHealthChanged&) const { return {}; }
  std::vector<std::string> operator()(const EndpointRemoved&) const { return {}; }
  std::vector<std::string> operator()(const RequestRemembered&) const { return {}; }
  std::vector<std::string> operator()(const FeatureLevelRaised&) const { return {}; }
  std::vector<std::string> operator()(const ConfigSet& event) const { return {event.value.module}; }
  std::vector<std::string> operator()(const ConfigUnset& event) const { return {event.module}; }
  std::vector<std::string> operator()(const SecretSet& event) const {
    return {event.secret.module};
  }
  std::vector<std::string> operator()(const SecretUnset& event) const { return {event.module}; }
  std::vector<std::string> operator()(const SecretRewrapped& event) const { return {event.module}; }
  std::vector<std::string> operator()(const TokenCreated&) const { return {}; }
  std::vector<std::string> operator()(const TokenRevoked&) const { return {}; }
  std::vector<std::string> operator()(const RolesSet&) const { return {}; }
  std::vector<std::string> operator()(const RolesUnset&) const { return {}; }
};

}  // namespace

std::string_view name_of(DeploymentPhase phase) {
  switch (phase) {
    case DeploymentPhase::preparing: return "preparing";
    case DeploymentPhase::canonical: return "canonical";
    case DeploymentPhase::draining: return "draining";
    case DeploymentPhase::retired: return "retired";
    case DeploymentPhase::failed: return "failed";
  }
  return "unknown";
}

std::string_view name_of(ChangesetPhase phase) {
  switch (phase) {
    case ChangesetPhase::preparing: return "preparing";
    case ChangesetPhase::prepared: return "prepared";
    case ChangesetPhase::committed: return "committed";
    case ChangesetPhase::drained: return "drained";
    case ChangesetPhase::finalized: return "finalized";
    case ChangesetPhase::rolling_back: return "rolling-back";
    case ChangesetPhase::failed: return "failed";
  }
  return "unknown";
}

bool is_active(ChangesetPhase phase) {
  return phase != ChangesetPhase::finalized && phase != ChangesetPhase::failed;
}

bool Deployment::operator==(const Deployment& other) const {
  const bool same_schema =
      schema == other.schema || (schema && other.schema && *schema == *other.schema);
  return same_schema && key == other.key && schema_digest == other.schema_digest &&
         build == other.build && replicas == other.replicas && changeset == other.changeset &&
         phase == other.phase && fixed_endpoint == other.fixed_endpoint &&
         created_revision == other.created_revision;
}

std::string config_name(const std::string& module, const std::string& name) {
  return module.empty() ? name : module + "." + name;
}

std::string shown_value(const std::string& json) {
  constexpr std::size_t shown_max = 80;
  if (json.size() <= shown_max) return json;
  std::size_t end = shown_max;
  // Not in the middle of a letter of several octets.
  while (end > 0 && (static_cast<unsigned char>(json[end]) & 0xC0U) == 0x80U) --end;
  return json.substr(0, end) + "...";
}

namespace {

// Readers of level 3 hold no role to workspaces, and no admin or operator to modules.
bool is_wider_before(const RolesSet& set) {
  for (const access::RoleBinding& binding : set.grant.roles) {
    if (std::any_of(binding.modules.begin(), binding.modules.end(), access::is_for_workspace))
      return true;
    if (binding.modules.empty()) continue;
    if (binding.role == access::Role::admin || binding.role == access::Role::operator_) return true;
  }
  return false;
}

}  // namespace

std::uint32_t feature_level_of(const Event& event) {
  static_assert(std::variant_size_v<Event> == 22, "a new kind of event is of a new level");
  constexpr std::size_t first_of_2 = 13;  // ConfigSet
  static_assert(std::is_same_v<std::variant_alternative_t<first_of_2, Event>, ConfigSet>);
  constexpr std::size_t first_of_3 = 18;  // TokenCreated
  static_assert(std::is_same_v<std::variant_alternative_t<first_of_3, Event>, TokenCreated>);
  if (const auto* set = std::get_if<RolesSet>(&event); set != nullptr && is_wider_before(*set))
    return 4;
  if (event.index() >= first_of_3) return 3;
  return event.index() < first_of_2 ? 1 : 2;
}

std::string describe(const Event& event) { return std::visit(Describe{}, event); }

std::vector<std::string> modules_of(const Event& event) {
  std::vector<std::string> modules = std::visit(ModulesOf{}, event);
  std::erase(modules, std::string{});
  std::sort(modules.begin(), modules.end());
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  return modules;
}

}  // namespace millrace::schema
