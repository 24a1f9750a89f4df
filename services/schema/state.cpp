#include "services/schema/state.hpp"

#include <algorithm>

#include "schema/fold_access.hpp"

namespace millrace::schema_service {

namespace {

// A changeset keeps others from changing its modules until it is committed or has failed.
bool holds_modules(ChangesetPhase phase) {
  return phase == ChangesetPhase::preparing || phase == ChangesetPhase::prepared ||
         phase == ChangesetPhase::rolling_back;
}

}  // namespace

BuildId build_of(const Deployment& deployment) {
  return {deployment.module(), deployment.schema_digest, deployment.build};
}

// How each kind of event folds. `at` is the revision of its commit.
struct State::Fold {
  State& state;
  Revision at;
  WallMs time_ms;
  const std::string& author;
  const statekit::CommitMeta& meta;

  void operator()(const schema::ChangesetCreated& event) const {
    for (Deployment deployment : event.deployments) {
      deployment.created_revision = at;
      state.put(std::move(deployment));
    }
    Changeset changeset = event.changeset;
    changeset.created_revision = at;
    changeset.phase_revision = at;
    changeset.created_ms = time_ms;
    state.put(std::move(changeset));
  }
  void operator()(const schema::ChangesetPrepared& event) const {
    state.set_phase(event.changeset, ChangesetPhase::prepared, {});
  }
  void operator()(const schema::ChangesetCommitted& event) const {
    state.changesets_.change(event.changeset,
                             [&](Changeset& changeset) { changeset.replaced = event.replaced; });
    for (const std::string& key : event.replaced) {
      state.set_phase(key, DeploymentPhase::draining);
      state.supersede(key);
    }
    const Changeset* changeset = state.changeset(event.changeset);
    if (changeset == nullptr) return;
    for (const std::string& key : changeset->deployments) {
      state.set_phase(key, DeploymentPhase::canonical);
      if (const Deployment* deployment = state.deployment(key))
        state.reinstate(build_of(*deployment));
    }
    state.set_phase(event.changeset, ChangesetPhase::committed, {});
  }
  void operator()(const schema::ChangesetDrained& event) const {
    state.set_phase(event.changeset, ChangesetPhase::drained, {});
  }
  void operator()(const schema::ChangesetFinalized& event) const {
    const Changeset* changeset = state.changeset(event.changeset);
    if (changeset == nullptr) return;
    // One of them may be canonical again, or may have been replaced once more.
    for (const std::string& key : changeset->replaced)
      state.move_phase(key, DeploymentPhase::draining, DeploymentPhase::retired);
    state.set_phase(event.changeset, ChangesetPhase::finalized, {});
  }
  void operator()(const schema::ChangesetRollingBack& event) const {
    state.set_phase(event.changeset, ChangesetPhase::rolling_back, event.reason);
  }
  void operator()(const schema::ChangesetFailed& event) const {
    const Changeset* changeset = state.changeset(event.changeset);
    if (changeset == nullptr) return;
    // What it only wanted to bring back stays as it was.
    for (const std::string& key : changeset->deployments)
      state.move_phase(key, DeploymentPhase::preparing, DeploymentPhase::failed);
    state.set_phase(event.changeset, ChangesetPhase::failed, event.reason);
  }
  void operator()(const schema::DeploymentsRemoved& event) const {
    for (const std::string& key : event.deployments) state.erase_deployment(key);
  }
  void operator()(const schema::EndpointRegistered& event) const {
    Endpoint endpoint = event.endpoint;
    endpoint.registered_revision = at;
    state.put(std::move(endpoint));
  }
  void operator()(const schema::EndpointHealthChanged& event) const {
    state.endpoints_.change(event.endpoint,
                            [&](Endpoint& endpoint) { endpoint.healthy = event.healthy; });
  }
  void operator()(const schema::EndpointRemoved& event) const {
    state.erase_endpoint(event.endpoint);
  }
  void operator()(const schema::RequestRemembered& event) const {
    state.put(RememberedRequest{event.principal, event.token, event.request_hash, at});
  }
  void operator()(const schema::FeatureLevelRaised& event) const {
    state.feature_level_ = event.level;
  }
  void operator()(const schema::ConfigSet& event) const {
    ConfigValue value = event.value;
    value.revision = at;
    value.author = author;
    value.time_ms = time_ms;
    state.put(std::move(value));
  }
  void operator()(const schema::ConfigUnset& event) const {
    state.unset_config({event.module, event.name});
    state.config_unset_revision_ = at;
  }
  void operator()(const schema::SecretSet& event) const {
    SecretValue secret = event.secret;
    secret.revision = at;
    secret.author = author;
    secret.time_ms = time_ms;
    state.secrets_.put({secret.module, secret.name}, secret);
  }
  void operator()(const schema::SecretUnset& event) const {
    state.secrets_.erase({event.module, event.name});
    state.secret_unset_revision_ = at;
  }
  void operator()(const schema::SecretRewrapped& event) const {
    state.secrets_.change({event.module, event.name}, [&](SecretValue& secret) {
      if (secret.id != event.id) return;
      secret.wrapped_key = event.wrapped_key;
      secret.key_id = event.key_id;
    });
  }
  template <schema::AccessEvent Event>
  void operator()(const Event& event) const {
    schema::fold(state.book_, event, meta);
  }
};

void State::apply(const schema::Commit& commit) {
  revision_ = commit.meta.revision;
  time_ms_ = commit.meta.time_ms;
  const Fold fold{*this, revision_, time_ms_, commit.meta.author, commit.meta};
  for (const Event& event : commit.events) std::visit(fold, event);
  forget_old_requests();
  forget_old_builds();
  forget_ended_changesets();
}

void State::restore(const Snapshot& snapshot) {
  *this = State{};
  revision_ = snapshot.revision;
  time_ms_ = snapshot.time_ms;
  feature_level_ = snapshot.feature_level;
  for (const Deployment& deployment : snapshot.deployments) put(deployment);
  for (const Endpoint& endpoint : snapshot.endpoints) put(endpoint);
  for (const Changeset& changeset : snapshot.changesets) put(changeset);
  for (const RememberedRequest& request : snapshot.requests) put(request);
  for (const SupersededBuild& build : snapshot.superseded) put(build);
  for (const ConfigValue& value : snapshot.config) put(value);
  for (const SecretValue& secret : snapshot.secrets)
    secrets_.put({secret.module, secret.name}, secret);
  config_unset_revision_ = snapshot.config_unset_revision;
  schema::restore(book_, snapshot);
  secret_unset_revision_ = snapshot.secret_unset_revision;
}

State::Snapshot State::snapshot() const {
  Snapshot out;
  out.revision = revision_;
  out.time_ms = time_ms_;
  out.feature_level = feature_level_;
  for (const auto& [key, deployment] : deployments_.all()) out.deployments.push_back(deployment);
  for (const auto& [id, endpoint] : endpoints_.all()) out.endpoints.push_back(endpoint);
  for (const auto& [key, changeset] : changesets_.all()) out.changesets.push_back(changeset);
  for (const auto& [at, id] : requests_by_age_) out.requests.push_back(*requests_.find(id));
  for (const auto& [at, id] : superseded_by_age_) out.superseded.push_back(*superseded_.find(id));
  for (const auto& [key, value] : config_.all()) out.config.push_back(value);
  out.config_unset_revision = config_unset_revision_;
  for (const auto& [key, secret] : secrets_.all()) out.secrets.push_back(secret);
  for (const auto& [id, token] : book_.tokens()) out.tokens.push_back(token);
  for (const auto& [principal, grant] : book_.grants()) out.grants.push_back(grant);
  out.secret_unset_revision = secret_unset_revision_;
  return out;
}

std::uint64_t State::digest() const {
  // Zero where nothing was ever unset, so that the digest of older states stays what it was.
  const auto unset_at = [](const char* kind, Revision revision) {
    return revision == 0 ? 0 : EntryHash().add(kind).add(revision).value();
  };
  const std::uint64_t unset =
      unset_at("unset", config_unset_revision_) + unset_at("secret-unset", secret_unset_revision_);
  return deployments_.digest() + endpoints_.digest() + changesets_.digest() + requests_.digest() +
         superseded_.digest() + config_.digest() + secrets_.digest() + book_.digest() + unset +
         EntryHash().add(feature_level_).value();
}

void State::put(Deployment deployment) {
  const std::string key = deployment.key;
  if (!uses_.contains(key)) uses_.emplace(key, use_of(*deployment.schema));
  if (deployment.phase == DeploymentPhase::canonical) set_canonical(deployment.module(), key);
  set_standing(deployment.module(), key,
               deployment.phase == DeploymentPhase::preparing ||
                   deployment.phase == DeploymentPhase::canonical);
  deployments_.put(key, std::move(deployment));
}

void State::put(Endpoint endpoint) {
  const std::string id = endpoint.id;
  erase_endpoint(id);
  endpoint_ids_[endpoint.deployment].insert(id);
  endpoints_.put(id, std::move(endpoint));
}

void State::put(Changeset changeset) {
  const std::string key = changeset.key;
  if (const Changeset* before = changesets_.find(key)) {
    active_.erase({before->created_revision, key});
    ended_.erase({before->phase_revision, key});
  }
  if (schema::is_active(changeset.phase))
    active_.insert({changeset.created_revision, key});
  else
    ended_.insert({changeset.phase_revision, key});
  if (holds_modules(changeset.phase) && reaches_out(changeset))
    outward_.insert(key);
  else
    outward_.erase(key);
  for (const std::string& module : modules_of(*this, changeset)) {
    const auto held = holders_.find(module);
    if (holds_modules(changeset.phase))
      holders_[module] = key;
    else if (held != holders_.end() && held->second == key)
      holders_.erase(held);
  }
  changesets_.put(key, std::move(changeset));
}

void State::put(RememberedRequest request) {
  const RequestId id{request.principal, request.token};
  if (const RememberedRequest* before = requests_.find(id))
    requests_by_age_.erase({before->revision, id});
  requests_by_age_.insert({request.revision, id});
  requests_.put(id, std::move(request));
}

void State::put(SupersededBuild build) {
  const BuildId id{build.module, build.schema_digest, build.build};
  reinstate(id);
  superseded_by_age_.insert({build.revision, id});
  superseded_.put(id, std::move(build));
}

void State::put(ConfigValue value) {
  const ConfigKey key{value.module, value.name};
  if (const ConfigValue* before = config_.find(key)) config_bytes_ -= before->json.size();
  config_bytes_ += value.json.size();
  config_.put(key, std::move(value));
}

void State::unset_config(const ConfigKey& key) {
  const ConfigValue* before = config_.find(key);
  if (before == nullptr) return;
  config_bytes_ -= before->json.size();
  config_.erase(key);
}

void State::set_phase(const std::string& key, DeploymentPhase phase) {
  const Deployment* before = deployments_.find(key);
  if (before == nullptr) return;
  unset_canonical(before->module(), key);
  Deployment after = *before;
  after.phase = phase;
  put(std::move(after));
}

void State::move_phase(const std::string& key, DeploymentPhase from, DeploymentPhase to) {
  const Deployment* before = deployments_.find(key);
  if (before != nullptr && before->phase == from) set_phase(key, to);
}

void State::set_phase(const std::string& key, ChangesetPhase phase, const std::string& failure) {
  const Changeset* before = changesets_.find(key);
  if (before == nullptr) return;
  Changeset after = *before;
  // `put` files it by the phase that it is in, so the old entry goes first.
  active_.erase({before->created_revision, key});
  ended_.erase({before->phase_revision, key});
  after.phase = phase;
  after.phase_revision = revision_;
  if (!failure.empty()) after.failure = failure;
  put(std::move(after));
}

bool State::reaches_out(const Changeset& changeset) const {
  return std::any_of(
      changeset.deployments.begin(), changeset.deployments.end(), [this](const std::string& key) {
        const ModuleUse* use = use_of_deployment(key);
        return use != nullptr &&
               (use->has_routes || !use->imports.empty() || !use->realm.first.empty());
      });
}

void State::set_standing(const std::string& module, const std::string& key, bool stands) {
  if (stands) {
    standing_[module].insert(key);
    return;
  }
  const auto standing = standing_.find(module);
  if (standing == standing_.end()) return;
  standing->second.erase(key);
  if (standing->second.empty()) standing_.erase(standing);
}

void State::set_canonical(const std::string& module, const std::string& key) {
  if (const auto before = canonical_.find(module); before != canonical_.end())
    unset_canonical(module, std::string(before->second));
  canonical_[module] = key;
  const ModuleUse& use = uses_.at(key);
  for (const std::string& name : use.imports) importers_[name].insert(module);
  if (use.has_routes) with_routes_.insert(module);
  if (!use.realm.first.empty()) in_realm_[use.realm].insert(module);
}

void State::unset_canonical(const std::string& module, const std::string& key) {
  const auto held = canonical_.find(module);
  if (held == canonical_.end() || held->second != key) return;
  for (const std::string& name : uses_.at(key).imports) {
    const auto importers = importers_.find(name);
    importers->second.erase(module);
    if (importers->second.empty()) importers_.erase(importers);
  }
  with_routes_.erase(module);
  const auto realm = in_realm_.find(uses_.at(key).realm);
  if (realm != in_realm_.end() && realm->second.erase(module) > 0 && realm->second.empty())
    in_realm_.erase(realm);
  canonical_.erase(held);
}

void State::erase_deployment(const std::string& key) {
  const std::set<std::string> ids = endpoint_ids_[key];
  for (const std::string& id : ids) erase_endpoint(id);
  endpoint_ids_.erase(key);
  const Deployment* deployment = deployments_.find(key);
  if (deployment == nullptr) return;
  unset_canonical(deployment->module(), key);
  set_standing(deployment->module(), key, false);
  uses_.erase(key);
  deployments_.erase(key);
}

void State::erase_endpoint(const std::string& id) {
  const Endpoint* endpoint = endpoints_.find(id);
  if (endpoint == nullptr) return;
  const auto ids = endpoint_ids_.find(endpoint->deployment);
  ids->second.erase(id);
  if (ids->second.empty()) endpoint_ids_.erase(ids);
  endpoints_.erase(id);
}

void State::supersede(const std::string& key) {
  const Deployment* deployment = deployments_.find(key);
  if (deployment == nullptr) return;
  put(SupersededBuild{deployment->module(), deployment->schema_digest, deployment->build,
                      revision_});
}

void State::reinstate(const BuildId& id) {
  const SupersededBuild* before = superseded_.find(id);
  if (before == nullptr) return;
  superseded_by_age_.erase({before->revision, id});
  superseded_.erase(id);
}

void State::forget_old_requests() {
  while (!requests_by_age_.empty()) {
    const auto oldest = requests_by_age_.begin();
    if (oldest->first + requests_kept_commits > revision_) return;
    requests_.erase(oldest->second);
    requests_by_age_.erase(oldest);
  }
}

void State::forget_old_builds() {
  while (superseded_by_age_.size() > superseded_builds_max) {
    superseded_.erase(superseded_by_age_.begin()->second);
    superseded_by_age_.erase(superseded_by_age_.begin());
  }
}

void State::forget_ended_changesets() {
  while (ended_.size() > ended_changesets_max) {
    changesets_.erase(ended_.begin()->second);
    ended_.erase(ended_.begin());
  }
}

}  // namespace millrace::schema_service
