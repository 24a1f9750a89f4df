// ConsoleState: what the console shows of the system, folded from the schema service's commits:
// deployments with their schemas, endpoints, changesets in flight with the last ones that ended,
// values of config, and of secrets all but what is sealed. Held by a Projection, fed by a Follower,
// asked by the service. Pure; a value, free of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/book.hpp"
#include "schema/change.hpp"

namespace millrace::console {

using statekit::Revision;
using statekit::WallMs;

// How many changesets are remembered once they have ended: the newest by the revision of their end.
// Far fewer than the schema service keeps, so a snapshot always brings all of them.
inline constexpr std::size_t ended_changesets_max = 100;

// How a module stands.
enum class ModuleState : std::uint8_t {
  serving,      // its canonical deployment has a healthy endpoint
  no_endpoint,  // deployed, and nobody answers
  preparing,    // not canonical yet: its first changeset is in flight
  declared,     // without verbs: nothing to serve
};
std::string_view name_of(ModuleState state);  // "no-endpoint", ...

// One module as the page lists it. The pointer is good as long as the state is unchanged.
struct ModuleEntry {
  const schema::Deployment* deployment = nullptr;  // canonical, or about to be for the first time
  ModuleState state = ModuleState::serving;
  std::uint32_t healthy = 0;  // endpoints
  std::string changeset;      // in flight and touching it; empty: none
};

class ConsoleState {
 public:
  using Event = schema::Event;
  using Snapshot = schema::Snapshot;
  template <class Value>
  using ByKey = std::map<std::string, Value, std::less<>>;

  // REQUIRES: commit.meta.revision == revision() + 1. Events about what is not there change
  // nothing.
  void apply(const schema::Commit& commit);
  void restore(const Snapshot& snapshot);
  Snapshot snapshot() const;
  Revision revision() const { return revision_; }
  std::uint64_t digest() const { return digest_ + book_.digest(); }
  bool operator==(const ConsoleState&) const = default;

  WallMs time_ms() const { return time_ms_; }  // of the last commit
  const ByKey<schema::Deployment>& deployments() const { return deployments_; }
  const ByKey<schema::Changeset>& changesets() const { return changesets_; }

  // Who may do what.
  const access::Book& book() const { return book_; }

  // Sorted by name.
  std::vector<ModuleEntry> modules() const;
  // By id.
  std::vector<const schema::Endpoint*> endpoints_of(std::string_view deployment) const;
  // Newest first: all in flight, and those of the ended that are remembered.
  std::vector<const schema::Changeset*> newest_changesets() const;
  // The modules that a changeset deploys, as far as their deployments are still kept.
  std::vector<std::string> modules_of(const schema::Changeset& changeset) const;

  // What a module is given: its own, or the one for all. Null: there is none.
  const schema::ConfigValue* config_of(const std::string& module, const std::string& name) const;
  const schema::SecretValue* secret_of(const std::string& module, const std::string& name) const;

  std::string dump() const;  // one line for each entry

 private:
  struct Fold;
  using Name = std::pair<std::string, std::string>;  // module (empty: for all) and name

  void put(schema::Deployment deployment);
  void put(schema::Endpoint endpoint);
  void put(schema::Changeset changeset);
  void put(schema::ConfigValue value);
  void put(schema::SecretValue secret);
  void drop_config(const Name& name);
  void drop_secret(const Name& name);
  void drop_deployment(std::string_view key);
  void drop_endpoint(std::string_view id);
  void drop_changeset(std::string_view key);
  void set_phase(const std::string& deployment, schema::DeploymentPhase phase);
  void move_phase(const std::string& deployment, schema::DeploymentPhase from,
                  schema::DeploymentPhase to);
  void set_phase(const std::string& changeset, schema::ChangesetPhase phase,
                 const std::string& failure);
  void forget_ended_changesets();

  Revision revision_ = 0;
  WallMs time_ms_ = 0;
  std::uint64_t digest_ = 0;  // the sum of the entries' hashes, whatever their order
  ByKey<schema::Deployment> deployments_;
  ByKey<schema::Endpoint> endpoints_;
  ByKey<schema::Changeset> changesets_;
  std::map<Name, schema::ConfigValue> configs_;
  std::map<Name, schema::SecretValue> secrets_;  // without box and wrapped key
  std::map<std::string, std::set<std::string>, std::less<>> endpoint_ids_;  // by deployment
  std::set<std::pair<Revision, std::string>> ended_;  // phase_revision, changeset
  access::Book book_;
};

}  // namespace millrace::console
