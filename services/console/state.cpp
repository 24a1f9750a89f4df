#include "services/console/state.hpp"

#include "schema/fold_access.hpp"
#include "services/console/entry_hash.hpp"

namespace millrace::console {

using schema::Changeset;
using schema::ChangesetPhase;
using schema::Deployment;
using schema::DeploymentPhase;
using schema::Endpoint;

// How each kind of event folds; `at` is the revision of its commit.
struct ConsoleState::Fold {
  ConsoleState& state;
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
    for (const std::string& key : event.replaced) state.set_phase(key, DeploymentPhase::draining);
    const auto found = state.changesets_.find(event.changeset);
    if (found == state.changesets_.end()) return;
    Changeset changeset = found->second;
    for (const std::string& key : changeset.deployments)
      state.set_phase(key, DeploymentPhase::canonical);
    changeset.replaced = event.replaced;
    state.put(std::move(changeset));
    state.set_phase(event.changeset, ChangesetPhase::committed, {});
  }
  void operator()(const schema::ChangesetDrained& event) const {
    state.set_phase(event.changeset, ChangesetPhase::drained, {});
  }
  void operator()(const schema::ChangesetFinalized& event) const {
    const auto found = state.changesets_.find(event.changeset);
    if (found == state.changesets_.end()) return;
    const std::vector<std::string> replaced = found->second.replaced;
    for (const std::string& key : replaced)
      state.move_phase(key, DeploymentPhase::draining, DeploymentPhase::retired);
    state.set_phase(event.changeset, ChangesetPhase::finalized, {});
  }
  void operator()(const schema::ChangesetRollingBack& event) const {
    state.set_phase(event.changeset, ChangesetPhase::rolling_back, event.reason);
  }
  void operator()(const schema::ChangesetFailed& event) const {
    const auto found = state.changesets_.find(event.changeset);
    if (found == state.changesets_.end()) return;
    const std::vector<std::string> brought = found->second.deployments;
    for (const std::string& key : brought)
      state.move_phase(key, DeploymentPhase::preparing, DeploymentPhase::failed);
    state.set_phase(event.changeset, ChangesetPhase::failed, event.reason);
  }
  void operator()(const schema::DeploymentsRemoved& event) const {
    for (const std::string& key : event.deployments) state.drop_deployment(key);
  }
  void operator()(const schema::EndpointRegistered& event) const {
    Endpoint endpoint = event.endpoint;
    endpoint.registered_revision = at;
    state.put(std::move(endpoint));
  }
  void operator()(const schema::EndpointHealthChanged& event) const {
    const auto found = state.endpoints_.find(event.endpoint);
    if (found == state.endpoints_.end()) return;
    Endpoint endpoint = found->second;
    endpoint.healthy = event.healthy;
    state.put(std::move(endpoint));
  }
  void operator()(const schema::EndpointRemoved& event) const {
    state.drop_endpoint(event.endpoint);
  }
  // Nothing that the console shows.
  void operator()(const schema::RequestRemembered&) const {}
  void operator()(const schema::FeatureLevelRaised&) const {}
  void operator()(const schema::ConfigSet& event) const {
    schema::ConfigValue value = event.value;
    value.revision = at;
    value.author = author;
    value.time_ms = time_ms;
    state.put(std::move(value));
  }
  void operator()(const schema::ConfigUnset& event) const {
    state.drop_config({event.module, event.name});
  }
  void operator()(const schema::SecretSet& event) const {
    schema::SecretValue secret = event.secret;
    secret.revision = at;
    secret.author = author;
    secret.time_ms = time_ms;
    state.put(std::move(secret));
  }
  void operator()(const schema::SecretUnset& event) const {
    state.drop_secret({event.module, event.name});
  }
  void operator()(const schema::SecretRewrapped& event) const {
    const auto found = state.secrets_.find({event.module, event.name});
    if (found == state.secrets_.end() || found->second.id != event.id) return;
    schema::SecretValue secret = found->second;
    secret.key_id = event.key_id;
    state.put(std::move(secret));
  }
  template <schema::AccessEvent Event>
  void operator()(const Event& event) const {
    schema::fold(state.book_, event, meta);
  }
};

void ConsoleState::apply(const schema::Commit& commit) {
  revision_ = commit.meta.revision;
  time_ms_ = commit.meta.time_ms;
  const Fold fold{*this, revision_, time_ms_, commit.meta.author, commit.meta};
  for (const Event& event : commit.events) std::visit(fold, event);
  forget_ended_changesets();
}

