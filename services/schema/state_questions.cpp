// What can be asked of the state, and the hashes of its entries.
#include "services/schema/state.hpp"

namespace millrace::schema_service {

namespace {

std::string_view octets(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.octets.data()), digest.octets.size()};
}

}  // namespace

// A module is stood for by its digest: it never changes once deployed.
std::uint64_t hash_of(const Deployment& deployment) {
  return EntryHash()
      .add("deployment")
      .add(deployment.key)
      .add(octets(deployment.schema_digest))
      .add(deployment.build)
      .add(deployment.replicas)
      .add(deployment.changeset)
      .add(static_cast<std::uint64_t>(deployment.phase))
      .add(deployment.fixed_endpoint)
      .add(deployment.created_revision)
      .value();
}

std::uint64_t hash_of(const Endpoint& endpoint) {
  return EntryHash()
      .add("endpoint")
      .add(endpoint.id)
      .add(endpoint.deployment)
      .add(endpoint.address)
      .add(endpoint.instance)
      .add(std::uint64_t{endpoint.leased})
      .add(std::uint64_t{endpoint.healthy})
      .add(endpoint.registered_revision)
      .value();
}

std::uint64_t hash_of(const Changeset& changeset) {
  EntryHash hash;
  // Only where there are some, so that the digest of older states stays what it was.
  if (!changeset.accepted_breaks.empty()) hash.add_all(changeset.accepted_breaks);
  return hash.add("changeset")
      .add(changeset.key)
      .add(static_cast<std::uint64_t>(changeset.phase))
      .add_all(changeset.deployments)
      .add_all(changeset.removed_modules)
      .add_all(changeset.replaced)
      .add(std::uint64_t{changeset.hold})
      .add(changeset.canary_percent)
      .add(static_cast<std::uint64_t>(changeset.deadline_ms))
      .add(static_cast<std::uint64_t>(changeset.drain_ms_max))
      .add(std::uint64_t{changeset.allow_breaking})
      .add(changeset.author)
      .add(changeset.reason)
      .add(changeset.failure)
      .add(changeset.created_revision)
      .add(changeset.phase_revision)
      .add(static_cast<std::uint64_t>(changeset.created_ms))
      .value();
}

std::uint64_t hash_of(const RememberedRequest& request) {
  return EntryHash()
      .add("request")
      .add(request.principal)
      .add(request.token)
      .add(octets(request.request_hash))
      .add(request.revision)
      .value();
}

std::uint64_t hash_of(const SupersededBuild& build) {
  return EntryHash()
      .add("superseded")
      .add(build.module)
      .add(octets(build.schema_digest))
      .add(build.build)
      .add(build.revision)
      .value();
}

std::uint64_t hash_of(const ConfigValue& value) {
  return EntryHash()
      .add("config")
      .add(value.module)
      .add(value.name)
      .add(value.json)
      .add(value.revision)
      .add(value.author)
      .add(static_cast<std::uint64_t>(value.time_ms))
      .value();
}

std::uint64_t hash_of(const SecretValue& secret) {
  return EntryHash()
      .add("secret")
      .add(secret.module)
      .add(secret.name)
      .add(secret.id)
      .add(secret.box)
      .add(secret.wrapped_key)
      .add(secret.key_id)
      .add(secret.fingerprint)
      .add(secret.revision)
      .add(secret.author)
      .add(static_cast<std::uint64_t>(secret.time_ms))
      .value();
}

const Deployment* State::canonical(const std::string& module) const {
  const auto found = canonical_.find(module);
  return found == canonical_.end() ? nullptr : deployment(found->second);
}

ModuleUse use_of(const schema::Module& module) {
  return {schema::imports(module),
          !schema::ingress_verbs(module).empty(),
          {module.realm, module.external}};
}

const ModuleUse* State::use_of_deployment(const std::string& key) const {
  const auto found = uses_.find(key);
  return found == uses_.end() ? nullptr : &found->second;
}

const ModuleUse* State::use_of_canonical(const std::string& module) const {
  const auto found = canonical_.find(module);
  return found == canonical_.end() ? nullptr : &uses_.at(found->second);
}

const std::set<std::string>& State::importers_of(const std::string& module) const {
  static const std::set<std::string> none;
  const auto found = importers_.find(module);
  return found == importers_.end() ? none : found->second;
}

const std::set<std::string>& State::modules_of_realm(
    const std::pair<std::string, bool>& realm) const {
  static const std::set<std::string> none;
  const auto found = in_realm_.find(realm);
  return found == in_realm_.end() ? none : found->second;
}

const Changeset* State::holder_of(const std::string& module) const {
  const auto found = holders_.find(module);
  return found == holders_.end() ? nullptr : changeset(found->second);
}

const ConfigValue* State::config_of(const std::string& module, const std::string& name) const {
  const ConfigValue* own = config({module, name});
  return own != nullptr ? own : config({"", name});
}

std::vector<const Changeset*> State::holders_beside(const std::set<std::string>& modules) const {
  std::map<std::pair<Revision, std::string>, const Changeset*> found;
  const auto add = [&](const Changeset* changeset) {
    if (changeset != nullptr) found[{changeset->created_revision, changeset->key}] = changeset;
  };
  for (const std::string& module : modules) add(holder_of(module));
  for (const std::string& key : outward_) add(changeset(key));
  std::vector<const Changeset*> sorted;
  for (const auto& [created, changeset] : found) sorted.push_back(changeset);
  return sorted;
}

const SecretValue* State::secret_of(const std::string& module, const std::string& name) const {
  const SecretValue* own = secret({module, name});
  return own != nullptr ? own : secret({"", name});
}

std::vector<const Endpoint*> State::endpoints_of(const std::string& key) const {
  std::vector<const Endpoint*> found;
  const auto ids = endpoint_ids_.find(key);
  if (ids == endpoint_ids_.end()) return found;
  for (const std::string& id : ids->second) found.push_back(endpoint(id));
  return found;
}

std::size_t State::live_endpoints_of(const std::string& key) const {
  std::size_t live = 0;
  for (const Endpoint* endpoint : endpoints_of(key)) live += endpoint->healthy ? 1 : 0;
  return live;
}

std::vector<const Deployment*> State::deployments_of(const std::string& module) const {
  std::vector<const Deployment*> found;
  // Keys begin with the module's name, so those of one module stand together.
  const std::string prefix = "dpl-" + module + "-";
  const auto& all = deployments();
  for (auto at = all.lower_bound(prefix); at != all.end() && at->first.starts_with(prefix); ++at) {
    if (at->second.module() == module) found.push_back(&at->second);
  }
  return found;
}

std::vector<const Deployment*> State::standing_of(const std::string& module) const {
  std::vector<const Deployment*> found;
  const auto standing = standing_.find(module);
  if (standing == standing_.end()) return found;
  for (const std::string& key : standing->second) found.push_back(deployment(key));
  return found;
}

std::vector<const Changeset*> State::active_changesets() const {
  std::vector<const Changeset*> found;
  for (const auto& [created, key] : active_) found.push_back(changeset(key));
  return found;
}

std::vector<std::string> modules_of(const State& state, const Changeset& changeset) {
  std::vector<std::string> modules = changeset.removed_modules;
  for (const std::string& key : changeset.deployments) {
    if (const Deployment* deployment = state.deployment(key))
      modules.push_back(deployment->module());
  }
  return modules;
}

}  // namespace millrace::schema_service
