#include "services/routing/state.hpp"

#include <algorithm>

#include "schema/fold_access.hpp"
#include "statekit/entry_hash.hpp"

namespace millrace::routing {
using statekit::EntryHash;

// Folds events. `hash` is what an entry adds to the digest. A deployment's list of healthy
// endpoints follows from the endpoints, so it adds nothing of its own.
struct RouteState::Fold {
  RouteState& state;
  const statekit::CommitMeta& meta;

  static std::uint64_t hash(const std::string& key, const Deployment& value) {
    EntryHash out;
    out.add("deployment").add(key).add(value.module);
    for (const std::string& verb : value.verbs) out.add(verb);
    return out.value();
  }
  static std::uint64_t hash(const std::string& key, const Endpoint& value) {
    return EntryHash()
        .add("endpoint")
        .add(key)
        .add(value.deployment)
        .add(value.address)
        .add(value.healthy ? 1 : 0)
        .value();
  }
  static std::uint64_t hash(const std::string& key, const std::string& deployment) {
    return EntryHash().add("canonical").add(key).add(deployment).value();
  }
  static std::uint64_t hash(const std::string& key, const Side& value) {
    EntryHash out;
    out.add("side").add(key).add(value.prepared ? 1 : 0).add(value.canary_percent);
    for (const auto& [module, deployment] : value.deployments) out.add(module).add(deployment);
    for (const std::string& module : value.removed) out.add(module);
    return out.value();
  }

