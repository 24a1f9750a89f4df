#include "services/timeline/changes.hpp"

#include <algorithm>

#include "schema/fold_access.hpp"
#include "statekit/entry_hash.hpp"

namespace millrace::timeline {

using statekit::ChangesetEvent;
using statekit::DeploymentEvent;
using statekit::EntryHash;
using statekit::TimelineEvent;

// One commit: what each event changes, and what is said about it.
struct ChangeState::Fold {
  ChangeState& state;
  const statekit::CommitMeta& meta;

  static std::uint64_t hash(const std::string& key, const std::string& module) {
    return EntryHash().add("deployment").add(key).add(module).value();
  }
  static std::uint64_t hash(const std::string& key, const Endpoint& value) {
    return EntryHash().add("endpoint").add(key).add(value.deployment).add(value.address).value();
  }
  static std::uint64_t hash(const std::string& key, const Changeset& value) {
    EntryHash out;
    out.add("changeset").add(key);
    for (const auto* list : {&value.deployments, &value.removed_modules, &value.replaced}) {
      out.add(list->size());
      for (const std::string& each : *list) out.add(each);
    }
    return out.value();
  }

  void say(TimelineEvent event) const {
    event.time_ms = meta.time_ms;
    state.recent_.emplace_back(meta.revision, std::move(event));
    if (state.recent_.size() > recent_max) state.recent_.pop_front();
  }
  void say_changeset(const std::string& key, const char* phase, const std::string& why = {}) const {
    TimelineEvent event;
    event.what = ChangesetEvent{
        key,         phase,        state.modules_of(key), why.empty() ? meta.reason : why,
        meta.author, meta.revision};
    say(std::move(event));
  }
  void say_deployment(const std::string& key, const char* what,
                      const std::string& endpoint = {}) const {
    TimelineEvent event;
    event.what = DeploymentEvent{key, state.module_of(key), what, endpoint, meta.revision};
    say(std::move(event));
  }

  void operator()(const schema::ChangesetCreated& event) const {
    for (const schema::Deployment& each : event.deployments)
      state.put(state.deployments_, each.key, each.module());
    state.add(event.changeset);
    say_changeset(event.changeset.key, "preparing", event.changeset.reason);
    for (const schema::Deployment& each : event.deployments) say_deployment(each.key, "created");
  }
  void operator()(const schema::ChangesetPrepared& event) const {
    say_changeset(event.changeset, "prepared");
  }
  void operator()(const schema::ChangesetCommitted& event) const {
    say_changeset(event.changeset, "committed");
    const auto found = state.changesets_.find(event.changeset);
    if (found == state.changesets_.end()) return;
    for (const std::string& each : found->second.deployments) say_deployment(each, "canonical");
    for (const std::string& each : event.replaced) say_deployment(each, "draining");
    Changeset changeset = found->second;
    changeset.replaced = event.replaced;
    state.put(state.changesets_, event.changeset, std::move(changeset));
  }
  void operator()(const schema::ChangesetDrained& event) const {
    say_changeset(event.changeset, "drained");
  }
  void operator()(const schema::ChangesetFinalized& event) const {
    say_changeset(event.changeset, "finalized");
    const auto found = state.changesets_.find(event.changeset);
    if (found == state.changesets_.end()) return;
    for (const std::string& each : found->second.replaced) say_deployment(each, "retired");
    state.drop(state.changesets_, event.changeset);
  }
  void operator()(const schema::ChangesetRollingBack& event) const {
    say_changeset(event.changeset, "rolling-back", event.reason);
  }
  void operator()(const schema::ChangesetFailed& event) const {
    say_changeset(event.changeset, "failed", event.reason);
    const auto found = state.changesets_.find(event.changeset);
    if (found == state.changesets_.end()) return;
    for (const std::string& each : found->second.deployments) say_deployment(each, "failed");
    state.drop(state.changesets_, event.changeset);
  }
  void operator()(const schema::DeploymentsRemoved& event) const {
    for (const std::string& key : event.deployments) {
      say_deployment(key, "removed");
      for (auto at = state.endpoints_.begin(); at != state.endpoints_.end();) {
        const auto here = at++;
        if (here->second.deployment == key) state.drop(state.endpoints_, std::string(here->first));
      }
      state.drop(state.deployments_, key);
    }
  }
  void operator()(const schema::EndpointRegistered& event) const {
    const schema::Endpoint& endpoint = event.endpoint;
    state.put(state.endpoints_, endpoint.id, Endpoint{endpoint.deployment, endpoint.address});
    say_deployment(endpoint.deployment, "endpoint-registered", endpoint.address);
  }
  void operator()(const schema::EndpointHealthChanged& event) const {
    const auto found = state.endpoints_.find(event.endpoint);
    if (found == state.endpoints_.end()) return;
    say_deployment(found->second.deployment,
                   event.healthy ? "endpoint-healthy" : "endpoint-unhealthy",
                   found->second.address);
  }
  void operator()(const schema::EndpointRemoved& event) const {
    const auto found = state.endpoints_.find(event.endpoint);
    if (found == state.endpoints_.end()) return;
    say_deployment(found->second.deployment, "endpoint-removed", found->second.address);
    state.drop(state.endpoints_, event.endpoint);
  }
  // These say nothing to people who watch.
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
void ChangeState::put(ByKey<Value>& entries, const std::string& key, Value value) {
  const auto [at, added] = entries.try_emplace(key);
  if (!added) digest_ -= Fold::hash(key, at->second);
  digest_ += Fold::hash(key, value);
  at->second = std::move(value);
}

template <class Value>
void ChangeState::drop(ByKey<Value>& entries, const std::string& key) {
  const auto at = entries.find(key);
  if (at == entries.end()) return;
  digest_ -= Fold::hash(key, at->second);
  entries.erase(at);
}

void ChangeState::apply(const schema::Commit& commit) {
  for (const Event& event : commit.events) std::visit(Fold{*this, commit.meta}, event);
  revision_ = commit.meta.revision;
}

void ChangeState::restore(const Snapshot& snapshot) {
  *this = ChangeState{};
  revision_ = restored_ = snapshot.revision;
  for (const schema::Deployment& each : snapshot.deployments)
    put(deployments_, each.key, each.module());
  for (const schema::Endpoint& each : snapshot.endpoints)
    put(endpoints_, each.id, Endpoint{each.deployment, each.address});
  for (const schema::Changeset& each : snapshot.changesets) add(each);
  schema::restore(book_, snapshot);
}

void ChangeState::add(const schema::Changeset& changeset) {
  if (!is_active(changeset.phase)) return;
  put(changesets_, changeset.key,
      Changeset{changeset.deployments, changeset.removed_modules, changeset.replaced});
}

std::string ChangeState::module_of(const std::string& deployment) const {
  const auto found = deployments_.find(deployment);
  return found == deployments_.end() ? "" : found->second;
}

std::vector<std::string> ChangeState::modules_of(const std::string& changeset) const {
  const auto found = changesets_.find(changeset);
  if (found == changesets_.end()) return {};
  std::vector<std::string> out = found->second.removed_modules;
  for (const std::string& each : found->second.deployments) out.push_back(module_of(each));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<TimelineEvent> ChangeState::events_after(statekit::Revision revision) const {
  std::vector<TimelineEvent> out;
  for (const auto& [at, event] : recent_)
    if (at > revision) out.push_back(event);
  return out;
}

}  // namespace millrace::timeline
