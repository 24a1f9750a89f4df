#include "services/ingress/state.hpp"

#include <algorithm>
#include <utility>

#include "statekit/entry_hash.hpp"

namespace millrace::ingress {

using statekit::EntryHash;

// Folds events. `hash` is what an entry adds to the digest; routes follow from the entries, so they
// add nothing of their own.
struct IngressState::Fold {
  IngressState& state;

  static std::uint64_t hash(const std::string& key, const Deployed& value) {
    EntryHash out;
    out.add("deployment").add(key).add(statekit::to_bytes(value.schema_digest));
    return out.value();
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
  // These change nothing about routes and types.
  void operator()(const schema::ChangesetDrained&) const {}
  void operator()(const schema::ChangesetFinalized&) const {}
  void operator()(const schema::EndpointRegistered&) const {}
  void operator()(const schema::EndpointHealthChanged&) const {}
  void operator()(const schema::EndpointRemoved&) const {}
  void operator()(const schema::RequestRemembered&) const {}
  void operator()(const schema::FeatureLevelRaised&) const {}
  void operator()(const schema::ConfigSet&) const {}
  void operator()(const schema::ConfigUnset&) const {}
  void operator()(const schema::SecretSet&) const {}
  void operator()(const schema::SecretUnset&) const {}
  void operator()(const schema::SecretRewrapped&) const {}
  void operator()(const schema::TokenCreated&) const {}
  void operator()(const schema::TokenRevoked&) const {}
  void operator()(const schema::RolesSet&) const {}
  void operator()(const schema::RolesUnset&) const {}
};

bool IngressState::Side::touches(std::string_view module) const {
  return deployments.contains(module) ||
         std::binary_search(removed.begin(), removed.end(), module, std::less<>{});
}

template <class Value>
void IngressState::put(ByKey<Value>& entries, const std::string& key, Value value) {
  const std::uint64_t added_hash = Fold::hash(key, value);
  const auto at = entries.find(key);
  if (at != entries.end()) digest_ -= Fold::hash(key, at->second);
  digest_ += added_hash;
  entries.insert_or_assign(key, std::move(value));
  changed_ = true;
}

template <class Value>
void IngressState::drop(ByKey<Value>& entries, std::string_view key) {
  const auto at = entries.find(key);
  if (at == entries.end()) return;
  digest_ -= Fold::hash(at->first, at->second);
  entries.erase(at);
  changed_ = true;
}

void IngressState::apply(const schema::Commit& commit) {
  changed_ = false;
  for (const Event& event : commit.events) std::visit(Fold{*this}, event);
  revision_ = commit.meta.revision;
  if (changed_) route_sides();
}

void IngressState::restore(const Snapshot& snapshot) {
  *this = IngressState{};
  for (const schema::Deployment& deployment : snapshot.deployments) {
    add_deployment(deployment);
    if (deployment.phase == schema::DeploymentPhase::canonical) {
      make_canonical(deployment.module(), deployment.key);
    }
  }
  for (const schema::Changeset& changeset : snapshot.changesets) add_side(changeset);
  revision_ = snapshot.revision;
  route_sides();
}

bool IngressState::operator==(const IngressState& other) const {
  return revision_ == other.revision_ && digest_ == other.digest_ &&
         deployments_ == other.deployments_ && canonical_ == other.canonical_ &&
         sides_ == other.sides_ && canonical_routes_ == other.canonical_routes_ &&
         side_routes_ == other.side_routes_;
}

const Deployed* IngressState::deployment(std::string_view key) const {
  const auto found = deployments_.find(key);
  return found == deployments_.end() ? nullptr : &found->second;
}

void IngressState::add_deployment(const schema::Deployment& deployment) {
  if (deployments_.contains(deployment.key)) return;  // one never changes
  put(deployments_, deployment.key,
      Deployed{deployment.key, deployment.schema, deployment.schema_digest});
}

void IngressState::remove_deployment(const std::string& key) {
  const Deployed* found = deployment(key);
  if (found == nullptr) return;
  const std::string module = found->schema->name;
  end_canonical(module, key);
  for (auto& [name, side] : sides_) {
    const auto own = side.deployments.find(module);
    if (own == side.deployments.end() || own->second != key) continue;
    Side without = side;
    without.deployments.erase(module);
    put(sides_, name, std::move(without));
  }
  drop(deployments_, key);
}

void IngressState::make_canonical(const std::string& module, const std::string& key) {
  const auto old = canonical_.find(module);
  if (old != canonical_.end()) end_canonical(module, std::string(old->second));
  canonical_routes_.add(*deployment(key)->schema);
  put(canonical_, module, key);
}

void IngressState::end_canonical(const std::string& module, const std::string& key) {
  const auto found = canonical_.find(module);
  if (found == canonical_.end() || found->second != key) return;
  canonical_routes_.remove(*deployment(key)->schema);
  drop(canonical_, module);
}

// A changeset may bring back deployments that are known already, so it names all of them by key.
void IngressState::add_side(const schema::Changeset& changeset) {
  using Phase = schema::ChangesetPhase;
  if (changeset.phase != Phase::preparing && changeset.phase != Phase::prepared) return;
  Side side;
  side.prepared = changeset.phase == Phase::prepared;
  side.canary_percent = changeset.canary_percent;
  for (const std::string& key : changeset.deployments) {
    const Deployed* found = deployment(key);
    if (found != nullptr) side.deployments[found->schema->name] = key;
  }
  side.removed = changeset.removed_modules;
  std::sort(side.removed.begin(), side.removed.end());
  put(sides_, changeset.key, std::move(side));
}

void IngressState::commit_side(const std::string& changeset,
                               const std::vector<std::string>& replaced) {
  for (const std::string& key : replaced) {
    const Deployed* found = deployment(key);
    if (found != nullptr) end_canonical(found->schema->name, key);
  }
  const auto side = sides_.find(changeset);
  if (side == sides_.end()) return;
  for (const auto& [module, key] : side->second.deployments) make_canonical(module, key);
  drop(sides_, changeset);
}

void IngressState::route_sides() {
  schema_revision_ = revision_;
  side_routes_.clear();
  for (const auto& [key, side] : sides_) {
    if (side.takes_traffic()) side_routes_.emplace(key, routes_of(side));
  }
}

RouteTable IngressState::routes_of(const Side& side) const {
  RouteTable routes = canonical_routes_;
  for (const auto& [module, key] : canonical_) {
    if (side.touches(module)) routes.remove(*deployment(key)->schema);
  }
  for (const auto& [module, key] : side.deployments) routes.add(*deployment(key)->schema);
  return routes;
}

const RouteTable& IngressState::routes(std::string_view side) const {
  const auto found = side_routes_.find(side);
  return found == side_routes_.end() ? canonical_routes_ : found->second;
}

const Deployed* IngressState::module(std::string_view side, std::string_view name) const {
  const auto own_side = sides_.find(side);
  if (own_side != sides_.end() && own_side->second.touches(name)) {
    const auto own = own_side->second.deployments.find(name);
    return own == own_side->second.deployments.end() ? nullptr : deployment(own->second);
  }
  const auto canonical = canonical_.find(name);
  return canonical == canonical_.end() ? nullptr : deployment(canonical->second);
}

// The shares lie side by side on 0..99 in the order of their keys; what they leave is canonical.
std::string_view IngressState::side_of(std::uint64_t key_hash) const {
  const std::uint64_t point = (key_hash >> 32) * 100 >> 32;
  std::uint64_t end = 0;
  for (const auto& [key, side] : sides_) {
    if (!side.prepared) continue;
    end += side.canary_percent;
    if (point < end) return key;
  }
  return {};
}

std::string IngressState::dump() const {
  std::string out = "revision " + std::to_string(revision_) + "\n";
  for (const auto& [module, key] : canonical_) out += "canonical " + module + " " + key + "\n";
  for (const auto& [key, deployed] : deployments_) {
    out += "deployment " + key + " " + deployed.schema->name;
    for (const auto& each : schema::ingress_verbs(*deployed.schema)) {
      out += ", " + each.verb->name + " " + each.ingress->method + " " + each.ingress->path;
    }
    out += "\n";
  }
  for (const auto& [key, side] : sides_) {
    out += "side " + key + (side.prepared ? " prepared " : " preparing ") +
           std::to_string(side.canary_percent) + "%";
    for (const auto& [module, deployment] : side.deployments) out += " " + deployment;
    for (const std::string& module : side.removed) out += " -" + module;
    out += "\n";
  }
  return out;
}

}  // namespace millrace::ingress