void ConsoleState::restore(const Snapshot& snapshot) {
  *this = ConsoleState{};
  revision_ = snapshot.revision;
  time_ms_ = snapshot.time_ms;
  for (const Deployment& deployment : snapshot.deployments) put(deployment);
  for (const Endpoint& endpoint : snapshot.endpoints) put(endpoint);
  for (const Changeset& changeset : snapshot.changesets) put(changeset);
  schema::restore(book_, snapshot);
  for (const schema::ConfigValue& value : snapshot.config) put(value);
  for (const schema::SecretValue& secret : snapshot.secrets) put(secret);
  forget_ended_changesets();
}

void ConsoleState::put(Deployment deployment) {
  const std::string key = deployment.key;
  const auto found = deployments_.find(key);
  if (found != deployments_.end()) digest_ -= hash_of(found->second);
  digest_ += hash_of(deployment);
  deployments_.insert_or_assign(key, std::move(deployment));
}

void ConsoleState::put(Endpoint endpoint) {
  const std::string id = endpoint.id;
  drop_endpoint(id);
  digest_ += hash_of(endpoint);
  endpoint_ids_[endpoint.deployment].insert(id);
  endpoints_.emplace(id, std::move(endpoint));
}

void ConsoleState::put(Changeset changeset) {
  const std::string key = changeset.key;
  drop_changeset(key);
  digest_ += hash_of(changeset);
  if (!schema::is_active(changeset.phase)) ended_.insert({changeset.phase_revision, key});
  changesets_.emplace(key, std::move(changeset));
}

void ConsoleState::put(schema::ConfigValue value) {
  Name name{value.module, value.name};
  drop_config(name);
  digest_ += hash_of(value);
  configs_.emplace(std::move(name), std::move(value));
}

void ConsoleState::put(schema::SecretValue secret) {
  Name name{secret.module, secret.name};
  drop_secret(name);
  secret.box.clear();
  secret.wrapped_key.clear();
  digest_ += hash_of(secret);
  secrets_.emplace(std::move(name), std::move(secret));
}

void ConsoleState::drop_config(const Name& name) {
  const auto found = configs_.find(name);
  if (found == configs_.end()) return;
  digest_ -= hash_of(found->second);
  configs_.erase(found);
}

void ConsoleState::drop_secret(const Name& name) {
  const auto found = secrets_.find(name);
  if (found == secrets_.end()) return;
  digest_ -= hash_of(found->second);
  secrets_.erase(found);
}

void ConsoleState::drop_deployment(std::string_view key) {
  const auto ids = endpoint_ids_.find(key);
  if (ids != endpoint_ids_.end()) {
    const std::set<std::string> gone = ids->second;
    for (const std::string& id : gone) drop_endpoint(id);
  }
  const auto found = deployments_.find(key);
  if (found == deployments_.end()) return;
  digest_ -= hash_of(found->second);
  deployments_.erase(found);
}

void ConsoleState::drop_endpoint(std::string_view id) {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end()) return;
  const auto ids = endpoint_ids_.find(found->second.deployment);
  ids->second.erase(found->first);
  if (ids->second.empty()) endpoint_ids_.erase(ids);
  digest_ -= hash_of(found->second);
  endpoints_.erase(found);
}

void ConsoleState::drop_changeset(std::string_view key) {
  const auto found = changesets_.find(key);
  if (found == changesets_.end()) return;
  ended_.erase({found->second.phase_revision, found->first});
  digest_ -= hash_of(found->second);
  changesets_.erase(found);
}

void ConsoleState::set_phase(const std::string& key, DeploymentPhase phase) {
  const auto found = deployments_.find(key);
  if (found == deployments_.end()) return;
  Deployment after = found->second;
  after.phase = phase;
  put(std::move(after));
}

void ConsoleState::move_phase(const std::string& key, DeploymentPhase from, DeploymentPhase to) {
  const auto found = deployments_.find(key);
  if (found != deployments_.end() && found->second.phase == from) set_phase(key, to);
}

void ConsoleState::set_phase(const std::string& key, ChangesetPhase phase,
                             const std::string& failure) {
  const auto found = changesets_.find(key);
  if (found == changesets_.end()) return;
  Changeset after = found->second;
  after.phase = phase;
  after.phase_revision = revision_;
  if (!failure.empty()) after.failure = failure;
  put(std::move(after));
}

void ConsoleState::forget_ended_changesets() {
  while (ended_.size() > ended_changesets_max) {
    const std::string oldest = ended_.begin()->second;
    drop_changeset(oldest);
  }
}

}  // namespace millrace::console