  void operator()(const schema::ChangesetCreated& event) const {
    for (const schema::Deployment& deployment : event.deployments) state.add_deployment(deployment);
    state.add_side(event.changeset);
  }
  void operator()(const schema::ChangesetPrepared& event) const {
    const auto found = state.sides_.find(event.changeset);
    if (found == state.sides_.end()) return;
    Side side = found->second;
    side.prepared = true;
    state.put(state.sides_, event.changeset, std::move(side));
  }
  void operator()(const schema::ChangesetCommitted& event) const {
    state.commit_side(event.changeset, event.replaced);
  }
  void operator()(const schema::ChangesetRollingBack& event) const {
    state.drop(state.sides_, event.changeset);
  }
  void operator()(const schema::ChangesetFailed& event) const {
    state.drop(state.sides_, event.changeset);
  }
  void operator()(const schema::DeploymentsRemoved& event) const {
    for (const std::string& key : event.deployments) state.remove_deployment(key);
  }
  void operator()(const schema::EndpointRegistered& event) const {
    state.add_endpoint(event.endpoint);
  }
  void operator()(const schema::EndpointHealthChanged& event) const {
    state.set_health(event.endpoint, event.healthy);
  }
  void operator()(const schema::EndpointRemoved& event) const {
    state.remove_endpoint(event.endpoint);
  }
  // These change nothing about where a call goes.
  void operator()(const schema::ChangesetDrained&) const {}
  void operator()(const schema::ChangesetFinalized&) const {}
  void operator()(const schema::RequestRemembered&) const {}
  void operator()(const schema::FeatureLevelRaised&) const {}
  void operator()(const schema::ConfigSet&) const {}
  void operator()(const schema::ConfigUnset&) const {}
  void operator()(const schema::SecretSet&) const {}
  void operator()(const schema::SecretUnset&) const {}
  void operator()(const schema::SecretRewrapped&) const {}
  template <schema::AccessEvent Event>
  void operator()(const Event& event) const {
    schema::fold(state.book_, event, meta);
  }
};

template <class Value>
void RouteState::put(ByKey<Value>& entries, const std::string& key, Value value) {
  const auto [at, added] = entries.try_emplace(key);
  if (!added) digest_ -= Fold::hash(key, at->second);
  digest_ += Fold::hash(key, value);
  at->second = std::move(value);
}

template <class Value>
void RouteState::drop(ByKey<Value>& entries, std::string_view key) {
  const auto at = entries.find(key);
  if (at == entries.end()) return;
  digest_ -= Fold::hash(at->first, at->second);
  entries.erase(at);
}

void RouteState::apply(const schema::Commit& commit) {
  for (const Event& event : commit.events) std::visit(Fold{*this, commit.meta}, event);
  revision_ = commit.meta.revision;
}

void RouteState::restore(const Snapshot& snapshot) {
  *this = RouteState{};
  revision_ = snapshot.revision;
  for (const schema::Deployment& deployment : snapshot.deployments) {
    add_deployment(deployment);
    if (deployment.phase == schema::DeploymentPhase::canonical)
      put(canonical_, deployment.module(), deployment.key);
  }
  for (const schema::Endpoint& endpoint : snapshot.endpoints) add_endpoint(endpoint);
  for (const schema::Changeset& changeset : snapshot.changesets) add_side(changeset);
  schema::restore(book_, snapshot);
}

void RouteState::add_deployment(const schema::Deployment& deployment) {
  Deployment entry;
  entry.module = deployment.module();
  for (const schema::Verb& verb : deployment.schema->verbs) entry.verbs.push_back(verb.name);
  std::sort(entry.verbs.begin(), entry.verbs.end());
  entry.realm = deployment.schema->realm;
  for (const schema::Verb& verb : deployment.schema->verbs) {
    if (verb.visibility != schema::Visibility::internal) entry.exported.push_back(verb.name);
    if (verb.visibility == schema::Visibility::exported_realm)
      entry.exported_realm.push_back(verb.name);
  }
  std::sort(entry.exported.begin(), entry.exported.end());
  std::sort(entry.exported_realm.begin(), entry.exported_realm.end());
  for (const schema::IngressVerb& each : schema::ingress_verbs(*deployment.schema))
    entry.from_http.push_back(each.verb->name);
  std::sort(entry.from_http.begin(), entry.from_http.end());
  const auto before = deployments_.find(deployment.key);
  if (before != deployments_.end() && !before->second.realm.empty()) --in_realms_;
  if (!entry.realm.empty()) ++in_realms_;
  put(deployments_, deployment.key, std::move(entry));
}

// A changeset may bring back deployments that are known already, so it names all of them by key.
void RouteState::add_side(const schema::Changeset& changeset) {
  using Phase = schema::ChangesetPhase;
  if (changeset.phase != Phase::preparing && changeset.phase != Phase::prepared) return;
  Side side;
  side.prepared = changeset.phase == Phase::prepared;
  side.canary_percent = changeset.canary_percent;
  for (const std::string& key : changeset.deployments) {
    const auto deployment = deployments_.find(key);
    if (deployment != deployments_.end()) side.deployments[deployment->second.module] = key;
  }
  side.removed = changeset.removed_modules;
  std::sort(side.removed.begin(), side.removed.end());
  put(sides_, changeset.key, std::move(side));
}

void RouteState::commit_side(const std::string& changeset,
                             const std::vector<std::string>& replaced) {
  for (const std::string& key : replaced) {
    const auto deployment = deployments_.find(key);
    if (deployment == deployments_.end()) continue;
    const auto canonical = canonical_.find(deployment->second.module);
    if (canonical != canonical_.end() && canonical->second == key)
      drop(canonical_, deployment->second.module);
  }
  const auto side = sides_.find(changeset);
  if (side == sides_.end()) return;
  for (const auto& [module, key] : side->second.deployments) put(canonical_, module, key);
  drop(sides_, changeset);
}

bool RouteState::gets_calls(std::string_view key) const {
  const auto deployment = deployments_.find(key);
  if (deployment == deployments_.end()) return false;
  const std::string& module = deployment->second.module;
  const auto is_it = [&](const ByKey<std::string>& by_module) {
    const auto found = by_module.find(module);
    return found != by_module.end() && found->second == key;
  };
  return is_it(canonical_) || std::any_of(sides_.begin(), sides_.end(), [&](const auto& side) {
           return is_it(side.second.deployments);
         });
}

void RouteState::add_endpoint(const schema::Endpoint& endpoint) {
  remove_endpoint(endpoint.id);
  if (!deployments_.contains(endpoint.deployment)) return;
  const Endpoint entry{endpoint.deployment, endpoint.address, endpoint.healthy};
  put(endpoints_, endpoint.id, entry);
  list_as_target(endpoint.id, entry);
}

void RouteState::set_health(const std::string& id, bool healthy) {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end()) return;
  Endpoint entry = found->second;
  unlist_as_target(id, entry);
  entry.healthy = healthy;
  list_as_target(id, entry);
  put(endpoints_, id, std::move(entry));
}

void RouteState::remove_endpoint(const std::string& id) {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end()) return;
  unlist_as_target(id, found->second);
  drop(endpoints_, id);
}

void RouteState::remove_deployment(const std::string& key) {
  const auto found = deployments_.find(key);
  if (found == deployments_.end()) return;
  const std::string module = found->second.module;
  const auto canonical = canonical_.find(module);
  if (canonical != canonical_.end() && canonical->second == key) drop(canonical_, module);
  for (auto at = endpoints_.begin(); at != endpoints_.end();) {
    const auto next = std::next(at);
    if (at->second.deployment == key) drop(endpoints_, at->first);
    at = next;
  }
  leave_sides(module, key);
  if (!found->second.realm.empty()) --in_realms_;
  drop(deployments_, key);
}

