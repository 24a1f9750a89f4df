// What deploying promises, by a model that is folded from the events and shares no rule with the
// state: which deployment each module has, which endpoints there are, what each changeset is about
// to change. Each event is held against it, and so is the state that the service made of them.
//
//   1. every canonical module has exactly one canonical deployment
//   2. no endpoint is without its deployment
//   3. no two changesets that are not committed yet share a module
//   4. every reference in the canonical schema leads somewhere
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include "schema/check.hpp"
#include "services/schema/state.hpp"
#include "support/catch.hpp"

namespace millrace::test {

class Model {
 public:
  void see(const schema::Event& event) {
    std::visit([this](const auto& each) { take(each); }, event);
  }

  void hold_against(const schema_service::State& state) const {
    std::map<std::string, std::string> canonical;
    for (const auto& [key, deployment] : state.deployments()) {
      INFO(key);
      REQUIRE(deployments_.contains(key));
      if (deployment.phase != schema::DeploymentPhase::canonical) continue;
      REQUIRE(canonical.emplace(deployment.module(), key).second);
    }
    REQUIRE(state.deployments().size() == deployments_.size());
    REQUIRE(canonical == canonical_);
    REQUIRE(state.canonical_keys() == canonical_);
    REQUIRE(state.endpoints().size() == endpoints_.size());
    for (const auto& [id, endpoint] : state.endpoints())
      REQUIRE(endpoints_.at(id) == endpoint.deployment);
    for (const auto& [key, changeset] : changesets_) {
      if (!holds(changeset)) continue;
      for (const std::string& module : changeset.modules) {
        const schema_service::Changeset* holder = state.holder_of(module);
        INFO(key << " holds " << module);
        REQUIRE(holder != nullptr);
        REQUIRE(holder->key == key);
      }
    }
  }

 private:
  enum class Phase { preparing, prepared, committed, drained, finalized, rolling_back, failed };
  struct Changeset {
    std::set<std::string> modules;
    std::vector<std::string> deployments;
    std::vector<std::string> removed;
    Phase phase = Phase::preparing;
  };

  static bool holds(const Changeset& changeset) {
    return changeset.phase == Phase::preparing || changeset.phase == Phase::prepared ||
           changeset.phase == Phase::rolling_back;
  }

  void take(const schema::ChangesetCreated& event) {
    for (const schema::Deployment& made : event.deployments)
      REQUIRE(deployments_.emplace(made.key, made.schema).second);
    Changeset changeset;
    changeset.deployments = event.changeset.deployments;
    changeset.removed = event.changeset.removed_modules;
    changeset.modules.insert(changeset.removed.begin(), changeset.removed.end());
    for (const std::string& key : changeset.deployments)
      REQUIRE(changeset.modules.insert(deployments_.at(key)->name).second);
    for (const auto& [key, other] : changesets_) {
      if (!holds(other)) continue;
      INFO(event.changeset.key << " and " << key);
      for (const std::string& module : changeset.modules) REQUIRE(!other.modules.contains(module));
    }
    REQUIRE(changesets_.emplace(event.changeset.key, changeset).second);
  }
  void take(const schema::ChangesetPrepared& event) {
    move(event.changeset, {Phase::preparing}, Phase::prepared);
  }
  void take(const schema::ChangesetCommitted& event) {
    const Changeset& changeset = move(event.changeset, {Phase::prepared}, Phase::committed);
    std::set<std::string> replaced;
    for (const std::string& module : changeset.modules) {
      const auto was = canonical_.find(module);
      if (was != canonical_.end()) replaced.insert(was->second);
    }
    REQUIRE(std::set<std::string>(event.replaced.begin(), event.replaced.end()) == replaced);
    for (const std::string& module : changeset.removed) canonical_.erase(module);
    for (const std::string& key : changeset.deployments)
      canonical_[deployments_.at(key)->name] = key;
    check_references();
  }
  void take(const schema::ChangesetDrained& event) {
    move(event.changeset, {Phase::committed}, Phase::drained);
  }
  void take(const schema::ChangesetFinalized& event) {
    move(event.changeset, {Phase::drained}, Phase::finalized);
  }
  void take(const schema::ChangesetRollingBack& event) {
    move(event.changeset, {Phase::preparing, Phase::prepared}, Phase::rolling_back);
  }
  void take(const schema::ChangesetFailed& event) {
    move(event.changeset, {Phase::preparing, Phase::prepared, Phase::rolling_back}, Phase::failed);
  }
  void take(const schema::DeploymentsRemoved& event) {
    for (const std::string& key : event.deployments) {
      INFO(key);
      for (const auto& [module, canonical] : canonical_) REQUIRE(canonical != key);
      for (const auto& [name, changeset] : changesets_) {
        if (!holds(changeset)) continue;
        for (const std::string& brought : changeset.deployments) REQUIRE(brought != key);
      }
      REQUIRE(deployments_.erase(key) == 1);
      std::erase_if(endpoints_, [&](const auto& each) { return each.second == key; });
    }
  }
  void take(const schema::EndpointRegistered& event) {
    REQUIRE(deployments_.contains(event.endpoint.deployment));
    endpoints_[event.endpoint.id] = event.endpoint.deployment;
  }
  void take(const schema::EndpointRemoved& event) { REQUIRE(endpoints_.erase(event.endpoint)); }
  void take(const schema::EndpointHealthChanged& event) {
    REQUIRE(endpoints_.contains(event.endpoint));
  }
  template <class Other>  // no matter of deploying
  void take(const Other&) {}

  const Changeset& move(const std::string& key, const std::set<Phase>& from, Phase to) {
    INFO(key);
    Changeset& changeset = changesets_.at(key);
    REQUIRE(from.contains(changeset.phase));
    changeset.phase = to;
    return changeset;
  }

  // Each call by hand, then all else by the whole check, not by the part that a change concerns.
  void check_references() const {
    schema::Schema all;
    for (const auto& [name, key] : canonical_) {
      all.modules.push_back(*deployments_.at(key));
      for (const schema::Verb& verb : all.modules.back().verbs) {
        for (const schema::Metadata& metadata : verb.metadata) {
          if (const auto* calls = std::get_if<schema::Calls>(&metadata.value))
            for (const schema::Ref& ref : calls->verbs) check_call(ref);
        }
      }
    }
    for (const schema::Diagnostic& diagnostic : schema::check(all)) FAIL(to_string(diagnostic));
  }
  void check_call(const schema::Ref& ref) const {
    INFO(ref.module << "." << ref.name);
    REQUIRE(canonical_.contains(ref.module));
    bool declared = false;
    for (const schema::Verb& verb : deployments_.at(canonical_.at(ref.module))->verbs)
      declared = declared || verb.name == ref.name;
    REQUIRE(declared);
  }

  std::map<std::string, std::shared_ptr<const schema::Module>> deployments_;
  std::map<std::string, std::string> endpoints_;  // the deployment of each
  std::map<std::string, Changeset> changesets_;
  std::map<std::string, std::string> canonical_;  // the deployment of each module
};

}  // namespace millrace::test
