// Builders for what changes in a system: modules, deployments, endpoints, changesets, and seeded
// random ones. Values, free of threads.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "schema/change.hpp"

namespace millrace::test {

// A module with one exported verb of each name, Unit in and Unit out.
inline schema::Module module_with(std::string name, std::vector<std::string> verbs = {"run"}) {
  schema::Module module;
  module.name = std::move(name);
  for (std::string& verb_name : verbs) {
    schema::Verb verb;
    verb.visibility = schema::Visibility::exported;
    verb.name = std::move(verb_name);
    module.verbs.push_back(std::move(verb));
  }
  return module;
}

// dpl-<module>-<suffix padded with zeroes to ten characters>
inline std::string key_of(const std::string& module, const std::string& suffix) {
  return "dpl-" + module + "-" + std::string(10 - suffix.size(), '0') + suffix;
}

inline schema::Deployment deployment_of(const schema::Module& module, const std::string& suffix) {
  schema::Deployment deployment;
  deployment.key = key_of(module.name, suffix);
  deployment.schema = std::make_shared<const schema::Module>(module);
  deployment.schema_digest = statekit::sha256(module.name + suffix);
  deployment.build = "build-" + suffix;
  deployment.changeset = "chs-000000000" + suffix.substr(0, 1);
  return deployment;
}

// Random values with every field set to something, from one seed.
class RandomChanges {
 public:
  explicit RandomChanges(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t number(std::uint64_t below) { return engine_() % below; }
  bool flip() { return number(2) == 1; }
  std::string word() {
    static const std::vector<std::string> words = {
        "", "a", "echo", "Größe", "日本", std::string("\0\n\"", 3), "time"};
    return words[number(words.size())] + std::to_string(number(1000));
  }
  std::vector<std::string> words() {
    std::vector<std::string> all(number(4));
    for (std::string& each : all) each = word();
    return all;
  }
  statekit::Digest digest() { return statekit::sha256(word()); }

  std::uint32_t level() {
    return static_cast<std::uint32_t>(number(schema::feature_level_newest + 1));
  }
  schema::Deployment deployment() {
    schema::Deployment value = deployment_of(module_with("m" + std::to_string(number(9))), "x");
    value.key = word();
    value.schema_digest = digest();
    value.build = word();
    value.replicas = static_cast<std::uint32_t>(number(5));
    value.changeset = word();
    value.phase = static_cast<schema::DeploymentPhase>(1 + number(5));
    value.fixed_endpoint = word();
    value.created_revision = engine_();
    return value;
  }
  schema::Endpoint endpoint() {
    return {word(), word(), word(), word(), flip(), flip(), engine_()};
  }
  schema::Changeset changeset() {
    schema::Changeset value;
    value.key = word();
    value.phase = static_cast<schema::ChangesetPhase>(1 + number(7));
    value.deployments = words();
    value.removed_modules = words();
    value.replaced = words();
    value.hold = flip();
    value.canary_percent = static_cast<std::uint32_t>(number(101));
    value.deadline_ms = static_cast<std::int64_t>(engine_());
    value.drain_ms_max = static_cast<std::int64_t>(engine_());
    value.allow_breaking = flip();
    value.accepted_breaks = words();
    value.author = word();
    value.reason = word();
    value.failure = word();
    value.created_revision = engine_();
    value.phase_revision = engine_();
    value.created_ms = static_cast<std::int64_t>(engine_());
    return value;
  }
  schema::ConfigValue config() {
    return {word(),    word(), "\"" + std::to_string(number(1000)) + "\"",
            engine_(), word(), static_cast<std::int64_t>(engine_())};
  }
  schema::SecretValue secret() {
    return {word(), word(), word(),    word(), word(),
            word(), word(), engine_(), word(), static_cast<std::int64_t>(engine_())};
  }
  access::RoleBinding role() { return {static_cast<access::Role>(1 + number(6)), words()}; }
  access::Token token() {
    return {word(),
            digest(),
            word(),
            word(),
            static_cast<std::int64_t>(engine_()),
            engine_(),
            word(),
            static_cast<std::int64_t>(engine_())};
  }
  access::Grant grant() {
    access::Grant value{word(), {}, engine_(), word(), static_cast<std::int64_t>(engine_())};
    for (std::uint64_t i = number(4); i > 0; --i) value.roles.push_back(role());
    return value;
  }
  // Every kind comes up as `kind` goes from 0 to 21.
  schema::Event event(std::size_t kind) {
    switch (kind % std::variant_size_v<schema::Event>) {
      case 0: return schema::ChangesetCreated{changeset(), {deployment(), deployment()}};
      case 1: return schema::ChangesetPrepared{word()};
      case 2: return schema::ChangesetCommitted{word(), words()};
      case 3: return schema::ChangesetDrained{word()};
      case 4: return schema::ChangesetFinalized{word()};
      case 5: return schema::ChangesetRollingBack{word(), word()};
      case 6: return schema::ChangesetFailed{word(), word()};
      case 7: return schema::DeploymentsRemoved{words()};
      case 8: return schema::EndpointRegistered{endpoint()};
      case 9: return schema::EndpointHealthChanged{word(), flip()};
      case 10: return schema::EndpointRemoved{word(), word()};
      case 11: return schema::RequestRemembered{word(), word(), digest()};
      case 12: return schema::FeatureLevelRaised{level()};
      case 13: return schema::ConfigSet{config()};
      case 14: return schema::ConfigUnset{word(), word()};
      case 15: return schema::SecretSet{secret()};
      case 16: return schema::SecretUnset{word(), word()};
      case 17: return schema::SecretRewrapped{word(), word(), word(), word(), word()};
      case 18: return schema::TokenCreated{token()};
      case 19: return schema::TokenRevoked{word(), word()};
      case 20: return schema::RolesSet{grant()};
      default: return schema::RolesUnset{word()};
    }
  }
  schema::Snapshot snapshot() {
    schema::Snapshot value;
    value.revision = engine_();
    value.time_ms = static_cast<std::int64_t>(engine_());
    value.feature_level = level();
    for (std::uint64_t i = number(6); i > 0; --i) value.deployments.push_back(deployment());
    for (std::uint64_t i = number(6); i > 0; --i) value.endpoints.push_back(endpoint());
    for (std::uint64_t i = number(6); i > 0; --i) value.changesets.push_back(changeset());
    for (std::uint64_t i = number(6); i > 0; --i)
      value.requests.push_back({word(), word(), digest(), engine_()});
    for (std::uint64_t i = number(6); i > 0; --i)
      value.superseded.push_back({word(), digest(), word(), engine_()});
    for (std::uint64_t i = number(6); i > 0; --i) value.config.push_back(config());
    value.config_unset_revision = engine_();
    for (std::uint64_t i = number(6); i > 0; --i) value.secrets.push_back(secret());
    for (std::uint64_t i = number(6); i > 0; --i) value.tokens.push_back(token());
    for (std::uint64_t i = number(6); i > 0; --i) value.grants.push_back(grant());
    return value;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace millrace::test
