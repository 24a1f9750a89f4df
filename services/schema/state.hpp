// What the schema service knows at one revision: deployments, endpoints, changesets, which
// deployment is canonical for each module, the values of config, sealed secrets, and the requests
// that carried a token. Machine folds commits into it; decide.cpp and service.cpp ask it questions.
// Pure; a value, free of threads.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "access/book.hpp"
#include "schema/change.hpp"
#include "services/schema/table.hpp"

namespace millrace::schema_service {

using schema::Changeset;
using schema::ChangesetPhase;
using schema::ConfigValue;
using schema::Deployment;
using schema::DeploymentPhase;
using schema::Endpoint;
using schema::RememberedRequest;
using schema::SecretValue;
using schema::SupersededBuild;
using statekit::Digest;
using statekit::Revision;
using statekit::WallMs;

// What is kept of the past. The limits are part of how commits fold: all replicas share them.
inline constexpr Revision requests_kept_commits = 100'000;
inline constexpr std::size_t superseded_builds_max = 10'000;
inline constexpr std::size_t ended_changesets_max = 1'000;

// A deployment is known by these three: two instances of one build join one deployment.
struct BuildId {
  std::string module;
  Digest schema_digest;
  std::string build;
  auto operator<=>(const BuildId&) const = default;
};
BuildId build_of(const Deployment& deployment);

// Of a config or a secret: its module (empty: for each module that has no value of its own) and its
// name.
using ConfigKey = std::pair<std::string, std::string>;

// What a module needs of others, worked out once: so a change is checked against those it concerns
// and not against everything that is deployed.
struct ModuleUse {
  std::vector<std::string> imports;         // the modules that it refers to, sorted
  bool has_routes = false;                  // HTTP requests reach it
  std::pair<std::string, bool> realm = {};  // its name, empty: none; whether it is external
  bool operator==(const ModuleUse&) const = default;
};
ModuleUse use_of(const schema::Module& module);

class State {
 public:
  using Event = schema::Event;
  using Snapshot = schema::Snapshot;
  using RequestId = std::pair<std::string, std::string>;  // principal, token

  // REQUIRES: commit.meta.revision == revision() + 1. Never refuses; an event about what is not
  // there changes nothing.
  void apply(const schema::Commit& commit);
  void restore(const Snapshot& snapshot);
  Snapshot snapshot() const;
  Revision revision() const { return revision_; }
  std::uint64_t digest() const;
  bool operator==(const State&) const = default;

  WallMs time_ms() const { return time_ms_; }
  std::uint32_t feature_level() const { return feature_level_; }

  // Null when there is none. Pointers live until the next apply or restore.
  const Deployment* deployment(const std::string& key) const { return deployments_.find(key); }
  const Endpoint* endpoint(const std::string& id) const { return endpoints_.find(id); }
  const Changeset* changeset(const std::string& key) const { return changesets_.find(key); }
  // The deployment that serves a module to callers.
  const Deployment* canonical(const std::string& module) const;
  // The changeset that is about to change a module: it is not committed yet, nor has it failed.
  const Changeset* holder_of(const std::string& module) const;
  // Of a deployment's module; null when there is no such deployment.
  const ModuleUse* use_of_deployment(const std::string& key) const;
  // Of a canonical module; null when there is none of that name.
  const ModuleUse* use_of_canonical(const std::string& module) const;
  // The canonical modules that refer to it, whether it is deployed or not.
  const std::set<std::string>& importers_of(const std::string& module) const;
  const std::set<std::string>& modules_with_routes() const { return with_routes_; }
  // The canonical modules that stand in a realm of that name which is external, or is not.
  const std::set<std::string>& modules_of_realm(const std::pair<std::string, bool>& realm) const;
  // Those that are neither committed nor over and may matter to a change of these modules, oldest
  // first: they hold one of them, or what they bring refers to other modules, has routes or stands
  // in a realm.
  std::vector<const Changeset*> holders_beside(const std::set<std::string>& modules) const;
  const RememberedRequest* remembered(const RequestId& id) const { return requests_.find(id); }
  const SupersededBuild* superseded(const BuildId& id) const { return superseded_.find(id); }

  // Null: no such value is set.
  const ConfigValue* config(const ConfigKey& key) const { return config_.find(key); }
  // What a module is given: its own value, else the one for all.
  const ConfigValue* config_of(const std::string& module, const std::string& name) const;
  // The last commit that unset a config value; 0: none did.
  Revision config_unset_revision() const { return config_unset_revision_; }
  Revision secret_unset_revision() const { return secret_unset_revision_; }
  // Octets of all config values together.
  std::size_t config_bytes() const { return config_bytes_; }

