// What can change in a Millrace system: deployments, endpoints, changesets, and the events that are
// committed about them. The schema service decides them; every follower folds them into a state of
// its own. On the wire and on disk: protos/v2alpha1/journal.proto, by schema/change_codec.hpp.
// Values, free of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/model.hpp"
#include "schema/model.hpp"
#include "statekit/clock.hpp"
#include "statekit/state.hpp"
#include "statekit/types.hpp"

namespace millrace::schema {

using statekit::Digest;
using statekit::Revision;
using statekit::WallMs;

enum class DeploymentPhase : std::uint8_t { preparing = 1, canonical, draining, retired, failed };
enum class ChangesetPhase : std::uint8_t {
  preparing = 1,
  prepared,
  committed,
  drained,
  finalized,
  rolling_back,
  failed
};

std::string_view name_of(DeploymentPhase phase);  // "preparing", ...
std::string_view name_of(ChangesetPhase phase);   // "rolling-back", ...

// True until a changeset is finalized or failed.
bool is_active(ChangesetPhase phase);

// Modules are large and never change once deployed, so all states share them.
struct Deployment {
  std::string key;  // dpl-<module>-<10 base36 characters>
  std::shared_ptr<const Module> schema;
  Digest schema_digest;
  std::string build;
  std::uint32_t replicas = 1;
  std::string changeset;
  DeploymentPhase phase = DeploymentPhase::preparing;
  std::string fixed_endpoint;
  Revision created_revision = 0;