void RouteState::leave_sides(const std::string& module, const std::string& key) {
  for (auto& [name, side] : sides_) {
    const auto own = side.deployments.find(module);
    if (own == side.deployments.end() || own->second != key) continue;
    Side without = side;
    without.deployments.erase(module);
    put(sides_, name, std::move(without));
  }
}

void RouteState::list_as_target(const std::string& id, const Endpoint& endpoint) {
  if (!endpoint.healthy) return;
  std::vector<Target>& healthy = deployments_.find(endpoint.deployment)->second.healthy;
  const auto at = std::lower_bound(healthy.begin(), healthy.end(), id,
                                   [](const Target& t, const std::string& k) { return t.id < k; });
  healthy.insert(at, Target{id, endpoint.address});
}

void RouteState::unlist_as_target(const std::string& id, const Endpoint& endpoint) {
  const auto deployment = deployments_.find(endpoint.deployment);
  if (deployment == deployments_.end()) return;
  std::erase_if(deployment->second.healthy, [&](const Target& t) { return t.id == id; });
}

// Empty: that side has no such module.
std::string_view RouteState::deployment_of(std::string_view module, std::string_view side) const {
  if (!side.empty()) {
    const auto found = sides_.find(side);
    if (found != sides_.end()) {
      const auto own = found->second.deployments.find(module);
      if (own != found->second.deployments.end()) return own->second;
      const std::vector<std::string>& removed = found->second.removed;
      if (std::binary_search(removed.begin(), removed.end(), module, std::less<>{})) return {};
    }
  }
  const auto canonical = canonical_.find(module);
  return canonical == canonical_.end() ? std::string_view{} : canonical->second;
}

std::variant<Route, Miss> RouteState::route(std::string_view module, std::string_view verb,
                                            std::string_view side) const {
  const auto found = deployments_.find(deployment_of(module, side));
  if (found == deployments_.end()) return Miss::unknown_module;
  const Deployment& deployment = found->second;
  if (!std::binary_search(deployment.verbs.begin(), deployment.verbs.end(), verb, std::less<>{}))
    return Miss::unknown_verb;
  if (deployment.healthy.empty()) return Miss::no_endpoint;
  const auto among = [&](const std::vector<std::string>& verbs) {
    return std::binary_search(verbs.begin(), verbs.end(), verb, std::less<>{});
  };
  return Route{found->first,
               deployment.healthy,
               among(deployment.exported),
               among(deployment.exported_realm),
               among(deployment.from_http),
               deployment.realm};
}

bool RouteState::any_of_realm(std::string_view realm,
                              const std::function<bool(std::string_view)>& which) const {
  if (in_realms_ == 0) return realm.empty();
  bool known = false;
  for (const auto& [key, deployment] : deployments_) {
    if (deployment.realm != realm && known) continue;
    if (!which(deployment.module)) continue;
    if (deployment.realm == realm) return true;
    known = true;
  }
  return !known && realm.empty();
}

// The shares lie side by side on 0..99 in the order of their keys; what they leave is canonical.
std::string_view RouteState::side_of(std::uint64_t key_hash) const {
  const std::uint64_t point = (key_hash >> 32) * 100 >> 32;
  std::uint64_t end = 0;
  for (const auto& [key, side] : sides_) {
    if (!side.prepared) continue;
    end += side.canary_percent;
    if (point < end) return key;
  }
  return {};
}

std::string RouteState::dump() const {
  std::string out = "revision " + std::to_string(revision_) + "\n";
  for (const auto& [module, key] : canonical_) out += "canonical " + module + " " + key + "\n";
  for (const auto& [key, deployment] : deployments_) {
    out += "deployment " + key + " " + deployment.module + " verbs";
    for (const std::string& verb : deployment.verbs) out += " " + verb;
    out += " targets";
    for (const Target& target : deployment.healthy) out += " " + target.id;
    out += "\n";
  }
  for (const auto& [id, endpoint] : endpoints_)
    out += "endpoint " + id + " " + endpoint.deployment + " " + endpoint.address +
           (endpoint.healthy ? " healthy\n" : " unhealthy\n");
  for (const auto& [key, side] : sides_) {
    out += "side " + key + (side.prepared ? " prepared " : " preparing ") +
           std::to_string(side.canary_percent) + "%";
    for (const auto& [module, deployment] : side.deployments) out += " " + deployment;
    for (const std::string& module : side.removed) out += " -" + module;
    out += "\n";
  }
  return out;
}

}  // namespace millrace::routing