  // Sealed; null: no such secret is set. And what a module is given.
  const SecretValue* secret(const ConfigKey& key) const { return secrets_.find(key); }
  const SecretValue* secret_of(const std::string& module, const std::string& name) const;

  // Who may do what.
  const access::Book& book() const { return book_; }

  // By id. `live` counts the healthy ones.
  std::vector<const Endpoint*> endpoints_of(const std::string& deployment) const;
  std::size_t live_endpoints_of(const std::string& deployment) const;
  std::vector<const Deployment*> deployments_of(const std::string& module) const;
  // Of these the preparing and the canonical ones.
  std::vector<const Deployment*> standing_of(const std::string& module) const;
  // Those that are neither finalized nor failed, oldest first.
  std::vector<const Changeset*> active_changesets() const;

  // Everything, by key.
  const std::map<std::string, Deployment>& deployments() const { return deployments_.all(); }
  const std::map<std::string, Endpoint>& endpoints() const { return endpoints_.all(); }
  const std::map<std::string, Changeset>& changesets() const { return changesets_.all(); }
  const std::map<ConfigKey, ConfigValue>& config() const { return config_.all(); }
  const std::map<ConfigKey, SecretValue>& secrets() const { return secrets_.all(); }
  // Module -> key of its canonical deployment.
  const std::map<std::string, std::string>& canonical_keys() const { return canonical_; }

 private:
  struct Fold;  // how each kind of event folds

  void put(Deployment deployment);
  void put(Endpoint endpoint);
  void put(Changeset changeset);
  void put(RememberedRequest request);
  void put(SupersededBuild build);
  void put(ConfigValue value);
  void unset_config(const ConfigKey& key);
  bool reaches_out(const Changeset& changeset) const;
  void set_standing(const std::string& module, const std::string& key, bool stands);
  void set_canonical(const std::string& module, const std::string& key);
  void unset_canonical(const std::string& module, const std::string& key);
  void erase_deployment(const std::string& key);
  void erase_endpoint(const std::string& id);
  void set_phase(const std::string& deployment, DeploymentPhase phase);
  void move_phase(const std::string& deployment, DeploymentPhase from, DeploymentPhase to);
  void set_phase(const std::string& changeset, ChangesetPhase phase, const std::string& failure);
  void supersede(const std::string& deployment);
  void reinstate(const BuildId& id);
  void forget_old_requests();
  void forget_old_builds();
  void forget_ended_changesets();

  Revision revision_ = 0;
  WallMs time_ms_ = 0;
  std::uint32_t feature_level_ = 1;
  Table<std::string, Deployment> deployments_;
  Table<std::string, Endpoint> endpoints_;
  Table<std::string, Changeset> changesets_;
  Table<RequestId, RememberedRequest> requests_;
  Table<BuildId, SupersededBuild> superseded_;
  Table<ConfigKey, ConfigValue> config_;
  Revision config_unset_revision_ = 0;
  Revision secret_unset_revision_ = 0;
  Table<ConfigKey, SecretValue> secrets_;
  access::Book book_;

  // Indices over the tables.
  std::size_t config_bytes_ = 0;
  std::map<std::string, std::string> canonical_;            // module -> deployment
  std::map<std::string, std::set<std::string>> standing_;   // module -> deployments
  std::map<std::string, ModuleUse> uses_;                   // deployment -> of its module
  std::map<std::string, std::set<std::string>> importers_;  // module -> canonical modules
  std::set<std::string> with_routes_;                       // canonical modules
  std::map<std::pair<std::string, bool>, std::set<std::string>> in_realm_;  // canonical modules
  std::map<std::string, std::set<std::string>> endpoint_ids_;  // deployment -> endpoints
  std::map<std::string, std::string> holders_;                 // module -> changeset
  std::set<std::string> outward_;                              // changesets that hold modules
  std::set<std::pair<Revision, std::string>> active_;          // created_revision, changeset
  std::set<std::pair<Revision, std::string>> ended_;           // phase_revision, changeset
  std::set<std::pair<Revision, RequestId>> requests_by_age_;
  std::set<std::pair<Revision, BuildId>> superseded_by_age_;
};

// The modules that a changeset brings or removes.
std::vector<std::string> modules_of(const State& state, const Changeset& changeset);

}  // namespace millrace::schema_service