  const std::string& module() const { return schema->name; }
  bool operator==(const Deployment& other) const;  // compares modules by value
};

struct Endpoint {
  std::string id;  // ept-<10 base36 characters>
  std::string deployment;
  std::string address;   // host:port
  std::string instance;  // the process that registered it
  bool leased = true;
  bool healthy = true;
  Revision registered_revision = 0;
  bool operator==(const Endpoint&) const = default;
};

struct Changeset {
  std::string key;  // chs-<10 base36 characters>
  ChangesetPhase phase = ChangesetPhase::preparing;
  std::vector<std::string> deployments;
  std::vector<std::string> removed_modules;
  std::vector<std::string> replaced;
  bool hold = false;
  std::uint32_t canary_percent = 0;
  std::int64_t deadline_ms = 60'000;
  std::int64_t drain_ms_max = 30'000;
  bool allow_breaking = false;
  std::vector<std::string> accepted_breaks;  // who is broken by what, sorted; none others may be
  std::string author;
  std::string reason;
  std::string failure;
  Revision created_revision = 0;
  Revision phase_revision = 0;
  WallMs created_ms = 0;
  bool operator==(const Changeset&) const = default;
};

// Events. Each states an outcome, so that folding one needs no rule of deciding.
// created_revision, phase_revision and registered_revision inside them are set by apply from the
// commit.
struct ChangesetCreated {
  Changeset changeset;
  std::vector<Deployment> deployments;
  bool operator==(const ChangesetCreated&) const = default;
};
struct ChangesetPrepared {
  std::string changeset;
  bool operator==(const ChangesetPrepared&) const = default;
};
// Its deployments become canonical, `replaced` (which include those of removed modules) drain.
struct ChangesetCommitted {
  std::string changeset;
  std::vector<std::string> replaced;
  bool operator==(const ChangesetCommitted&) const = default;
};
struct ChangesetDrained {
  std::string changeset;
  bool operator==(const ChangesetDrained&) const = default;
};
// What it replaced is retired.
struct ChangesetFinalized {
  std::string changeset;
  bool operator==(const ChangesetFinalized&) const = default;
};
struct ChangesetRollingBack {
  std::string changeset;
  std::string reason;
  bool operator==(const ChangesetRollingBack&) const = default;
};
// Its deployments are failed.
struct ChangesetFailed {
  std::string changeset;
  std::string reason;
  bool operator==(const ChangesetFailed&) const = default;
};
// No longer kept; their endpoints go with them.
struct DeploymentsRemoved {
  std::vector<std::string> deployments;
  bool operator==(const DeploymentsRemoved&) const = default;
};
struct EndpointRegistered {
  Endpoint endpoint;
  bool operator==(const EndpointRegistered&) const = default;
};
struct EndpointHealthChanged {
  std::string endpoint;
  bool healthy = true;
  bool operator==(const EndpointHealthChanged&) const = default;
};
struct EndpointRemoved {
  std::string endpoint;
  std::string reason;
  bool operator==(const EndpointRemoved&) const = default;
};
// An idempotency token; hidden from followers.
struct RequestRemembered {
  std::string principal;
  std::string token;
  Digest request_hash;
  bool operator==(const RequestRemembered&) const = default;
};
struct FeatureLevelRaised {
  std::uint32_t level = 1;
  bool operator==(const FeatureLevelRaised&) const = default;
};

// A value that is set for a config. An empty module: for each module that declares the name and has
// no value of its own. Revision, author and time are set by apply from the commit.
struct ConfigValue {
  std::string module;
  std::string name;
  std::string json;  // canonical for the type that the module declares
  Revision revision = 0;
  std::string author;
  WallMs time_ms = 0;
  bool operator==(const ConfigValue&) const = default;
};
struct ConfigSet {
  ConfigValue value;
  bool operator==(const ConfigSet&) const = default;
};
struct ConfigUnset {
  std::string module;
  std::string name;
  bool operator==(const ConfigUnset&) const = default;
};

// A secret, sealed (libs/seal): nothing in here tells the value. Its version is the revision.
struct SecretValue {
  std::string module;
  std::string name;
  statekit::Bytes id;
  statekit::Bytes box;
  statekit::Bytes wrapped_key;
  std::string key_id;
  std::string fingerprint;
  Revision revision = 0;
  std::string author;
  WallMs time_ms = 0;
  bool operator==(const SecretValue&) const = default;
};
struct SecretSet {
  SecretValue secret;
  bool operator==(const SecretSet&) const = default;
};
struct SecretUnset {
  std::string module;
  std::string name;
  bool operator==(const SecretUnset&) const = default;
};
struct SecretRewrapped {
  std::string module;
  std::string name;
  statekit::Bytes id;  // of the value that it is about
  statekit::Bytes wrapped_key;
  std::string key_id;
  bool operator==(const SecretRewrapped&) const = default;
};

// Who may do what (libs/access). Revision, author and time are set by apply from the commit.
struct TokenCreated {
  access::Token token;
  bool operator==(const TokenCreated&) const = default;
};
struct TokenRevoked {
  std::string id;
  std::string principal;
  bool operator==(const TokenRevoked&) const = default;
};
struct RolesSet {
  access::Grant grant;
  bool operator==(const RolesSet&) const = default;
};
struct RolesUnset {
  std::string principal;
  bool operator==(const RolesUnset&) const = default;
};

using Event =
    std::variant<ChangesetCreated, ChangesetPrepared, ChangesetCommitted, ChangesetDrained,
                 ChangesetFinalized, ChangesetRollingBack, ChangesetFailed, DeploymentsRemoved,
                 EndpointRegistered, EndpointHealthChanged, EndpointRemoved, RequestRemembered,
                 FeatureLevelRaised, ConfigSet, ConfigUnset, SecretSet, SecretUnset,
                 SecretRewrapped, TokenCreated, TokenRevoked, RolesSet, RolesUnset>;
using Commit = statekit::Commit<Event>;

// Kinds of events come in levels: whoever reads one level reads all before it. 1: all up to
// FeatureLevelRaised. 2: values of config and secrets. 3: tokens and roles. 4: roles that a reader
// of level 3 would take for more than they are. No event is written before the state's level is its
// own, and that is raised only when all who read can follow (services/schema/decide.cpp).
inline constexpr std::uint32_t feature_level_newest = 4;
std::uint32_t feature_level_of(const Event& event);

struct RememberedRequest {
  std::string principal;
  std::string token;
  Digest request_hash;
  Revision revision = 0;
  bool operator==(const RememberedRequest&) const = default;
};

// A build whose deployment was replaced or removed: an instance of it that starts again does not
// deploy its old schema.
struct SupersededBuild {
  std::string module;
  Digest schema_digest;
  std::string build;
  Revision revision = 0;  // that replaced it
  bool operator==(const SupersededBuild&) const = default;
};

// Everything at one revision. Lists are sorted by key, so equal states have equal snapshots.
struct Snapshot {
  Revision revision = 0;
  WallMs time_ms = 0;
  std::uint32_t feature_level = 1;
  std::vector<Deployment> deployments;
  std::vector<Endpoint> endpoints;
  std::vector<Changeset> changesets;
  std::vector<RememberedRequest> requests;  // by revision; absent in what followers get
  std::vector<SupersededBuild> superseded;  // by revision; absent in what followers get
  std::vector<ConfigValue> config;          // by module and name
  Revision config_unset_revision = 0;       // the last that unset a config value
  std::vector<SecretValue> secrets;         // by module and name
  std::vector<access::Token> tokens;        // by id
  std::vector<access::Grant> grants;        // by principal
  Revision secret_unset_revision = 0;       // the last that unset a secret
  bool operator==(const Snapshot&) const = default;
};

// "shop.currency", or "currency" for a value of all modules.
std::string config_name(const std::string& module, const std::string& name);
// A value as one line for people: at most some 80 letters of it.
std::string shown_value(const std::string& json);

// One line for people: "deployment dpl-echo-0123456789 of echo created".
std::string describe(const Event& event);
// The modules that an event touches, as far as it names them itself.
std::vector<std::string> modules_of(const Event& event);

}  // namespace millrace::schema
